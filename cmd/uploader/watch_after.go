package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
)

// afterFlag is --after-delivery: what becomes of a file that was delivered.
type afterFlag struct{ text, folder string }

// Set implements pflag.Value.
func (f *afterFlag) Set(text string) error {
	folder, ok := strings.CutPrefix(text, "move:")
	if !ok || folder == "" {
		return wanted("move: and a folder, such as move:/data/sent")
	}
	*f = afterFlag{text, folder}
	return nil
}

// String implements pflag.Value. It is empty for the default.
func (f *afterFlag) String() string { return f.text }

// Type implements pflag.Value.
func (f *afterFlag) Type() string { return "move:FOLDER" }

// check returns where the folder lies, and refuses one that files of these roots can't be moved to.
func (f *afterFlag) check(roots []string) (source.Path, error) {
	refuse := func(why string) (source.Path, error) {
		return source.Path{}, usagef("The folder of --after-delivery, “%s”, %s", show.Text(f.folder), why)
	}
	info, err := os.Stat(f.folder)
	if err != nil || !info.IsDir() {
		return refuse("is not an existing folder. Nothing was sent or moved. Create it first.")
	}
	path, err := absolutePath(f.folder)
	if err != nil {
		return source.Path{}, err
	}
	dir, err := source.Resolve(path)
	if err != nil {
		return refuse("can't be used. Nothing was sent or moved. Choose another one.")
	}
	for _, root := range roots {
		switch at := realPath(root); {
		case isWithin(dir.String(), at):
			return refuse("is inside a watched folder. Nothing was sent or moved. Choose one " +
				"outside.")
		case isWithin(at, dir.String()):
			return refuse("contains a watched folder. Nothing was sent or moved. Choose one " +
				"beside it.")
		case onOtherDisks(source.Path{Root: at}, dir):
			return refuse("is on a different disk from “" + show.Text(root) + "”. Nothing was " +
				"sent or moved. Choose one on the same disk, where files can be moved in one " +
				"step.")
		}
	}
	return dir, nil
}

// realPath is where a path leads; the path itself where nothing is there.
func realPath(path string) string {
	if p, err := source.Resolve(path); err == nil {
		return p.String()
	}
	return filepath.Clean(path)
}

// isWithin reports whether a path is a folder or lies in it, whatever the case of either's name and
// whichever way leads there.
func isWithin(path, folder string) bool {
	if source.IsBelow(path, folder) {
		return true
	}
	is, err := os.Stat(folder)
	if err != nil {
		return false
	}
	for ; ; path = filepath.Dir(path) {
		if at, err := os.Stat(path); err == nil && os.SameFile(at, is) {
			return true
		}
		if path == filepath.Dir(path) {
			return false
		}
	}
}

// onOtherDisks reports whether two folders are known to lie on different disks.
func onOtherDisks(a, b source.Path) bool {
	of, err := a.Stat()
	to, terr := b.Stat()
	return err == nil && terr == nil &&
		source.DiskOf(a.String(), of.ID) != source.DiskOf(b.String(), to.ID)
}

// delivered is a file that the storage has confirmed, as it was sent.
type delivered struct {
	path    string
	at      source.Path // where it lay; zero if unknown
	version source.Version
}

// mover moves delivered files out of the watched folders. Except for saw, it belongs to one
// goroutine.
type mover struct {
	dir   source.Path // where they go
	roots []string
	say   func(string)
	disks source.Disks
	gone  bool // that the folder can't be used was said

	mu   sync.Mutex
	left []delivered // to be moved
}

// saw hears of a file that was found and had been delivered as it is, in an earlier run for example.
func (m *mover) saw(f *scan.Found) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = append(m.left, delivered{f.Source, f.At, source.Version{
		Size: f.Size, ModTime: f.ModTime, ID: f.ID, Changed: f.Changed,
	}})
}

// took hears of a transfer whose files have all been sent or named. It blocks on the list's disk.
func (m *mover) took(ctx context.Context, q *uploader.Queue, transfer int64) error {
	if m == nil {
		return nil
	}
	f := ledger.Filter{Transfer: transfer, States: []ledger.JobState{
		ledger.Delivered, ledger.Cleared, ledger.Confirmed,
	}}
	return ledger.EachRow(ctx, q, f, func(j ledger.Job) error {
		v := j.Version()
		v.Changed = j.Changed
		m.mu.Lock()
		defer m.mu.Unlock()
		m.left = append(m.left, delivered{j.Source, j.At, v})
		return nil
	})
}

// move moves what it can, once the upload list on the disk says that it was delivered: otherwise
// the file would count as missing after a loss of power. It names what it can't move, which stays.
func (m *mover) move(ctx context.Context, q *uploader.Queue) error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	files := m.left
	m.left = nil
	m.mu.Unlock()
	if len(files) == 0 {
		return nil
	}
	keep := func(files []delivered) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.left = append(files, m.left...)
	}
	if err := q.Keep(ctx); err != nil {
		keep(files)
		return err
	}
	round := &moving{mover: m, roots: map[string]source.Path{}}
	if !m.disks.Do(ctx, m.dir.String(), func() { round.all(ctx, files) }) {
		return nil // it ends, and the next start finds them again
	}
	keep(round.later)
	for _, line := range round.words {
		m.say(line)
	}
	if round.gone && !m.gone {
		m.say("“" + show.Text(m.dir.String()) + "”, the folder of --after-delivery, is missing " +
			"or can't be used. Until it is back, delivered files stay where they are.")
	}
	m.gone = round.gone
	if round.moved > 0 {
		m.say("Moved " + fileCount(round.moved) + " to “" + shownPath(m.dir.String()) + "”.")
	}
	return nil
}

// moving is one round of a mover. It waits for disks.
type moving struct {
	*mover
	roots map[string]source.Path // where they lead now; the zero Path: nowhere
	later []delivered
	words []string
	moved int64
	gone  bool // the folder is not there
}

func (r *moving) all(ctx context.Context, files []delivered) {
	for _, root := range r.mover.roots {
		r.roots[root], _ = source.Resolve(root) // its files wait where it is away
	}
	for i := range files {
		if info, err := r.dir.Stat(); err != nil || info.Kind != source.Folder {
			r.gone = true
		}
		if r.gone || ctx.Err() != nil {
			r.later = append(r.later, files[i:]...)
			return
		}
		r.one(&files[i])
	}
}

func (r *moving) one(f *delivered) {
	root, below := r.rootOf(f.path)
	if root == "" {
		return // it lay elsewhere, and its folder is watched by another name
	}
	if r.roots[root] == (source.Path{}) {
		r.later = append(r.later, *f)
		return
	}
	at := r.roots[root].Join(below)
	if f.at != (source.Path{}) && f.at.String() != at.String() {
		r.stays(f, "a link leads to it. Move it yourself.")
		return
	}
	err := at.Move(f.version, r.dir.Join(filepath.Join(filepath.Base(root), below)))
	replaced, isReplaced := errors.AsType[*source.Replaced](err)
	switch {
	case err == nil:
		r.moved++
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, source.ErrChanged):
		// Somebody else has moved it; or it is another version, which is looked at by itself.
	case errors.Is(err, source.ErrTouched):
		r.stays(f, "it has changed since. After the next start it is compared with what was "+
			"delivered, and moved if it is the same.")
	case errors.Is(err, fs.ErrExist):
		r.stays(f, "a file of that name is in “"+show.Text(r.dir.String())+"” already, and is "+
			"never replaced. Move or rename one of the two yourself.")
	case errors.Is(err, source.ErrOtherDisk):
		r.stays(f, "it is on a different disk. Move it yourself.")
	case isReplaced && replaced.Kind == source.Link:
		r.stays(f, "“"+show.Text(replaced.Path)+"” is a link, which is not followed. Move it "+
			"yourself.")
	case isReplaced:
		r.stays(f, "“"+show.Text(replaced.Path)+"” is not a folder. Move or rename it; the next "+
			"start tries again.")
	case errors.Is(err, fs.ErrPermission):
		r.stays(f, "you lack the right to move it or to write to “"+
			show.Text(r.dir.String())+"”. Once you have it, the next start tries again.")
	default:
		r.stays(f, "its disk or another program prevents it. The next start tries again.")
	}
}

// stays says why a file is not moved.
func (r *moving) stays(f *delivered, why string) {
	r.words = append(r.words, shownPath(f.path)+": Delivered, but not moved: "+why)
}

// rootOf returns the folder that is watched in which a file lies, the deepest if there are several,
// and the way from there.
func (m *mover) rootOf(path string) (root, below string) {
	for _, r := range m.roots {
		if rel, err := filepath.Rel(r, path); err == nil && filepath.IsLocal(rel) && rel != "." &&
			len(r) > len(root) {
			root, below = r, rel
		}
	}
	return root, below
}
