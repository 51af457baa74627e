//go:build unix && !race

package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	_ "unsafe" // for the link below

	"inboxuploader/uploader/source"
)

// told is what source asks of each look at a file: the world's own clock and disks instead of the
// system's.
//
//go:linkname told inboxuploader/uploader/source.told
var told func(source.Info) source.Info

// jitter is what backoff takes its random part from.
//
//go:linkname jitter inboxuploader/internal/backoff.random
var jitter func(time.Duration) time.Duration

// inodes are the files of all worlds that are running, by what the system knows them as.
var inodes sync.Map // source.ID → *inode

type inode struct {
	disk    *disk
	changed atomic.Int64 // nanoseconds since 1970
}

// inodeOf returns what a world knows of a file, nil where it is of none.
func inodeOf(id source.ID) *inode {
	if n, ok := inodes.Load(id); ok {
		return n.(*inode) //nolint:errcheck // nothing else is kept there
	}
	return nil
}

func init() {
	told = func(i source.Info) source.Info {
		if n := inodeOf(i.ID); n != nil {
			i.Changed = time.Unix(0, n.changed.Load())
			i.ID.Device = n.disk.number.Load()
		}
		return i
	}
	// The same for the same moment, so that a seed's story is the same each time.
	jitter = func(d time.Duration) time.Duration {
		x := uint64(time.Now().UnixNano()) ^ uint64(d)
		x = (x ^ x>>31) * 0x9e3779b97f4a7c15
		return time.Duration((x ^ x>>29) % uint64(max(d, 1)))
	}
}

// sum stands for a content.
type sum [32]byte

// state is what a file was from a moment on.
type state struct {
	from time.Time
	sum  sum
	size int
	torn bool // a writer was in the middle of it, and went on before it could pass for done
	gone bool
}

// file is a file of the world, whatever became of it.
type file struct {
	path    string // below the disk
	content []byte
	there   bool
	history []state
	touched time.Time // when anything of it changed last
	swapped bool      // something else stands in its place, or in its folder's

	// What follows is of files that oddities makes, and that nothing happens to.
	aside bool // it need not be in an upload that it may be in
	junk  bool // it is sent only by who wants what systems keep for themselves
	never bool // it is never sent
}

// disk is a disk that files lie on. It belongs to the world's own goroutines; the queue reads it
// through the system.
type disk struct {
	w        *world
	root     string // where it is mounted
	number   atomic.Uint64
	away     bool
	files    []*file
	besides  []*file // of oddities
	within   bool    // a link leads from one folder to another
	moved    bool    // the folder "run" lies elsewhere
	known    map[sum][]*file
	stamped  []source.ID
	versions int
}

const outsideMark = "nobody's business, and never to be sent: "

func newDisk(w *world, dir string) *disk {
	d := &disk{w: w, root: filepath.Join(dir, "disk"), known: map[sum][]*file{}}
	d.number.Store(77)
	outside := filepath.Join(dir, "outside")
	for _, folder := range []string{
		d.root, d.at("run"), d.at("run/deep"), d.at("more"), outside, filepath.Join(dir, "elsewhere"),
	} {
		w.must(os.MkdirAll(folder, 0o700))
	}
	for i := range names {
		p := filepath.Join(outside, filepath.Base(names[i]))
		w.must(os.WriteFile(p, []byte(outsideMark+strings.Repeat("secret", 20_000)), 0o600))
	}
	for name, text := range lists {
		w.must(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	for _, folder := range []string{"", "run", "run/deep", "more"} {
		d.stamp(folder, time.Now().Add(-time.Hour))
	}
	return d
}

// names are the files of a world; some are odd.
var names = []string{
	"run/a.csv", "run/b #1?.csv", "run/deep/c.bin", "run/deep/dot last.", "more/a.csv",
	"run/caf\u00e9.txt",
	"more/d & e.txt", "run/deep/\u2028line.dat", "run/new 1", "run/deep/new 2", "more/new 3",
	"run/new 4",
}

// at returns where something lies now.
func (d *disk) at(path string) string {
	if d.moved && (path == "run" || strings.HasPrefix(path, "run/")) {
		path = "moved/" + path
	}
	return filepath.Join(d.root, filepath.FromSlash(path))
}

func (d *disk) id(path string) (source.ID, bool) {
	i, err := systemID(d.at(path))
	return i, err == nil
}

// stamp makes something on the disk have changed at a moment.
func (d *disk) stamp(path string, at time.Time) {
	id, ok := d.id(path)
	if !ok {
		return
	}
	n := inodeOf(id)
	if n == nil || n.disk != d {
		n = &inode{disk: d}
		d.stamped = append(d.stamped, id)
	}
	n.changed.Store(at.UnixNano())
	inodes.Store(id, n)
}

// close forgets what the disk's files are known as.
func (d *disk) close() {
	for _, id := range d.stamped {
		inodes.Delete(id)
	}
}

// note keeps what a file is from now on.
func (d *disk) note(f *file, torn bool) {
	s := state{
		from: time.Now(),
		sum:  sha256.Sum256(f.content),
		size: len(f.content),
		torn: torn,
		gone: !f.there,
	}
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	f.history = append(f.history, s)
	f.touched = s.from
	if f.there {
		d.known[s.sum] = append(d.known[s.sum], f)
	}
}

// bytes returns new content that no other file has.
func (d *disk) bytes(f *file, size int) []byte {
	d.versions++
	b := make([]byte, size)
	key := sha256.Sum256(fmt.Append(nil, f.path, d.versions, d.w.plan.seed))
	_, _ = rand.NewChaCha8(key).Read(b)
	return b
}

// write puts a file's content on the disk from an offset on, in one step.
func (d *disk) write(f *file, from int, modified time.Time, torn bool) {
	p := d.at(f.path)
	h, err := os.OpenFile(p, os.O_WRONLY|os.O_CREATE, 0o600)
	d.w.must(err)
	if from < len(f.content) {
		_, err = h.WriteAt(f.content[from:], int64(from))
		d.w.must(err)
	}
	d.w.must(h.Truncate(int64(len(f.content))))
	d.w.must(h.Close())
	d.w.must(os.Chtimes(p, modified, modified))
	f.there = true
	d.stamp(f.path, time.Now())
	d.note(f, torn)
}

// create makes a file that was not there.
func (d *disk) create(path string, size int, age time.Duration) *file {
	f := &file{path: path}
	for _, old := range d.files {
		if old.path == path {
			f = old
		}
	}
	if len(f.history) == 0 {
		d.files = append(d.files, f)
	}
	f.content = d.bytes(f, size)
	d.w.must(os.MkdirAll(filepath.Dir(d.at(path)), 0o700))
	d.write(f, 0, time.Now().Add(-age), false)
	d.stamp(f.path, time.Now().Add(-age))
	return f
}

// modified returns a file's modification time.
func (d *disk) modified(f *file) time.Time {
	fi, err := os.Lstat(d.at(f.path))
	if err != nil {
		return time.Now()
	}
	return fi.ModTime()
}

// changed returns when a file's inode changed last.
func (d *disk) changed(f *file) time.Time {
	if id, ok := d.id(f.path); ok {
		if n := inodeOf(id); n != nil {
			return time.Unix(0, n.changed.Load())
		}
	}
	return time.Now()
}

// change alters a random part of the content.
func (d *disk) change(f *file, modified time.Time) {
	if len(f.content) == 0 {
		f.content = d.bytes(f, 10)
		d.write(f, 0, modified, false)
		return
	}
	fresh := d.bytes(f, len(f.content))
	at := int(binary.LittleEndian.Uint16(append(fresh, 0, 0))) % len(f.content)
	copy(f.content[at:], fresh[at:min(len(fresh), at+70_000)])
	d.write(f, at, modified, false)
}

// slowly writes new content in steps, none of which rests for as long as a reader waits. Where it
// is mapped into memory, the file stays as long as it is, and its times say of the first step alone
// that it changed.
func (d *disk) slowly(f *file, steps int, mapped bool) {
	more := steps * 20_000
	if mapped {
		more = 0
	}
	fresh := d.bytes(f, len(f.content)+more)
	step := len(fresh) / steps
	if step == 0 {
		return
	}
	for i := range steps {
		if !f.there || f.swapped || d.away {
			return
		}
		end := (i + 1) * step
		if i == steps-1 {
			end = len(fresh)
		}
		if len(f.content) < end {
			f.content = append(f.content, make([]byte, end-len(f.content))...)
		}
		copy(f.content[i*step:end], fresh[i*step:end])
		modified, changed := time.Now(), time.Now()
		if mapped && i > 0 {
			modified, changed = d.modified(f), d.changed(f)
		}
		d.write(f, i*step, modified, i < steps-1)
		d.stamp(f.path, changed)
		if i < steps-1 {
			time.Sleep(time.Duration(300+int(fresh[0])*7)*time.Millisecond + 13)
		}
	}
	d.w.say("disk: %q is written to its end", f.path)
}

// steady is for how long a file is left alone before what was read of it counts; see Config.Steady.
const steady = 2400 * time.Millisecond

// states reports whether a file had a content at some moment of a span, and whether a writer was in
// the middle of it whenever it had.
func (f *file) states(s sum, from, to time.Time) (found, torn bool) {
	for i, h := range f.history {
		ended := to
		if i+1 < len(f.history) {
			ended = f.history[i+1].from
		}
		if h.sum == s && !h.gone && !h.from.After(to) && !ended.Before(from) {
			if !h.torn || ended.Sub(h.from) > steady { // the writer gave up
				return true, false
			}
			torn = true
		}
	}
	return torn, torn
}
