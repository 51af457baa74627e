package watch

import (
	"context"
	"errors"
	"hash/maphash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"inboxuploader/uploader/scan"
)

const (
	// pauseFactor is how much longer than a look at everything the pause behind it is, at least: so
	// a look takes less than 1 % of a core on average.
	pauseFactor = 100
	// leastPause and quietPause are the shortest pauses behind it: where the system tells of no
	// changes, and where it does.
	leastPause = time.Second
	quietPause = 5 * time.Minute
	// partPause and partFactor are the same for a look at what changed.
	partPause  = 500 * time.Millisecond
	partFactor = 10
)

// Known reports whether a file was delivered in its present version.
type Known func(ctx context.Context, f *scan.Found) (bool, error)

// Options say what is watched.
type Options struct {
	Scan     scan.Options  // how folders are read; its FilesFrom is the Watcher's own
	Settle   time.Duration // for how long a file must be unchanged
	WhenDone string        // a doublestar pattern of a file's name; empty: there is none
	Dir      string        // an own folder for a list of paths, private to the person

	// Known is called at the beginning of each look at everything, and what it returns for each
	// file that is new to the Watcher. Nil: nothing was delivered.
	Known func(ctx context.Context) (Known, error)
	// Refused is called once for each file or folder that can't be sent. It may be nil.
	Refused func(f *scan.Found)
	// Alone is called if the system reports no changes below these roots, so that the watcher has
	// to look at the folders again and again. It may be nil.
	Alone func(why error)
	// Looked is called after each look with the number of incomplete files. It may be nil.
	Looked func(waiting int)
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Batch names files that are complete, as paths below one root, with slashes.
type Batch struct {
	Root  string
	Files []string
}

// Watcher watches folders. It belongs to one goroutine.
type Watcher struct {
	roots  []string
	o      Options
	list   string // file with the paths of a look at a part
	notice *notice

	waiting  map[string]*waiting // by source
	settled  map[uint64]struct{} // versions of files that were named, or are known
	complete map[string]bool     // folders that are, by WhenDone
	refused  map[string]bool     // sources of which was told
	dirty    []map[string]bool   // by root: paths below it that are to be looked at
	known    Known
	looks    int // counts looks
	next     time.Time
	part     time.Time // not before this time a part is looked at
	seed     maphash.Seed
}

// waiting is a file that is not complete yet.
type waiting struct {
	root    int
	rel     string // below the root
	size    int64
	modTime time.Time
	since   time.Time // it has been so
	look    int       // in which it was seen last
}

// New prepares to watch these roots, absolute paths of folders that need not exist. The caller must
// call Close at the end. The error is about an invalid pattern.
func New(roots []string, o Options) (*Watcher, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if !doublestar.ValidatePattern(o.WhenDone) {
		return nil, doublestar.ErrBadPattern
	}
	w := &Watcher{
		roots: roots, o: o, seed: maphash.MakeSeed(),
		waiting: map[string]*waiting{}, settled: map[uint64]struct{}{},
		complete: map[string]bool{}, refused: map[string]bool{},
		dirty: make([]map[string]bool, len(roots)),
	}
	for i := range w.dirty {
		w.dirty[i] = map[string]bool{}
	}
	f, err := os.CreateTemp(o.Dir, "watch-*.txt")
	if err != nil {
		return nil, err
	}
	w.list = f.Name()
	return w, f.Close()
}

// Close ends the Watcher.
func (w *Watcher) Close() error {
	if w.notice != nil {
		w.notice.close()
	}
	return os.Remove(w.list)
}

// Next blocks until files are complete, and names them. It names a file again only in another
// version. The error is ctx's cause, or that of Known.
func (w *Watcher) Next(ctx context.Context) ([]Batch, error) {
	if w.notice == nil {
		w.notice = newNotice(w.roots)
		if w.o.Alone != nil && w.notice.alone != nil {
			w.o.Alone(w.notice.alone)
		}
	}
	for {
		now := w.o.Now()
		if !now.Before(w.next) {
			found, err := w.lookAtAll(ctx)
			if err != nil || len(found) > 0 {
				return found, err
			}
		}
		due := w.due(now)
		if !now.Before(w.part) && !due.After(now) {
			found, err := w.lookAtPart(ctx, now)
			if err != nil || len(found) > 0 {
				return found, err
			}
			continue
		}
		until := w.next
		if at := latest(due, w.part); at.Before(until) {
			until = at
		}
		if err := w.wait(ctx, until.Sub(w.o.Now())); err != nil {
			return nil, err
		}
	}
}

// wait returns after a while, or when something has changed.
func (w *Watcher) wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(max(d, time.Millisecond))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
	case changed := <-w.notice.changes():
		w.changed(changed)
		w.gather()
	}
	return nil
}

// gather takes the other changes that have come meanwhile.
func (w *Watcher) gather() {
	for range 10_000 {
		select {
		case changed := <-w.notice.changes():
			w.changed(changed)
		default:
			return
		}
	}
}

// changed notes a path to look at; the empty path says that changes were missed.
func (w *Watcher) changed(source string) {
	if source == "" {
		w.next = time.Time{}
		return
	}
	for i, root := range w.roots {
		below, ok := strings.CutPrefix(source, strings.TrimSuffix(root, string(filepath.Separator)))
		if ok && below != "" && os.IsPathSeparator(below[0]) {
			w.dirty[i][filepath.ToSlash(below[1:])] = true
		}
	}
}

// due returns when to look at files that changed or may be complete; far in the future if there are
// none.
func (w *Watcher) due(now time.Time) time.Time {
	if slices.ContainsFunc(w.dirty, func(d map[string]bool) bool { return len(d) > 0 }) {
		return now
	}
	due := now.AddDate(1, 0, 0)
	if w.o.WhenDone != "" {
		return due // such files wait for another one
	}
	for _, f := range w.waiting {
		if at := f.since.Add(w.o.Settle); at.Before(due) {
			due = at
		}
	}
	return due
}

// lookAtAll looks at everything.
func (w *Watcher) lookAtAll(ctx context.Context) ([]Batch, error) {
	w.known = nil
	if w.o.Known != nil {
		var err error
		if w.known, err = w.o.Known(ctx); err != nil {
			return nil, err
		}
	}
	begun := w.o.Now()
	told := w.notice.tellsAll() // first, or what comes back meanwhile is missed
	found, err := w.look(ctx, w.roots, "")
	now := w.o.Now()
	pause := max(leastPause, pauseFactor*now.Sub(begun))
	if told {
		pause = max(pause, quietPause)
	}
	w.next, w.part = now.Add(pause), now.Add(partPause)
	w.known = nil
	return found, err
}

// lookAtPart looks at files that changed or may be complete.
func (w *Watcher) lookAtPart(ctx context.Context, now time.Time) ([]Batch, error) {
	if w.o.WhenDone == "" {
		for _, f := range w.waiting {
			if !f.since.Add(w.o.Settle).After(now) {
				w.dirty[f.root][f.rel] = true
			}
		}
	}
	begun := w.o.Now()
	var all []Batch
	for i, root := range w.roots {
		if len(w.dirty[i]) == 0 {
			continue
		}
		lines := make([]string, 0, len(w.dirty[i]))
		for rel := range w.dirty[i] {
			lines = append(lines, rel)
		}
		clear(w.dirty[i])
		if err := os.WriteFile(w.list, []byte(strings.Join(lines, "\x00")+"\x00"), 0o600); err != nil {
			return nil, err
		}
		w.forgetGone(root, lines)
		found, err := w.look(ctx, []string{root}, w.list)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	now = w.o.Now()
	w.part = now.Add(max(partPause, partFactor*now.Sub(begun)))
	return all, nil
}

// forgetGone drops waiting files that no longer exist.
func (w *Watcher) forgetGone(root string, lines []string) {
	for _, rel := range lines {
		source := filepath.Join(root, filepath.FromSlash(rel))
		if _, err := os.Lstat(source); errors.Is(err, fs.ErrNotExist) {
			delete(w.waiting, source)
		}
	}
}

// look reads roots, completely or only the paths in a list, and returns the complete files.
func (w *Watcher) look(ctx context.Context, roots []string, list string) ([]Batch, error) {
	w.looks++
	o := w.o.Scan
	o.FilesFrom = list
	var seen []string
	_, err := scan.Files(ctx, roots, o, func(found []scan.Found) error {
		for i := range found {
			f := &found[i]
			switch {
			case f.Err != nil:
				w.refuse(f)
			case f.Skip == "":
				waits, err := w.saw(ctx, f)
				if err != nil {
					return err
				}
				if waits {
					seen = append(seen, f.Source)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	done := w.take(seen)
	if w.o.Looked != nil {
		w.o.Looked(len(w.waiting))
	}
	return done, nil
}

// refuse reports a file that can't be sent. It ignores a path that is gone by now, as one that was
// moved away, unless it is a root.
func (w *Watcher) refuse(f *scan.Found) {
	if !slices.Contains(w.roots, f.Source) {
		if _, err := os.Lstat(f.Source); errors.Is(err, fs.ErrNotExist) {
			return
		}
	}
	if !w.refused[f.Source] && w.o.Refused != nil {
		w.refused[f.Source] = true
		w.o.Refused(f)
	}
}

// saw notes a file's present version and reports whether the file is still incomplete.
func (w *Watcher) saw(ctx context.Context, f *scan.Found) (waits bool, err error) {
	root := w.rootOf(f.Source)
	if root < 0 {
		return false, nil // a link led out of them, and its folder is looked at by name
	}
	delete(w.refused, f.Source)
	delete(w.refused, w.roots[root])
	if w.o.WhenDone != "" {
		w.mark(f.Source)
	}
	version := w.version(f)
	if _, named := w.settled[version]; named {
		delete(w.waiting, f.Source)
		return false, nil
	}
	if w.known != nil {
		known, err := w.known(ctx, f)
		if err != nil {
			return false, err
		}
		if known {
			w.settled[version] = struct{}{}
			return false, nil
		}
	}
	e := w.waiting[f.Source]
	if e == nil || e.size != f.Size || !e.modTime.Equal(f.ModTime) {
		below := strings.TrimPrefix(f.Source, strings.TrimSuffix(w.roots[root],
			string(filepath.Separator)))
		e = &waiting{
			root: root, rel: filepath.ToSlash(below[1:]), size: f.Size, modTime: f.ModTime,
			since: w.o.Now(),
		}
		w.waiting[f.Source] = e
	}
	e.look = w.looks
	return true, nil
}

// rootOf returns the root that a path lies below, the deepest if there are several, or -1.
func (w *Watcher) rootOf(source string) int {
	best := -1
	for i, root := range w.roots {
		rest, ok := strings.CutPrefix(source, strings.TrimSuffix(root, string(filepath.Separator)))
		if ok && rest != "" && os.IsPathSeparator(rest[0]) &&
			(best < 0 || len(root) > len(w.roots[best])) {
			best = i
		}
	}
	return best
}

// mark notes that a folder is complete if this file is the sign of it, and has all its files looked
// at.
func (w *Watcher) mark(source string) {
	dir := filepath.Dir(source)
	if is, _ := doublestar.Match(w.o.WhenDone, filepath.Base(source)); !is || w.complete[dir] {
		return
	}
	w.complete[dir] = true
	for i, root := range w.roots {
		rel, err := filepath.Rel(root, dir)
		switch {
		case err != nil || !filepath.IsLocal(rel):
		case rel == ".":
			w.next = time.Time{}
		default:
			w.dirty[i][filepath.ToSlash(rel)] = true
		}
	}
}

// take names, of what this look has seen, what is complete.
func (w *Watcher) take(seen []string) (all []Batch) {
	now := w.o.Now()
	by := map[int][]string{}
	for _, source := range seen {
		f := w.waiting[source]
		if f == nil || f.look != w.looks || !w.isComplete(source, f, now) {
			continue
		}
		delete(w.waiting, source)
		w.settled[w.hash(source, f.size, f.modTime)] = struct{}{}
		by[f.root] = append(by[f.root], f.rel)
	}
	for i, root := range w.roots {
		if len(by[i]) > 0 {
			all = append(all, Batch{root, by[i]})
		}
	}
	return all
}

func (w *Watcher) isComplete(source string, f *waiting, now time.Time) bool {
	if w.o.WhenDone == "" {
		return now.Sub(f.since) >= w.o.Settle
	}
	root := filepath.Clean(w.roots[f.root])
	for dir := filepath.Dir(source); ; dir = filepath.Dir(dir) {
		if w.complete[dir] {
			return true
		}
		if dir == root || dir == filepath.Dir(dir) {
			return false
		}
	}
}

func (w *Watcher) version(f *scan.Found) uint64 { return w.hash(f.Source, f.Size, f.ModTime) }

// hash is a version of a file in few bytes. Two versions of a million have the same with a chance
// of one in ten million.
func (w *Watcher) hash(source string, size int64, modTime time.Time) uint64 {
	type version struct {
		source        string
		size, seconds int64
		nano          int
	}
	return maphash.Comparable(w.seed, version{source, size, modTime.Unix(), modTime.Nanosecond()})
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
