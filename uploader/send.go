package uploader

import (
	"context"
	"errors"
	"io"
	"time"

	"inboxuploader/internal/crc64"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/store"
)

// sendWhole sends a small file in one request, after asking whether its name is free if need be.
func (w *worker) sendWhole(u *unit) error {
	if err := w.haveName(u.job); err != nil {
		return err
	}
	stake, err := w.askFirst(u)
	if err == nil {
		err = w.putWhole(u)
	}
	w.learnName(u.job, stake, err)
	return err
}

func (w *worker) putWhole(u *unit) error {
	j := u.job
	body, release, err := w.readWhole(u)
	if err != nil {
		return err
	}
	defer release()
	if j.Earlier != 0 {
		if err := w.compareSmall(u, body); err != nil {
			return err
		}
	}
	if w.isPast(j) {
		if err := w.settleEarlier(u); err != nil {
			return err
		}
	}
	if j.doubt == lost && !j.Replace {
		sibling, err := w.hasSibling(j)
		if err != nil {
			return err
		}
		if sibling {
			j.doubt = older // the blob may be the other job's, so leave it alone
		}
	}
	sums, err := body.Sums(w.q.ledger.Hashes(&j.Job))
	if err == nil {
		err = w.q.ledger.Keep(w.q.config.Sums, &j.Job, body.CRC64(), sums)
	}
	if err != nil {
		return err
	}
	p := store.PropertiesOf(&j.Job, sums)
	c := w.condition(u)
	begun := w.begun(j)
	answer, err := w.request(u, body, func(ctx context.Context) (ledger.Answer, error) {
		return u.store.PutBlob(ctx, j.Blob, body, p, c)
	})
	if err != nil {
		return w.settleDoubt(u, c, begun, err)
	}
	j.CRC64, j.Answer = body.CRC64(), answer
	return nil
}

// readWhole opens and reads a file for one request; release closes it and frees the buffer. It then
// checks whether the file is still the planned one. Nothing is sent yet, so it adopts a changed
// file as it is now. See steady for a file that may be changing at this moment.
func (w *worker) readWhole(u *unit) (body *store.Body, release func(), err error) {
	j := u.job
	if j.IsFolder() && j.At.IsFolder() {
		return store.NewBody(nil, 0), func() {}, nil
	}
	f, err := j.At.OpenSmall()
	if err != nil {
		return nil, nil, source.OpenProblem(j.Source, err)
	}
	for adopted := false; ; adopted = true {
		begun := time.Now()
		body, give, err := w.body(f, 0, j.Size)
		now, lost := j.At.VersionOfSmall(j.Source, f)
		switch {
		case lost != nil:
			err = lost
		case now.Same(j.Version()):
			if err != nil {
				err = source.OrMadeUp(j.Source, j.Version(), now, err)
			} else if err = w.steady(u, reading{now, body.CRC64(), time.Now()}, begun,
				adopted); err == nil {
				j.Changed = now.Kept()
				return body, func() { give(); f.Close() }, nil
			}
		case adopted:
			err = problem.New("read", j.Source, problem.SourceChanged)
		default:
			if err = w.adopt(u, now); err == nil {
				give()
				continue
			}
		}
		give()
		f.Close()
		return nil, nil, err
	}
}

// errReclassed says that a file's new size puts its job into the other class, small or large.
var errReclassed = errors.New("another class")

// adopt fits a job that has not begun to the file as it is now.
func (w *worker) adopt(u *unit, now source.Version) error {
	j := u.job
	if e := plan.TooLarge(j.Source, now.Size, u.token.Rights); e != nil {
		return e
	}
	w.q.mu.Lock()
	j.Size, j.ModTime, j.FileID = now.Size, now.ModTime, now.ID
	j.Done = min(j.Done, j.Size)
	w.q.ledger.Update(j.Job)
	whole := w.q.pacing.wholeSize(j.inbox.key)
	w.q.mu.Unlock()
	if plan.Class(now.Size, whole, u.token.Rights) != j.Class {
		return errReclassed
	}
	return nil
}

// body reads a part of a file for one request. The function that it returns gives the buffer back
// and is never nil. A part larger than all buffers together is hashed first and read again while it
// is sent; the service then notices a change in between.
func (w *worker) body(f io.ReaderAt, offset, length int64) (*store.Body, func(), error) {
	buf, err := w.q.buffers.Take(w.q.ctx, min(length, w.q.config.Memory))
	if err != nil {
		return nil, func() {}, err
	}
	release := func() { w.q.buffers.Give(buf) }
	if length <= int64(len(buf)) {
		if err := source.ReadBlock(f, buf, offset); err != nil {
			release()
			return nil, func() {}, err
		}
		return store.NewBody(buf, crc64.Checksum(buf)), release, nil
	}
	crc, err := source.Checksum(w.q.ctx, f, offset, length, buf[:min(len(buf), mib)])
	if err != nil {
		release()
		return nil, func() {}, err
	}
	return store.NewFileBody(f, offset, length, crc), release, nil
}

// ask finds out whether a condition holds for the job's name, without the right to read and without
// changing anything: it tries to commit a block that can't exist. It returns nil if the condition
// holds, or ErrExists.
func (w *worker) ask(u *unit, c store.Condition) error {
	_, err := w.request(u, nil, func(ctx context.Context) (ledger.Answer, error) {
		return u.store.PutBlockList(ctx, u.job.Blob, store.BlockIDs(store.NewUploadID(),
			make([]uint64, 1)), store.Properties{}, c)
	})
	if errors.Is(err, problem.ErrBlocksLost) {
		return nil
	}
	if err == nil {
		return problem.New("ask", u.job.Blob, problem.Unexpected)
	}
	return err
}

// blocksLast is how long the service keeps a block that is not committed: a week after the last one
// that was staged under the name (learn.microsoft.com/rest/api/storageservices/put-block), less
// what sending the rest may take.
const blocksLast = 7*24*time.Hour - 4*time.Hour

// sendBlock stages one block.
func (w *worker) sendBlock(u *unit) error {
	j := u.job
	w.q.mu.Lock()
	f, offset, length := j.file, int64(u.block)*j.BlockSize, j.blockLen(u.block)
	upload, blob, digest := j.UploadID, j.Blob, j.digest
	valid := u.valid()
	w.q.mu.Unlock()
	if !valid {
		return nil // planned anew meanwhile
	}
	read := time.Now()
	body, release, err := w.body(f, offset, length)
	if err != nil {
		if now, lost := j.At.LookAgain(j.Source); lost == nil {
			err = source.OrMadeUp(j.Source, j.Version(), now, err)
		}
		return err
	}
	defer release()
	digest.Add(w.q.ctx, u.block, body.Bytes(), body.CRC64())
	id := store.BlockID(upload, u.block, body.CRC64())
	if _, err := w.request(u, body, func(ctx context.Context) (ledger.Answer, error) {
		return u.store.PutBlock(ctx, blob, id, body)
	}); err != nil {
		return err
	}
	w.q.mu.Lock()
	defer w.q.mu.Unlock()
	if !u.valid() { // planned anew meanwhile: the block counts for nothing
		return nil
	}
	w.q.pacing.arrived(u)
	j.acked[u.block], j.crcs[u.block] = true, body.CRC64()
	j.left--
	j.Done += length
	j.noteRead(u.block, read)
	w.q.ledger.Ack(j.ID,
		ledger.AckedBlock{Number: u.block, CRC64: body.CRC64(), At: read.Truncate(time.Second)},
		length)
	return nil
}

// commit checks the source again and commits the blocks as a blob. By then the journal has the
// block ids, by which the queue recognizes its blob later.
func (w *worker) commit(u *unit) error {
	j := u.job
	now, err := j.At.LookAgain(j.Source)
	if err != nil {
		return err
	}
	if err := j.unchanged(now); err != nil {
		return err
	}
	sums, err := j.digest.Sums(w.q.ctx, j.crcs)
	if err != nil {
		j.suspect = true
		return err
	}
	if err := w.compare(u); err != nil {
		return err
	}
	if err := w.q.ledger.CommitPending(w.q.ctx); err != nil {
		return errAgain // nothing is handed out while the journal can't be written
	}
	var crc uint64
	for n, c := range j.crcs {
		crc = crc64.Combine(crc, c, j.blockLen(n))
	}
	if err := w.q.ledger.Keep(w.q.config.Sums, &j.Job, crc, sums); err != nil {
		return err
	}
	p, ids := store.PropertiesOf(&j.Job, sums), store.BlockIDs(j.UploadID, j.crcs)
	put := func(c store.Condition) (ledger.Answer, error) {
		return w.request(u, nil, func(ctx context.Context) (ledger.Answer, error) {
			return u.store.PutBlockList(ctx, j.Blob, ids, p, c)
		})
	}
	begun := w.begun(j)
	answer, err := put(store.Condition{IfAbsent: !j.Replace})
	if errors.Is(err, problem.ErrExists) {
		// Ours, if an answer was lost before; now or before this process began. Blocks that are
		// committed say so.
		var mine error
		switch answer, mine = put(store.Condition{IfCommitted: true}); {
		case mine == nil || !errors.Is(mine, problem.ErrBlocksLost):
			err = mine
		case j.doubt == lost && j.replans > 0: // it may be the file as it was when the answer was lost
			err = problem.New("commit", j.Blob, problem.AlreadyThereByUs)
		}
	}
	if err != nil {
		if e, ok := errors.AsType[*problem.Error](err); ok && e.Unanswered {
			w.answerLost(j, begun)
		}
		return err
	}
	j.CRC64, j.Answer, j.Changed = crc, answer, now.Kept()
	return nil
}

// request sends one request and counts it. It keeps to the speed limit, and gives up if the request
// stalls.
func (w *worker) request(
	u *unit, body *store.Body, send func(context.Context) (ledger.Answer, error),
) (ledger.Answer, error) {
	w.q.mu.Lock()
	held := u.job.inbox.hold != nil
	w.q.mu.Unlock()
	if held {
		return ledger.Answer{}, errAgain // held since this unit was handed out, say while it waited for memory
	}
	ctx := w.watch.Begin(u.stalls)
	defer w.watch.Pause()
	var size int64
	if body != nil {
		size = body.Len()
		body.SetPace(func(n int) error {
			if int64(u.plan) < u.job.cut.Load() {
				return errAgain
			}
			if err := w.q.pacing.limit.Wait(ctx, w.watch, n); err != nil {
				return err
			}
			w.q.pacing.hand(u.job, int64(n), w.watch.Resume(n), size)
			return nil
		})
	}
	begun := time.Now()
	answer, err := send(ctx)
	now := time.Now()
	date := answer.Date
	e, _ := errors.AsType[*problem.Error](err)
	if e != nil {
		date = e.Date
	}
	handed := w.watch.Taken()
	sent := handed
	if e != nil && e.Status == 0 && !e.Unanswered && sent == size {
		sent = 0 // the store took the bytes but never got to send them
	}
	w.q.mu.Lock()
	defer w.q.mu.Unlock()
	w.q.totals.requests++
	w.q.totals.sent += sent
	if u.tries > 0 || u.job.replans > 0 {
		w.q.totals.retries++
		w.q.totals.resent += sent
	}
	w.q.pacing.answered(u, now, handed, size, err, w.q.ctx.Err() != nil || !u.valid())
	in := u.job.inbox
	if !date.IsZero() {
		in.skew, in.skewKnown = date.Sub(now), true
	}
	switch {
	case err == nil, e != nil && e.Status != 0 && !errors.Is(e, problem.ErrBusy):
		in.failures, in.pauses, in.notBefore = 0, 0, time.Time{}
		w.q.conns.Acknowledged(now, size, !u.spare)
		if err == nil {
			w.q.totals.confirmed = now
			w.watch.Answered()
		}
		if err == nil && body != nil && !answer.Checked {
			w.q.ledger.NoteUnchecked(u.job.Transfer)
		}
	case problem.WantsFewer(err):
		w.q.conns.Busy()
	}
	if e != nil && e.Reason == problem.NoProgress {
		u.stalls++
	}
	if err != nil {
		w.q.log.Debug("request", "blob", u.job.Blob, "took", now.Sub(begun), "error", err)
	}
	return answer, err
}
