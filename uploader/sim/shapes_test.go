//go:build unix && !race

package sim

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// linkedFile is what a link of oddities leads to, outside of the disk.
const linkedFile = "../elsewhere/linked.csv"

// oddities puts what is no plain file among the files, names that are changed or refused, and maybe
// many small files.
func (w *world) oddities(many, deep bool) {
	d := w.disk
	w.say("disk: has what is no plain file (and many files: %v, long names: %v)", many, deep)
	w.must(makePipe(d.at("run/pipe")))
	w.must(makeSocket(d.at("run/socket")))
	for _, link := range []struct{ to, at string }{
		{filepath.Join(w.dir, "elsewhere", "linked.csv"), "run/link outside"},
		{"nowhere", "run/dangling"},
		{"..", "run/loop"},
		{"deep", "run/within"},
		{os.DevNull, "run/null"},
		{"circle", "run/circle"},
	} {
		w.must(os.Symlink(link.to, d.at(link.at)))
	}
	d.within = true
	w.must(os.Mkdir(d.at("run/empty"), 0o700))
	d.beside(linkedFile, file{aside: true})
	d.beside("run/.DS_Store", file{aside: true, junk: true})
	d.beside("run/own/list", file{never: true})
	d.beside("run/receipt.csv", file{never: true})
	d.beside("run/.../dots", file{never: true})
	d.beside("run/folder./in it", file{never: true})
	d.create("run/folder/in it", 100, time.Hour)
	d.create("run/back\\slash\x01.txt", 100, time.Hour)
	d.create("run/\xff\xfe bytes", 100, time.Hour)
	d.create("run/\ue000 private \uffff", 100, time.Hour)
	d.create("run/con.txt", 100, time.Hour)
	d.create("run/ends with a space ", 100, time.Hour)
	d.create("run/double", 100, time.Hour)
	d.create("run/double.", 100, time.Hour)
	d.create("run/double..", 100, time.Hour)
	d.create("more/cafe\u0301.txt", 100, time.Hour)
	d.create("more/caf\u00e9.txt", 100, time.Hour)
	d.create("more/deep/c.bin", 100, time.Hour)
	d.create("more/deep/only here", 100, time.Hour)
	if deep {
		d.beside("more/"+strings.Repeat(strings.Repeat("n", 220)+"/", 5)+"long", file{never: true})
		d.beside("more/"+strings.Repeat("d/", 255)+"deep", file{never: true})
	}
	if !many {
		return
	}
	for i := range 70 { // more than come in the first batch of a scan
		d.create(fmt.Sprintf("run/many/%02d", i), 1+i, time.Hour)
	}
}

// beside makes a file that nothing happens to.
func (d *disk) beside(path string, kind file) {
	f := &kind
	f.path, f.there = path, true
	f.content = d.bytes(f, 300)
	d.w.must(os.MkdirAll(filepath.Dir(d.at(path)), 0o700))
	d.w.must(os.WriteFile(d.at(path), f.content, 0o600))
	past := time.Now().Add(-2 * time.Minute)
	d.w.must(os.Chtimes(d.at(path), past, past))
	d.stamp(path, past)
	d.note(f, false)
	d.besides = append(d.besides, f)
}

// fileAt returns the file that a path leads to, nil if it is none of this world's.
func (d *disk) fileAt(source string) *file {
	for _, f := range slices.Concat(d.files, d.besides) {
		at := d.at(f.path)
		deep := strings.TrimPrefix(source, d.at("run/within")+"/")
		if at == source || deep != source && at == d.at("run/deep/"+deep) ||
			f.path == linkedFile && source == d.at("run/link outside") {
			return f
		}
	}
	return nil
}

// relocate has the folder "run" lie elsewhere, and a person say so.
func (w *world) relocate(e event) {
	d := w.disk
	if d.away || d.moved || w.outside || w.followed() {
		return
	}
	from := d.at("run")
	w.must(os.MkdirAll(filepath.Join(d.root, "moved"), 0o700))
	d.stamp("moved", time.Now().Add(-time.Hour))
	w.must(os.Rename(from, filepath.Join(d.root, "moved", "run")))
	d.moved, w.relocated = true, true
	w.movedFrom = from
	w.say("disk: the folder run lies elsewhere")
	if p := w.one(e.a); p != nil {
		p.act(func() {
			time.Sleep(time.Duration(e.b%4)*time.Second + 9)
			w.sayMoved(p)
		})
	}
}

// sayMoved tells a process where the folder lies that was moved.
func (w *world) sayMoved(p *process) {
	to := w.disk.at("run")
	n, err := p.queue.Moved(p.ctx, w.movedFrom, to)
	w.say("person: says where the folder lies, through process %d: %d files (%v)", p.n, n, err)
	if err == nil && w.disk.moved {
		w.mu.Lock()
		w.told = true
		w.mu.Unlock()
	}
}

// followed reports whether links were followed by which a file is found that moves: it is found
// out anew where such a file lies.
func (w *world) followed() bool {
	return slices.ContainsFunc(w.adds, func(a *added) bool { return ways[a.how].filter.FollowOutside })
}
