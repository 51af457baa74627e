package scan

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"

	"inboxuploader/internal/pack"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// Record is a scan that is kept while it runs, so that what a person reviews is what is sent: the
// folders are read once. [Record.Files] is the scan. [Record.Replay] goes through what it found,
// from the beginning, also while it is still under way. Each is called once, by a goroutine of its
// own or by the same one after the other.
//
// What was found and not gone through takes about 60 bytes a file, and what its path and its name
// don't share with those of the file before.
type Record struct {
	roots   []string
	options Options
	packed  pack.Writer // of the batch that is being kept; belongs to Files

	mu      sync.Mutex
	batches []recorded    // kept and not gone through
	more    chan struct{} // holds one when something below or above has changed
	ended   bool          // as Files returned
	totals  Totals
	err     error
	stopped bool
	crowded func() // see FilesWaiting
}

// recorded is a batch as it is kept.
type recorded struct {
	data   []byte
	failed []*problem.Error // of what can't be sent, in that order
}

// NewRecord prepares a scan of these roots. The options' lists and the roots must not change.
func NewRecord(roots []string, o Options) *Record {
	return &Record{roots: roots, options: o, more: make(chan struct{}, 1), crowded: func() {}}
}

// errStopped ends a scan of which nobody wants anything any more.
var errStopped = errors.New("the record is not wanted any more")

// Files is [Files] with the record's roots and options, and keeps what it hands to emit.
func (r *Record) Files(ctx context.Context, emit func([]Found) error) (Totals, error) {
	totals, err := FilesWaiting(ctx, r.roots, r.options, func(found []Found) error {
		if err := emit(found); err != nil {
			return err
		}
		return r.keep(found)
	}, func() {
		r.mu.Lock()
		crowded := r.crowded
		r.mu.Unlock()
		crowded()
	})
	r.mu.Lock()
	r.ended, r.totals, r.err = true, totals, err
	r.mu.Unlock()
	r.wake()
	return totals, err
}

// IsOf reports whether the record is a scan of these roots with these options that has not failed.
func (r *Record) IsOf(roots []string, o Options) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err == nil && !r.stopped && slices.Equal(r.roots, roots) &&
		reflect.DeepEqual(r.options, o)
}

// Replay hands to emit what Files hands to its own, in the same batches, without Rel, and returns
// what Files returns once that has ended. It blocks meanwhile, until emit returns an error, or ctx
// is done (then the error is its cause); in both cases it ends Files. The slice is reused: it is
// emit's until emit returns. crowded is called as by [FilesWaiting], on the goroutine of Files.
func (r *Record) Replay(
	ctx context.Context, emit func([]Found) error, crowded func(),
) (Totals, error) {
	defer r.Stop()
	r.mu.Lock()
	r.crowded = crowded
	r.mu.Unlock()
	var found []Found
	for ctx.Err() == nil {
		r.mu.Lock()
		ended, totals, err := r.ended, r.totals, r.err
		var batch recorded
		if len(r.batches) > 0 {
			batch, r.batches[0] = r.batches[0], recorded{}
			r.batches = r.batches[1:]
		}
		r.mu.Unlock()
		switch {
		case batch.data != nil:
			found = batch.appendTo(found[:0])
			if err := emit(found); err != nil {
				return totals, err
			}
		case ended:
			return totals, err
		default:
			select {
			case <-r.more:
			case <-ctx.Done():
			}
		}
	}
	return Totals{}, context.Cause(ctx)
}

// Stop ends Files, if it is under way, with an error, and forgets what was kept.
func (r *Record) Stop() {
	r.mu.Lock()
	r.stopped, r.batches, r.crowded = true, nil, func() {}
	r.mu.Unlock()
}

func (r *Record) wake() {
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// What a file's entry begins with.
const (
	wasSkipped = 1 << iota // the reason follows
	hasFailed              // its error is in the list
	wasRenamed
	hasWarnings
	hasChanged // its last change follows
)

// keep appends a batch to what Replay goes through.
func (r *Record) keep(found []Found) error {
	var failed []*problem.Error
	r.packed.Buf = r.packed.Buf[:0]
	var last Found
	for i := range found {
		f := &found[i]
		if f.Err != nil {
			failed = append(failed, f.Err)
		}
		f.pack(&r.packed, &last)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return errStopped
	}
	r.batches = append(r.batches, recorded{bytes.Clone(r.packed.Buf), failed})
	r.wake()
	return nil
}

// pack writes f, of which last is the one before, and makes last what [Found.unpack] has for it.
func (f *Found) pack(w *pack.Writer, last *Found) {
	flags := byte(0)
	for _, x := range []struct {
		set bool
		bit byte
	}{
		{f.Skip != "", wasSkipped},
		{f.Err != nil, hasFailed},
		{f.Blob.Renamed, wasRenamed},
		{len(f.Blob.Warnings) > 0, hasWarnings},
		{!f.Changed.IsZero(), hasChanged},
	} {
		if x.set {
			flags |= x.bit
		}
	}
	w.Byte(flags)
	w.Follow(last.Source, f.Source)
	source.PackPath(w, last.At, f.At, f.Source)
	w.Follow(last.Blob.Blob, f.Blob.Blob)
	source.Version{Size: f.Size, ModTime: f.ModTime, ID: f.ID}.Pack(w)
	if f.Skip != "" {
		w.Text(string(f.Skip))
	}
	if len(f.Blob.Warnings) > 0 {
		w.Uint(uint64(len(f.Blob.Warnings)))
		for _, warning := range f.Blob.Warnings {
			w.Text(string(warning))
		}
	}
	if !f.Changed.IsZero() {
		w.Time(f.Changed)
	}
	*last = *f
}

// unpack takes what [Found.pack] wrote behind last. Its error is not among it.
func (f *Found) unpack(r *pack.Reader, last *Found) (failed bool) {
	flags := r.Byte()
	f.Source = r.Follow(last.Source)
	f.At = source.UnpackPath(r, last.At, f.Source)
	f.Blob.Blob = r.Follow(last.Blob.Blob)
	v := source.UnpackVersion(r)
	f.Size, f.ModTime, f.ID = v.Size, v.ModTime, v.ID
	f.Blob.Renamed = flags&wasRenamed != 0
	if flags&wasSkipped != 0 {
		f.Skip = SkipReason(r.Text())
	}
	if flags&hasWarnings != 0 {
		for range r.Uint() {
			f.Blob.Warnings = append(f.Blob.Warnings, NameWarning(r.Text()))
		}
	}
	if flags&hasChanged != 0 {
		f.Changed = r.Time()
	}
	return flags&hasFailed != 0
}

// appendTo appends what was found.
func (b recorded) appendTo(found []Found) []Found {
	r, last, failed := pack.Reader{Buf: b.data}, Found{}, b.failed
	for len(r.Buf) > 0 && !r.Bad {
		var f Found
		if f.unpack(&r, &last) {
			f.Err, failed = failed[0], failed[1:]
		}
		found = append(found, f)
		last = f
	}
	return found
}
