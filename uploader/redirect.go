package uploader

import (
	"context"
	"slices"
	"strings"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// redirected are the states of jobs that go along to another inbox: what was not delivered and not given up.
var redirected = []JobState{Waiting, Active, Paused, Attention, Failed}

// Redirect gives what an inbox, named by its key, has not received to another one, as when a new token of the same
// workspace leads to another container, and returns how many jobs that concerns. They become jobs of new transfers and are
// sent from their first byte, since blocks stay where they were staged; what was delivered stays delivered and is not sent
// again. Only transfers of this queue are concerned. Redirect waits for the requests to the old inbox that are under way,
// and may block on the disk. The token for the new inbox should have been given to Use before.
func (q *Queue) Redirect(ctx context.Context, from string, to token.Inbox) (int, error) {
	if from == to.Key() {
		return 0, nil
	}
	rights := q.token(to.Key()).Rights
	if err := q.quiet(ctx, from, true); err != nil {
		return 0, err
	}
	defer func() { _ = q.quiet(ctx, from, false) }()
	n := 0
	for _, t := range q.index.open(from) {
		k, err := q.redirectTransfer(ctx, t, to, rights)
		n += k
		if err != nil {
			return n, err
		}
	}
	return n, q.index.commit(ctx, true)
}

// quiet stops an inbox's jobs and waits until nothing of it is under way, or lets them go on.
func (q *Queue) quiet(ctx context.Context, inbox string, quiet bool) error {
	stop := context.AfterFunc(ctx, func() { defer crash.Catch(); q.landed.Broadcast() })
	defer stop()
	q.mu.Lock()
	defer q.mu.Unlock()
	in := q.inbox(inbox)
	in.quiet = quiet
	if !quiet {
		q.reconsider()
		return nil
	}
	for in.flying[Small]+in.flying[Large] > 0 || q.scanningInto(inbox) {
		if q.closed || ctx.Err() != nil {
			in.quiet = false
			q.reconsider()
			return context.Cause(ctx)
		}
		q.landed.Wait()
	}
	for _, j := range q.loaded {
		if j.inbox == in {
			q.steer(j, Waiting)
		}
	}
	return nil
}

// redirectTransfer moves one transfer's jobs.
func (q *Queue) redirectTransfer(ctx context.Context, t Transfer, to token.Inbox, rights token.Rights) (int, error) {
	x := q.index
	next := t.copy()
	next.Inbox, next.Follows, next.Moved, next.Unchanged = to.Key(), t.ID, nil, Unchanged{} // nothing is known to be there
	next.NameNotes = renameNotes(t.NameNotes, t.Options.Scan.Inbox, to)
	next.Options.Scan.Inbox = to
	heir, has, err := x.heir(ctx, next)
	if err != nil {
		return 0, err
	}
	n := 0
	several := false
	q.mu.Lock()
	whole := q.wholeSize(to.Key())
	q.mu.Unlock()
	if err := x.each(ctx, x.redirectable(t.ID), func(b *batch) error {
		jobs := x.copies(b)
		moving := make([]Job, 0, len(jobs))
		for i := range jobs {
			j := &jobs[i]
			if has.take(j.Source) {
				continue // a process that ended while it did this had come so far
			}
			rename(j, t.Options.Scan.Inbox, to, &several)
			j.UploadID, j.BlockSize, j.Done, j.Earlier = [16]byte{}, 0, 0, 0
			j.Class = classOf(j.Size, whole, rights)
			moving = append(moving, *j)
		}
		if len(moving) > 0 {
			if err := x.addJobs(ctx, heir, moving); err != nil {
				return err
			}
		}
		n += x.takeAway(b, jobs)
		return nil
	}); err != nil {
		return n, err
	}
	x.close(t.ID)
	if !next.Scanned {
		return n, q.Rescan(ctx, heir.ID)
	}
	return n, nil
}

// rename gives a job the name that it has in another inbox.
func rename(j *Job, from, to token.Inbox, several *bool) {
	if j.Blob == "" {
		return // it could not have a name in the old one either
	}
	j.Blob, j.Copy = originalName(j.Blob, j.Copy), 0
	if to.Blob != "" {
		if *several {
			j.Blob, j.State, j.Problem = "", Attention, problem.New("redirect", j.Source, problem.OneFileOnly)
			return
		}
		*several = true
		j.Blob = to.Blob
		return
	}
	rel := j.Blob
	if from.Prefix != "" {
		rel = strings.TrimPrefix(rel, from.Prefix+"/")
	}
	name, err := scan.PlanName(to.Prefix, rel)
	if err != nil {
		j.Blob, j.State, j.Problem = "", Attention, asProblem(err, j.Source)
		return
	}
	j.Blob = name.Blob
}

// renameNotes returns the notes about names with those that the files have in another inbox.
func renameNotes(notes []NameNote, from, to token.Inbox) []NameNote {
	renamed := make([]NameNote, len(notes))
	for i, n := range notes {
		j, several := Job{Source: n.Source, Blob: n.Blob}, false
		rename(&j, from, to, &several)
		n.Blob = j.Blob
		renamed[i] = n
	}
	return renamed
}

func asProblem(err error, path string) *problem.Error {
	e := journalError(err)
	e.Path = path
	return e
}

// open returns this queue's transfers to an inbox that have something left to send.
func (x *index) open(inbox string) (open []Transfer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, t := range x.transfers {
		if t.mine() && t.Inbox == inbox && (!t.Scanned || t.shown(redirected) > 0) {
			open = append(open, t.copy())
		}
	}
	return open
}

// heir returns the transfer that takes over from another one, new where there is none yet, and what it has already.
func (x *index) heir(ctx context.Context, next Transfer) (*transfer, *sources, error) {
	x.mu.Lock()
	for _, t := range x.transfers {
		if t.mine() && t.Follows == next.Follows && t.Inbox == next.Inbox {
			x.mu.Unlock()
			has, err := x.sources(ctx, []int64{t.ID}, false)
			return t, has, err
		}
	}
	x.mu.Unlock()
	next.Owner = Here
	t, err := x.addTransfer(ctx, next)
	return t, nil, err
}

func (x *index) redirectable(transfer int64) []int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.batchesWith(transfer, redirected)
}

// copies returns the jobs of a batch that go to another inbox.
func (x *index) copies(b *batch) (jobs []Job) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range b.jobs {
		if slices.Contains(redirected, b.jobs[i].State) {
			jobs = append(jobs, b.jobs[i])
		}
	}
	return jobs
}

// takeAway removes jobs that were given to another transfer.
func (x *index) takeAway(b *batch, jobs []Job) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	ids := map[int64]bool{}
	for i := range jobs {
		ids[jobs[i].ID] = true
	}
	for i := range b.jobs {
		j := b.jobs[i]
		if !ids[j.ID] {
			continue
		}
		if j.Class == Large {
			x.blocks = append(x.blocks, BlockChange{Job: j.ID, Forget: true})
		}
		j.State, j.Problem = removed, nil
		x.set(b, i, j)
	}
	x.ended = true
	return len(ids)
}

// close says that nothing more comes of a transfer's roots: another one goes on with them, and has what was left out of them.
func (x *index) close(id int64) {
	x.mu.Lock()
	if t := x.transferOf(id); t != nil {
		t.Skipped, t.SkippedPaths, t.Outside = map[scan.SkipReason]int64{}, nil, 0
		t.Renamed, t.Warned, t.NameNotes, t.Unmatched = 0, 0, nil, scan.Unmatched{}
		t.Scanned, t.dirty, x.ended = true, true, true
		x.mark()
	}
	x.mu.Unlock()
}

// sources returns the files that transfers have. One that several of them have, since it went from one to the other, counts once. With
// undelivered those are left out that the first one has delivered.
func (x *index) sources(ctx context.Context, of []int64, undelivered bool) (*sources, error) {
	known := &sources{map[[16]byte]uint16{}, jobSet{}}
	for i, id := range of {
		these := &sources{map[[16]byte]uint16{}, jobSet{}}
		if i == 0 {
			these = known
		}
		if err := x.countSources(ctx, id, undelivered && i == 0, these); err != nil {
			return nil, err
		}
		for mark, n := range these.files {
			known.files[mark] = max(known.files[mark], n)
		}
	}
	return known, nil
}

// batchesOf returns the ids of a transfer's batches.
func (x *index) batchesOf(transfer int64) (ids []int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, b := range x.batches {
		if b.Transfer == transfer {
			ids = append(ids, b.ID)
		}
	}
	return ids
}

// countSources adds the files of a transfer, with undelivered those that it has not delivered.
func (x *index) countSources(ctx context.Context, transfer int64, undelivered bool, to *sources) error {
	return x.each(ctx, x.batchesOf(transfer), func(b *batch) error {
		x.mu.Lock()
		defer x.mu.Unlock()
		for i := range b.jobs {
			if j := &b.jobs[i]; !undelivered || !j.State.delivered() {
				to.files[pathMark(j.Source)]++
				to.jobs.add(j.ID)
			}
		}
		return nil
	})
}
