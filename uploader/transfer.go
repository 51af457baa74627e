package uploader

import (
	"context"
	"crypto/sha256"
	"errors"
	"maps"
	"reflect"
	"slices"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// AddOptions says how a transfer's files are found and sent.
type AddOptions struct {
	Scan    scan.Options // its Inbox is set by Add
	Replace bool         // replace blobs of the same name; otherwise they are left alone
	// KeepBoth sends a file whose name is taken under another: "name (2).ext". Replace goes first.
	KeepBoth bool
	// Seen is what a person agreed to send, nil where there was no review. What is gone of it by the time that the roots are read is queued
	// all the same. A journal does not keep it.
	Seen *Seen
}

// Add starts a transfer and returns its id: it reads the roots in the background and queues what it finds, in that order,
// behind what is queued already. Sending starts before the reading ends. Add itself waits for no more than one write to
// the journal. The error is a [*problem.Error] about a pattern in the options, or of ErrJournal. Add must not be called after
// Close.
func (q *Queue) Add(ctx context.Context, to token.Inbox, roots []string, o AddOptions) (int64, error) {
	o.Scan.Inbox = to
	seen := o.Seen
	o.Seen = nil
	if err := o.Scan.Check(); err != nil {
		return 0, err
	}
	token := q.token(to.Key())
	t, err := q.index.addTransfer(ctx, Transfer{
		Inbox: to.Key(), Roots: roots, Options: o, Created: time.Now(), Skipped: map[scan.SkipReason]int64{},
		ValidFrom: token.ValidFrom, ValidTo: token.ValidTo,
	})
	if err != nil {
		return 0, notAdded(err)
	}
	q.startScan(t, seen)
	return t.ID, nil
}

// notAdded says of a journal's trouble that nothing was added: what passes by itself elsewhere is not tried again here.
func notAdded(err error) error {
	e, ok := errors.AsType[*problem.Error](err)
	reason, passes := map[problem.Reason]problem.Reason{problem.JournalFull: problem.NotAddedFull, problem.JournalBusy: problem.NotAddedBusy}[problem.ReasonOf(err)]
	if !ok || !passes {
		return err
	}
	refusal := problem.New("add", e.Path, reason)
	refusal.Cause = e.Cause
	return refusal
}

// Adopt makes the queue go on with transfers of other processes, and of its own last run, that nobody is sending; want
// selects among those that are not finished, nil is all. It returns what it got. Folders that had not been read to their
// end are read once more. Adopt may block on the disk.
func (q *Queue) Adopt(ctx context.Context, want func(TransferStatus) bool) ([]Transfer, error) {
	if err := q.index.load(ctx); err != nil {
		return nil, err
	}
	var ids []int64
	for _, t := range q.index.statuses(nil) {
		if t.Owner == Nobody && !t.Finished() && (want == nil || want(t)) {
			ids = append(ids, t.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	got, err := q.index.adopt(ctx, ids, false)
	if err != nil {
		return nil, err
	}
	q.adopted.Store(true)
	for _, g := range got {
		q.mu.Lock()
		q.inbox(g.Inbox)
		q.reconsider()
		q.mu.Unlock()
		if t := q.token(g.Inbox); !t.ValidTo.IsZero() {
			q.index.describe(g.Inbox, func(of *Transfer) { of.keepDates(t) })
		}
		if !g.Scanned {
			if err := q.Rescan(ctx, g.ID); err != nil {
				return got, err
			}
		}
	}
	return got, nil
}

// Rescan reads a transfer's roots once more and queues what it has not yet. It may block on the disk while it looks up what
// is known; the reading itself is in the background.
func (q *Queue) Rescan(ctx context.Context, id int64) error {
	t, err := q.index.learn(ctx, id)
	if err != nil || t == nil {
		return err
	}
	q.startScan(t, nil)
	return nil
}

// Same reports whether a transfer is what Add would start with these arguments.
func (t *Transfer) Same(to token.Inbox, roots []string, o AddOptions) bool {
	o.Scan.Inbox = to
	return t.Inbox == to.Key() && reflect.DeepEqual(t.Roots, roots) && reflect.DeepEqual(normal(t.Options), normal(o))
}

// normal makes options comparable that went through a journal, which does not tell nil from empty.
func normal(o AddOptions) AddOptions {
	if len(o.Scan.Include) == 0 {
		o.Scan.Include = nil
	}
	if len(o.Scan.Exclude) == 0 {
		o.Scan.Exclude = nil
	}
	return o
}

func (q *Queue) startScan(t *transfer, seen *Seen) {
	q.mu.Lock()
	q.unsettle()
	q.scanning++
	q.index.beginScan(t)
	q.inbox(t.Inbox)
	q.mu.Unlock()
	q.wg.Go(func() {
		defer crash.Catch()
		err := q.scan(t, seen)
		if verb, since := q.index.scanned(t); verb != "" && err == nil {
			err = q.giveUpFound(t, verb, since)
		}
		q.mu.Lock()
		q.scanning--
		q.landed.Broadcast()
		if err != nil && q.scanErr == nil {
			q.scanErr = err
		}
		q.settle()
		q.mu.Unlock()
		q.notify()
	})
}

// scan turns what is found below the roots into jobs, and what a person saw there and is gone.
func (q *Queue) scan(t *transfer, seen *Seen) error {
	x := q.index
	x.mu.Lock()
	now := t.copy()
	known := t.known
	x.mu.Unlock()
	sent, err := q.sentBefore(now, known)
	if err != nil {
		return err
	}
	now.Skipped, now.SkippedPaths, now.Unchanged = map[scan.SkipReason]int64{}, nil, Unchanged{}
	now.Renamed, now.Warned, now.NameNotes = 0, 0, nil
	var jobs []Job
	marks := uint64(0)
	totals, err := scan.FilesWaiting(q.ctx, now.Roots, now.Options.Scan, func(found []scan.Found) error {
		jobs = jobs[:0]
		rights := q.token(now.Inbox).Rights
		if seen != nil {
			marks += marksOf(found)
		}
		q.mu.Lock()
		whole := q.wholeSize(now.Inbox)
		q.mu.Unlock()
		for i := range found {
			f := &found[i]
			now.Note(f)
			if f.Skip != "" {
				continue
			}
			what, earlier, err := sent.compare(q.ctx, f)
			if err != nil {
				return err
			}
			switch {
			case what == asSentByThis: // it has its job already
				if known.has(earlier.job) { // it has been delivered since they were counted
					known.take(f.Source)
				}
			case known.take(f.Source):
			case what == asSent:
				sent.covered.add(earlier.job)
				now.Unchanged.add(f.Size, time.Unix(earlier.at, 0).UTC())
			default:
				j := newJob(f, whole, rights, now.Options)
				j.Earlier = earlier.job
				jobs = append(jobs, j)
			}
		}
		if err := q.insist(func() error { return x.addJobs(q.ctx, t, jobs) }); err != nil {
			return err
		}
		x.replace(t, now.copy(), false)
		q.wakeFeeder()
		q.notify()
		if x.isGivenUp(t) {
			return errGivenUp
		}
		return nil
	}, func() {
		q.mu.Lock()
		q.conns.busy() // each connection is an open file
		q.mu.Unlock()
	})
	if err == nil {
		rights := q.token(now.Inbox).Rights
		err = q.addMissing(q.ctx, t, seen, marks, func(f *scan.Found) Job { return newJob(f, defaultBlockSize, rights, now.Options) })
	}
	if err != nil && !errors.Is(err, errGivenUp) {
		return err
	}
	now.Scanned, now.Outside, now.Unmatched = true, totals.Outside, totals.Unmatched
	now.Unchanged.Jobs = sent.covered.encode()
	x.replace(t, now.copy(), true)
	return nil
}

// insist repeats a write to the journal for as long as the journal says that it may succeed later, as on a full disk.
func (q *Queue) insist(write func() error) error {
	for {
		err := write()
		q.index.report(err)
		if err == nil || !passing(err) {
			return err
		}
		select {
		case <-q.ctx.Done():
			return context.Cause(q.ctx)
		case <-time.After(commitAgain):
		}
	}
}

// passing reports whether an error of the journal may be over soon.
func passing(err error) bool {
	e, ok := errors.AsType[*problem.Error](err)
	return ok && (e.Reason == problem.JournalFull || e.Reason == problem.JournalBusy)
}

// token returns the inbox's token, the zero Token while there is none.
func (q *Queue) token(inbox string) token.Token {
	q.mu.Lock()
	defer q.mu.Unlock()
	if in := q.inboxes[inbox]; in != nil {
		return in.token
	}
	return token.Token{}
}

// keepDates keeps with a transfer when its token is valid.
func (t *Transfer) keepDates(of token.Token) { t.ValidFrom, t.ValidTo = of.ValidFrom, of.ValidTo }

// newJob plans one found file, which is sent in one request up to the size whole. What can't be sent becomes a job that waits for a
// person, so that it is shown.
func newJob(f *scan.Found, whole int64, rights token.Rights, o AddOptions) Job {
	j := Job{
		Source: f.Source, Blob: f.Blob.Blob, Size: f.Size, ModTime: f.ModTime, FileID: f.ID, At: f.At,
		Class: classOf(f.Size, whole, rights), Replace: o.Replace, KeepBoth: o.KeepBoth, Problem: f.Err,
	}
	if j.Problem == nil {
		j.Problem = TooLarge(f.Source, f.Size, rights)
	}
	if j.Problem != nil {
		j.State = Attention
	}
	return j
}

// Note adds what a scan came across to what a person is told of it: what was left out, and names.
func (t *Transfer) Note(f *scan.Found) {
	n := &f.Blob
	switch {
	case f.Err != nil:
		return
	case f.Skip != "":
		t.Skipped[f.Skip]++
		if f.Skip != scan.SkipJunk && len(t.SkippedPaths) < MaxSkippedPaths {
			t.SkippedPaths = append(t.SkippedPaths, SkippedPath{f.Source, f.Skip})
		}
		return
	case !n.Renamed && n.Warnings == nil:
		return
	}
	if n.Renamed {
		t.Renamed++
	}
	if n.Warnings != nil {
		t.Warned++
	}
	if len(t.NameNotes) < MaxSkippedPaths {
		t.NameNotes = append(t.NameNotes, NameNote{f.Source, n.Blob, n.Renamed, n.Warnings})
	}
}

// copy returns a Transfer that does not change any more. SkippedPaths and NameNotes only grow, so their
// prefixes can be shared.
func (t *Transfer) copy() Transfer {
	c := *t
	c.Skipped = maps.Clone(t.Skipped)
	c.SkippedPaths = t.SkippedPaths[:len(t.SkippedPaths):len(t.SkippedPaths)]
	c.NameNotes = t.NameNotes[:len(t.NameNotes):len(t.NameNotes)]
	return c
}

// replace gives a transfer what a scan found out about it. With save the journal gets it too.
func (x *index) replace(t *transfer, now Transfer, save bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	t.Skipped, t.SkippedPaths, t.Outside, t.Unchanged = now.Skipped, now.SkippedPaths, now.Outside, now.Unchanged
	t.Renamed, t.Warned, t.NameNotes, t.Unmatched = now.Renamed, now.Warned, now.NameNotes, now.Unmatched
	if save {
		t.Scanned, t.known = now.Scanned, nil
		t.dirty, x.ended = true, true
		x.mark()
	}
}

// errGivenUp ends a scan of which nobody wants anything any more.
var errGivenUp = errors.New("given up")

func (x *index) beginScan(t *transfer) {
	x.mu.Lock()
	t.scanning, t.givenUp = true, ""
	x.mu.Unlock()
}

// scanned ends what beginScan began, and returns what a person wanted meanwhile of all that is found, and the batches that were found
// since.
func (x *index) scanned(t *transfer) (verb Verb, since []int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	t.scanning = false
	for _, b := range x.batches {
		if b.transfer == t && b.ID > t.givenUpAt {
			since = append(since, b.ID)
		}
	}
	return t.givenUp, since
}

// giveUpFound does with what was found since what a person wanted of all of it. What was found before is as the person wanted it,
// then or later.
func (q *Queue) giveUpFound(t *transfer, v Verb, since []int64) error {
	err := q.index.each(q.ctx, since, func(b *batch) error {
		q.changeBatch(b, Command{Verb: v, Transfer: t.ID})
		return nil
	})
	if err != nil {
		return err
	}
	q.index.prune(t.ID, v.forgets())
	q.index.takeUp(t)
	q.mu.Lock()
	q.reconsider() // some of it may have been wanted after all
	q.mu.Unlock()
	return nil
}

// giveUp makes a transfer bring no further jobs: its roots are read no further, and not once more.
func (x *index) giveUp(id int64, v Verb) {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := x.transferOf(id)
	if t == nil || t.Scanned {
		return
	}
	t.Scanned, t.dirty, x.ended = true, true, true
	x.mark()
	if t.scanning {
		t.givenUp, t.givenUpAt = v, 0
		for _, b := range x.batches {
			if b.transfer == t {
				t.givenUpAt = b.ID
			}
		}
		x.recount()
	}
}

// takeUp ends what giveUp began, when all jobs are as a person wants them.
func (x *index) takeUp(t *transfer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	t.givenUp = ""
	x.recount()
}

// unchecked notes that the service confirmed something of a transfer without naming its checksum.
func (x *index) unchecked(transfer int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if t := x.transferOf(transfer); t != nil && t.Checks == ChecksAll {
		t.Checks, t.dirty = ChecksNotAll, true
		x.mark()
	}
}

func (x *index) isGivenUp(t *transfer) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return t.givenUp != ""
}

// scanningInto reports whether a scan for an inbox is under way. The caller holds the queue's lock.
func (q *Queue) scanningInto(inbox string) bool {
	x := q.index
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.ContainsFunc(x.transfers, func(t *transfer) bool { return t.scanning && t.Inbox == inbox })
}

// learn prepares a transfer of this queue for being read once more. It returns nil if there is no such transfer.
func (x *index) learn(ctx context.Context, id int64) (*transfer, error) {
	x.mu.Lock()
	t := x.transferOf(id)
	if t == nil || !t.mine() || t.scanning {
		x.mu.Unlock()
		return nil, nil
	}
	t.Scanned, t.rescanned, t.dirty = false, true, true
	var of []int64
	for f := t; f != nil && !slices.Contains(of, f.ID); f = x.transferOf(f.Follows) {
		of = append(of, f.ID)
	}
	x.mu.Unlock()
	known, err := x.sources(ctx, of, true)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	t.known = known
	return t, nil
}

// sources counts files by their paths: where sources overlap, a file has as many names as sources that bring it. Nil has none.
type sources struct {
	files map[[16]byte]uint16
	jobs  jobSet // of the transfer that is read once more, whose files are counted
}

// take takes a file out and reports whether it was there.
func (s *sources) take(path string) bool {
	if s == nil {
		return false
	}
	mark := pathMark(path)
	n := s.files[mark]
	if n > 0 {
		s.files[mark] = n - 1
	}
	return n > 0
}

// has reports whether a job's file is counted.
func (s *sources) has(job int64) bool { return s != nil && s.jobs.has(job) }

// pathMark stands for a path where a million are remembered; see nameSet on why 16 bytes are enough.
func pathMark(path string) [16]byte {
	sum := sha256.Sum256([]byte(path))
	return [16]byte(sum[:16])
}
