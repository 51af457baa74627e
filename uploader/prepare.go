package uploader

import (
	"errors"
	"io"
	"os"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uplink"
)

// prepare opens a large file and plans it. For a new one it first asks whether the name is free,
// with the one question that needs no right to read: it commits a nonexistent block, on condition
// that no blob exists.
func (w *worker) prepare(u *unit) error {
	j := u.job
	if err := w.haveName(j); err != nil {
		return err
	}
	f, now, err := j.At.OpenFound(j.Source)
	if err != nil {
		return err
	}
	keep := false
	defer func() {
		if !keep {
			_ = f.Close()
		}
	}()
	fresh, surprising := j.UploadID == [16]byte{}, !now.Same(j.Version())
	var acked []ledger.AckedBlock
	switch {
	case fresh && surprising:
		if err := w.adopt(u, now); err != nil {
			return err
		}
	case !fresh:
		if acked, err = w.keptBlocks(j); err != nil {
			return err
		}
		if surprising || j.suspect || now.TouchedSince(j.readSince(acked)) ||
			w.q.ledger.HasMoved(j.ID) {
			if acked, err = w.stillTrue(u, f, now, acked); err != nil {
				return err
			}
		}
	}
	if fresh && j.Earlier != 0 {
		if err := w.compareLarge(j, f, now); err != nil {
			return err
		}
	}
	if len(acked) == 0 && !j.Replace && fresh {
		err := w.ask(u, store.Condition{IfAbsent: true})
		if errors.Is(err, problem.ErrExists) && j.doubt == lost { // it was sent in one request before it grew
			err = problem.New("ask", j.Blob, problem.AlreadyThereByUs)
		}
		if err != nil {
			return err // ErrExists: no block has been sent in vain
		}
	}
	w.q.mu.Lock()
	defer w.q.mu.Unlock()
	if fresh {
		j.UploadID, j.BlockSize = store.NewUploadID(), w.q.pacing.blockSize(j)
		j.guessed = w.q.config.BlockSize == 0 && w.q.pacing.planningSpeed(j.inbox.key) == 0
	}
	j.restBegins(now, surprising)
	j.closeFile()
	j.file, keep = f, true
	w.q.lay(j, acked)
	j.changed, j.suspect = now.Changed, false
	return nil
}

// readSince returns the moment after which any change to the file puts its acknowledged blocks in
// doubt: the file's last change before they were read. If an earlier process read them, it is the
// time at which that read the first.
func (j *job) readSince(acked []ledger.AckedBlock) time.Time {
	moment := j.changed
	for _, a := range acked {
		if j.changed.IsZero() && (moment.IsZero() || a.At.Before(moment)) {
			moment = a.At
		}
	}
	return moment
}

// keptBlocks returns a job's acknowledged blocks, or none if the service may have discarded them by
// now. It blocks on the journal.
func (w *worker) keptBlocks(j *job) ([]ledger.AckedBlock, error) {
	if err := w.q.ledger.CommitPending(w.q.ctx); err != nil { // else the journal may still have the previous plan
		return nil, errAgain
	}
	acked, err := w.q.journal.Blocks(w.q.ctx, j.ID)
	if err != nil {
		return nil, err
	}
	var last time.Time
	for _, a := range acked {
		if a.At.After(last) {
			last = a.At
		}
	}
	if time.Since(last) > blocksLast {
		return nil, nil
	}
	return acked, nil
}

// lay divides a job into blocks, of which acked are acknowledged, and records the plan. The caller
// holds the lock.
func (q *Queue) lay(j *job, acked []ledger.AckedBlock) {
	n := ledger.BlockCount(j.Size, j.BlockSize)
	if j.plan++; j.flow == nil {
		j.flow = uplink.NewFlow(j.flying)
	}
	j.acked, j.crcs, j.next, j.left, j.Done, j.unsure = make([]bool, n), make([]uint64, n), 0, n, 0,
		nil
	for _, a := range acked {
		if a.Number >= 0 && a.Number < n && !j.acked[a.Number] {
			j.acked[a.Number], j.crcs[a.Number] = true, a.CRC64
			j.left--
			j.Done += j.blockLen(a.Number)
			j.noteRead(a.Number, a.At)
		}
	}
	j.digest = source.NewDigest(q.ledger.Hashes(&j.Job), j.file, j.Size, j.BlockSize)
	q.ledger.Plan(j.Job, acked)
}

func (j *job) blockLen(n int) int64 { return min(j.BlockSize, j.Size-int64(n)*j.BlockSize) }

// stillTrue fits the plan to a file that may have changed and returns the acknowledged blocks that
// the file still contains. Only the others are sent again.
func (w *worker) stillTrue(
	u *unit, f *os.File, now source.Version, acked []ledger.AckedBlock,
) ([]ledger.AckedBlock, error) {
	j := u.job
	if !now.Same(j.Version()) {
		if err := w.adopt(u, now); err != nil {
			return nil, err
		}
	}
	if plan.BlockSize(j.Size, j.BlockSize) != j.BlockSize {
		j.UploadID, j.BlockSize = store.NewUploadID(), plan.BlockSize(j.Size, j.BlockSize)
		return nil, nil
	}
	same := acked[:0]
	for _, a := range acked {
		if a.Number >= ledger.BlockCount(j.Size, j.BlockSize) {
			continue
		}
		crc, err := w.hash(f, int64(a.Number)*j.BlockSize, j.blockLen(a.Number))
		if err != nil {
			return nil, err
		}
		if crc == a.CRC64 {
			same = append(same, a)
		}
	}
	return same, nil
}

// hash returns the checksum of a part of a file.
func (w *worker) hash(f io.ReaderAt, offset, length int64) (uint64, error) {
	buf, err := w.q.buffers.Take(w.q.ctx, min(mib, w.q.config.Memory))
	if err != nil {
		return 0, err
	}
	defer w.q.buffers.Give(buf)
	return source.Checksum(w.q.ctx, f, offset, length, buf)
}
