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

// Record records a scan while it runs, so that the queue sends what the person reviews, and folders
// are read only once. [Record.Files] is the scan. [Record.Replay] replays the found files from the
// beginning, even while the scan is still running. Call each once, on goroutines of their own or
// one after the other on the same.
//
// A file that is found and not yet replayed takes about 60 bytes, plus the parts of its path and
// name that differ from those of the file before.
type Record struct {
	roots   []string
	options Options
	packed  pack.Writer // of the batch being recorded; belongs to Files

	mu      sync.Mutex
	batches []recorded    // not replayed yet
	more    chan struct{} // holds one item when batches or ended has changed
	ended   bool          // Files has returned, with totals and err
	totals  Totals
	err     error
	stopped bool
	crowded func() // see FilesWaiting
}

// recorded is a recorded batch.
type recorded struct {
	data   []byte
	failed []*problem.Error // of the files that can't be sent, in order
}

// NewRecord prepares a scan of these roots. The caller must not change the roots or the options'
// slices.
func NewRecord(roots []string, o Options) *Record {
	return &Record{roots: roots, options: o, more: make(chan struct{}, 1), crowded: func() {}}
}

// errStopped ends a scan after Stop.
var errStopped = errors.New("the record is not wanted any more")

// Files is [Files] with the record's roots and options; it records what it passes to emit.
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

// Replay passes to emit what Files passes to its own, in the same batches, without Rel. It blocks
// until Files ends, and returns what Files returns; or until emit returns an error or ctx is done
// (then the error is its cause), and then it ends Files. The slice is reused: emit must not keep
// it. crowded is called as by [FilesWaiting], on the goroutine of Files.
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

// Stop makes a running Files end with an error, and drops what it recorded.
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

// The flags at the start of a file's entry.
const (
	wasSkipped = 1 << iota // the reason follows
	hasFailed              // its error is in the list
	wasRenamed
	hasWarnings
	hasChanged // its last change follows
)

// keep records a batch for Replay.
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

// pack writes f, using the one before it, last, and sets last to f.
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

// unpack reads what [Found.pack] wrote after last, except for Err; failed is whether f has one.
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

// appendTo appends the batch to found.
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
