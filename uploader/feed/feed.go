// Package feed keeps sending folders: it adds the files that a watch finds complete to the Queue.
//
// Make a [Feed] with [New]. [Feed.Resume] continues the work of an earlier one. [Feed.Run] does the
// rest until its context ends. To do more meanwhile, call [Feed.Look] on a goroutine of its own
// instead, and [Feed.Take] with what it finds.
package feed

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/watch"
)

// Queue is the part of [uploader.Queue] that a Feed needs.
type Queue interface {
	Add(ctx context.Context, to token.Inbox, roots []string, o ledger.AddOptions) (int64, error)
	Adopt(ctx context.Context, want func(ledger.TransferStatus) bool) ([]ledger.Transfer, error)
	Resume(ctx context.Context, want func(ledger.TransferStatus) bool) ([]ledger.Transfer, error)
	Redirect(ctx context.Context, from string, to token.Inbox) (int, error)
	Rows(ctx context.Context, f ledger.Filter, from, n int) ([]ledger.Job, error)
	Sent(ctx context.Context, inbox string) (*ledger.Sent, error)
	Status() uploader.Status
}

// Options say what to send, and how.
type Options struct {
	Roots []string      // absolute paths of folders, which need not exist
	Watch watch.Options // its Known is the Feed's own
	Send  ledger.AddOptions
	// List stores a list of files, separated by NULs, as long as a transfer may need it, and
	// returns its path. It may block on the disk.
	List func(text string) (path string, err error)
	// Delivered is called, on the goroutine of Look, with each file found unchanged since its
	// delivery, by whatever transfer. It may be nil.
	Delivered func(found *scan.Found)
}

// Feed adds the complete files of folders to a Queue. Any goroutine may call Of, and one of its own
// Look; all other methods belong to one goroutine.
type Feed struct {
	queue   Queue
	o       Options
	first   token.Inbox // the inbox that it began with
	to      token.Inbox
	folders *watch.Watcher
	later   []watch.Batch // complete, not in the queue yet
	state   *state

	seed   maphash.Seed
	listed map[uint64]struct{} // files in the list already; only for the first look
	looked bool
}

// New prepares to send folders to an inbox. The caller must call Close at the end. The error is
// about an invalid pattern, or of the disk.
func New(q Queue, to token.Inbox, o Options) (*Feed, error) {
	f := &Feed{
		queue: q, o: o, first: to, to: to, seed: maphash.MakeSeed(), state: newState(),
	}
	f.o.Watch.Known = f.known
	f.o.Watch.Looked = f.state.looked
	folders, err := watch.New(o.Roots, f.o.Watch)
	f.folders = folders
	return f, err
}

// Close ends the Feed, after Look has returned. An error says that a list of paths was not removed.
func (f *Feed) Close() error { return f.folders.Close() }

// Of reports whether a transfer is a Feed's of one of these folders, for this workspace.
func (f *Feed) Of(t ledger.TransferStatus) bool {
	return t.Options.Scan.FilesFrom != "" && len(t.Roots) == 1 &&
		slices.Contains(f.o.Roots, t.Roots[0]) && OneWorkspace(t.Options.Scan.Inbox, f.first)
}

// OneWorkspace reports whether two inboxes belong to one workspace, whose tokens replace each
// other.
func OneWorkspace(a, b token.Inbox) bool {
	return a.Key() == b.Key() || a.Host == b.Host && a.WsID != "" && a.WsID == b.WsID
}

// Resume continues the unfinished transfers of an earlier Feed of these folders, and moves those
// for another inbox of the workspace to this one. It may block on the disk.
func (f *Feed) Resume(ctx context.Context) error {
	if _, err := f.queue.Resume(ctx, f.Of); err != nil {
		return err
	}
	return f.gather(ctx)
}

// Adopt is Resume without the transfers that a person has paused.
func (f *Feed) Adopt(ctx context.Context) error {
	_, err := f.queue.Adopt(ctx, func(t ledger.TransferStatus) bool { return f.Of(t) && !t.Paused })
	if err != nil {
		return err
	}
	return f.gather(ctx)
}

// gather moves transfers for other inboxes to this one.
func (f *Feed) gather(ctx context.Context) error {
	for _, t := range f.unfinished() {
		if t.Inbox == f.to.Key() {
			continue
		}
		if _, err := f.queue.Redirect(ctx, t.Inbox, f.to); err != nil {
			return err
		}
	}
	return nil
}

// Use switches to another inbox of the workspace, which also gets what the previous one has not
// received. It may block on the disk, and on requests in flight.
func (f *Feed) Use(ctx context.Context, to token.Inbox) error {
	from := f.to.Key()
	f.to = to
	_, err := f.queue.Redirect(ctx, from, to)
	return err
}

// Unfinished returns the ids of its transfers that have not ended, an earlier Feed's included.
func (f *Feed) Unfinished() (ids []int64) {
	for _, t := range f.unfinished() {
		ids = append(ids, t.ID)
	}
	return ids
}

func (f *Feed) unfinished() (all []ledger.TransferStatus) {
	for _, t := range f.queue.Status().Transfers {
		if t.Owner == ledger.Here && !t.Finished() && f.Of(t) {
			all = append(all, t)
		}
	}
	return all
}

// Look sends complete files to found until ctx ends, whose cause it returns, or the list can't be
// read. It blocks.
func (f *Feed) Look(ctx context.Context, found chan<- []watch.Batch) error {
	for {
		batches, err := f.folders.Next(ctx)
		if err != nil {
			return err
		}
		select {
		case found <- batches:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Take adds these batches to the queue, after those that it could not add before; without batches
// it only retries those. It returns the ids of the new transfers. The error says why some batches
// have to wait for the next call, as while a disk is full.
func (f *Feed) Take(ctx context.Context, batches ...watch.Batch) (ids []int64, err error) {
	f.later = append(f.later, batches...)
	for len(f.later) > 0 {
		b, o := f.later[0], f.o.Send
		if o.Scan.FilesFrom, err = f.o.List(strings.Join(b.Files, "\x00") + "\x00"); err != nil {
			return ids, err
		}
		id, err := f.queue.Add(ctx, f.to, []string{b.Root}, o)
		if err != nil {
			return ids, err
		}
		ids = append(ids, id)
		f.later = f.later[1:]
	}
	return ids, nil
}

// Later reports whether there are complete files that the queue could not take.
func (f *Feed) Later() bool { return len(f.later) > 0 }

// known reports which files were delivered from these folders to the workspace, in whichever inbox:
// a token for the next inbox sends nothing again. The first time it also knows what is in the list.
func (f *Feed) known(ctx context.Context) (watch.Known, error) {
	status := f.queue.Status()
	sent, err := f.sent(ctx, &status)
	if err != nil {
		return nil, err
	}
	if f.listed = nil; !f.looked {
		if err := f.list(ctx, &status); err != nil {
			return nil, err
		}
		f.looked = true
	}
	return func(ctx context.Context, found *scan.Found) (bool, error) {
		if _, listed := f.listed[f.version(found.Source, found.Size, found.ModTime.UnixNano())]; listed {
			return true, nil
		}
		for _, s := range sent {
			has, err := s.Has(ctx, found)
			if has && f.o.Delivered != nil {
				f.o.Delivered(found)
			}
			if has || err != nil {
				return has, err
			}
		}
		return false, nil
	}, nil
}

// sent reads what was delivered to the inboxes of the workspace.
func (f *Feed) sent(ctx context.Context, s *uploader.Status) (sent []*ledger.Sent, err error) {
	keys := map[string]bool{f.first.Key(): true}
	for i := range s.Inboxes {
		if in := s.Inboxes[i].Token.Inbox; in.Host != "" && OneWorkspace(in, f.first) {
			keys[s.Inboxes[i].Inbox] = true
		}
	}
	for i := range s.Transfers {
		if f.Of(s.Transfers[i]) {
			keys[s.Transfers[i].Inbox] = true
		}
	}
	for key := range keys {
		of, err := f.queue.Sent(ctx, key)
		if err != nil {
			return nil, err
		}
		sent = append(sent, of)
	}
	return sent, nil
}

// list notes the files of earlier transfers that still wait for their turn, and those that a person
// has cancelled: they are in the list once.
func (f *Feed) list(ctx context.Context, s *uploader.Status) error {
	states := []ledger.JobState{ledger.Waiting, ledger.Active, ledger.Paused, ledger.Cancelled}
	f.listed = map[uint64]struct{}{}
	for i := range s.Transfers {
		t := &s.Transfers[i]
		if n := t.Files; !f.Of(*t) ||
			n[ledger.Waiting]+n[ledger.Active]+n[ledger.Paused]+n[ledger.Cancelled] == 0 {
			continue
		}
		if err := ledger.EachRow(ctx, f.queue, ledger.Filter{Transfer: t.ID, States: states},
			func(j ledger.Job) error {
				f.listed[f.version(j.Source, j.Size, j.ModTime.UnixNano())] = struct{}{}
				return nil
			}); err != nil {
			return err
		}
	}
	return nil
}

// version returns a hash of a file's version; [watch.Watcher] says how rarely two share one.
func (f *Feed) version(source string, size, nano int64) uint64 {
	type version struct {
		source     string
		size, nano int64
	}
	return maphash.Comparable(f.seed, version{source, size, nano})
}
