//go:build unix && !race

package sim

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// way is how something is added, and what is taken of it by a rule that is written down here once
// more, in other words than those of package scan.
type way struct {
	replace, both bool
	filter        scan.Options
	newer         time.Duration // than so long before the world began
	flat          bool          // folders are not taken
	review        int           // looks, or begins to
	refused       problem.Reason
	takes         func(a *added, f *file, root, below string) (may, must bool)
}

// How a person reviews what they add.
const (
	looks  = 1 + iota // to the end, and then sends
	begins            // and sends while folders are still counted
)

var ways = []way{
	{},
	{},
	{replace: true},
	{both: true},
	{both: true},
	{filter: scan.Options{FollowSymlinks: true}},
	{
		filter: scan.Options{Include: []string{"*.csv", "deep/"}, Exclude: []string{"b*", "none"}},
		takes: func(_ *added, _ *file, _, below string) (may, must bool) {
			parts := strings.Split(below, "/")
			left := slices.ContainsFunc(parts,
				func(p string) bool { return strings.HasPrefix(p, "b") || p == "none" })
			in := strings.HasSuffix(below, ".csv") || slices.Contains(parts[:len(parts)-1], "deep")
			return in && !left, in && !left
		},
	},
	{
		filter: scan.Options{MinAge: 2 * time.Minute},
		takes: func(a *added, f *file, _, _ string) (may, must bool) {
			modified, known := a.modified[f] // what is too young may be old enough when it is read again
			return true, known && a.at.Sub(modified) >= 2*time.Minute
		},
	},
	{
		filter: scan.Options{Exclude: []string{"run/deep/**"}, FollowSymlinks: true},
		takes: func(_ *added, _ *file, root, below string) (may, must bool) {
			taken := root != "run" || !strings.HasPrefix(below, "deep/")
			return taken, taken
		},
	},
	{
		filter: scan.Options{MaxAge: time.Hour},
		takes: func(a *added, f *file, _, _ string) (may, must bool) {
			modified, known := a.modified[f]
			return !known || f.touched.After(a.at) || a.at.Sub(modified) <= time.Hour, false
		},
	},
	{
		newer: 30 * time.Minute,
		takes: func(a *added, f *file, _, _ string) (may, must bool) {
			modified, known := a.modified[f]
			in := modified.After(a.w.began.Add(-30 * time.Minute))
			return !known || f.touched.After(a.at) || in, known && in
		},
	},
	{filter: scan.Options{Folder: "project/run 7"}},
	{filter: scan.Options{Contents: true}},
	{filter: scan.Options{FilesFrom: "list"}, takes: listed("a.csv", "caf\u00e9.txt", "new 1", "deep/")},
	{filter: scan.Options{FollowSymlinks: true, FollowOutside: true}},
	{filter: scan.Options{NoDefaultExcludes: true}},
	{flat: true},
	{review: looks},
	{review: begins},
	{both: true, review: looks},
	{filter: scan.Options{Include: []string{"[a-"}}, refused: problem.PatternInvalid},
	{filter: scan.Options{FilesFrom: "list outside"}, refused: problem.ListOutside},
	{filter: scan.Options{Folder: "a/.."}, refused: problem.FolderInvalid},
	{filter: scan.Options{FilesFrom: "list 0"}, flat: true, takes: listed("a.csv", "deep/c.bin")},
	{filter: scan.Options{FilesFrom: "no list"}, refused: problem.ListUnreadable},
}

// lists are the files that ways name what is sent with.
var lists = map[string]string{
	"list":         "a.csv\r\n./caf\u00e9.txt\n\nnew 1\ndeep/\ngone.txt\na.csv\n",
	"list 0":       "./\x00a.csv\x00deep\x00deep/c.bin\x00",
	"list outside": "a.csv\n../outside/a.csv\n",
}

// lines are the paths that a list names.
func lines(list string) []string {
	return strings.FieldsFunc(lists[list], func(r rune) bool { return strings.ContainsRune("\r\n\x00", r) })
}

// listed takes what a list has of folders.
func listed(lines ...string) func(*added, *file, string, string) (may, must bool) {
	return func(_ *added, f *file, root, below string) (may, must bool) {
		if isPattern(root) || root == f.path {
			return true, true // a list is of folders
		}
		taken := slices.ContainsFunc(lines, func(line string) bool {
			return below == line || strings.HasSuffix(line, "/") && strings.HasPrefix(below, line)
		})
		return taken, taken
	}
}

// whats are what is added, below the disk.
var whats = [][]string{
	{"run"},
	{"run", "more"},
	{"run", "run/deep"},
	{"more"},
	{"run/a.csv"},
	{"more", "run"},
	{"more/a.csv"},
	{"run/*.csv"},
	{"run/**/*.bin", "more"},
	{"{run,more}/*.csv"},
	{"run/within"},
	{"run/deep", "more/deep"},
	{"run", "{run,more}/*.csv"},
	{"run/pipe", "more"},
	{"run/dangling", "nowhere"},
	{"run/deep", "run/within"},
}

// patterns say what of the disk's files they stand for, and what their names begin with.
var patterns = map[string]func(path string) (rel string, ok bool){
	"run/*.csv": func(p string) (string, bool) {
		return path.Base(p), path.Dir(p) == "run" && path.Ext(p) == ".csv"
	},
	"run/**/*.bin": func(p string) (string, bool) {
		return strings.TrimPrefix(p, "run/"), strings.HasPrefix(p, "run/") && path.Ext(p) == ".bin"
	},
	"{run,more}/*.csv": func(p string) (string, bool) {
		return p, (path.Dir(p) == "run" || path.Dir(p) == "more") && path.Ext(p) == ".csv"
	},
}

func isPattern(root string) bool { return patterns[root] != nil }

// added is what a person added.
type added struct {
	w        *world
	id       int64 // 0: it was not added
	how      int
	at       time.Time
	inbox    token.Inbox
	roots    []string            // below the disk
	missing  []string            // of these, what was not there
	away     bool                // nothing was
	modified map[*file]time.Time // of what was there
	replace  bool
	both     bool
	reviewed map[string]bool // what a person saw before they sent it
}

// place is a name that a file gets.
type place struct {
	name string
	must bool // it is sure that it gets it
}

// paths are the ways to a file from a root on: its own path, and those through links.
func (a *added) paths(f *file, root string) (all []string) {
	o := &ways[a.how].filter
	all = append(all, f.path)
	if rest, ok := strings.CutPrefix(f.path, "run/deep/"); ok &&
		(root == "run/within" || root == "run" && o.FollowSymlinks) {
		all = append(all, "run/within/"+rest)
	}
	if f.path == linkedFile && root == "run" && o.FollowOutside {
		all = append(all, "run/link outside")
	}
	return all
}

// places are the names that a file gets that was added so, by each root that covers it.
func (a *added) places(f *file) (all []place) {
	m := &ways[a.how]
	if f.never && !a.w.relocated || f.junk && !m.filter.NoDefaultExcludes {
		return nil
	}
	for _, root := range a.roots {
		for _, at := range a.paths(f, root) {
			rel, below, ok := a.covers(root, at)
			if !ok {
				continue
			}
			may, must := true, true
			if m.takes != nil {
				may, must = m.takes(a, f, root, below)
			}
			name := a.inbox.Blob
			if n, err := scan.PlanName(a.inbox.Prefix, path.Join(m.filter.Folder, rel)); err == nil &&
				name == "" {
				name = n.Blob
			}
			if may && name != "" {
				must = must && !f.aside && at == f.path && (!isPattern(root) || !a.w.relocated)
				all = append(all, place{name, must})
			}
		}
	}
	return all
}

// covers reports whether a root, below the disk, covers a path, the path from the root's own name
// on, and below it.
func (a *added) covers(root, at string) (rel, below string, ok bool) {
	m := &ways[a.how]
	base := path.Base(root)
	switch {
	case isPattern(root):
		rel, ok = patterns[root](at)
		return rel, path.Base(at), ok
	case root == at:
		return base, base, true
	}
	below, ok = strings.CutPrefix(at, root+"/")
	if rel = base + "/" + below; m.filter.Contents {
		rel = below
	}
	return rel, below, ok && (!m.flat || m.filter.FilesFrom != "")
}

// names are those of places.
func (a *added) names(f *file) (all []string) {
	for _, p := range a.places(f) {
		all = append(all, p.name)
	}
	return all
}

// must reports whether a file that is there belongs to what was added.
func (a *added) must(f *file) bool {
	return slices.ContainsFunc(a.places(f), func(p place) bool { return p.must })
}

// options are what the program is told.
func (a *added) options() ledger.AddOptions {
	m, w := &ways[a.how], a.w
	o := ledger.AddOptions{Replace: m.replace, KeepBoth: m.both, Scan: m.filter}
	o.Scan.Recursive = !m.flat
	o.Scan.Own = w.disk.at("run/own")
	if m.newer > 0 {
		o.Scan.NewerThan = w.began.Add(-m.newer)
	}
	if list := m.filter.FilesFrom; list != "" {
		o.Scan.FilesFrom = filepath.Join(w.dir, list)
	}
	return o
}

// absolute are the roots as the program is given them.
func (a *added) absolute() (roots []string) {
	for _, r := range a.roots {
		roots = append(roots, a.w.disk.at(r))
	}
	return roots
}

// newAdded is what a person is about to add, nil where that would be followed through a link that
// stands there since.
func (w *world) newAdded(what, how int) *added {
	how %= len(ways)
	m := &ways[how]
	a := &added{
		w: w, at: time.Now(), how: how, roots: whats[what%len(whats)], replace: m.replace,
		both: m.both, modified: map[*file]time.Time{}, away: w.disk.away,
	}
	a.inbox = w.hands[0].token.Inbox
	for _, r := range a.roots {
		real := r
		if real == "run/within" {
			real = "run/deep"
		}
		if real != "run/dangling" && w.throughLink(w.disk.at(real)) {
			return nil
		}
		_, err := os.Stat(w.disk.at(r))
		there := err == nil
		for _, f := range w.disk.files {
			_, _, covered := a.covers(r, f.path)
			there = there || isPattern(r) && f.there && covered && !w.disk.away
		}
		if !there {
			a.missing = append(a.missing, r)
		}
	}
	for _, f := range w.disk.files {
		if f.there {
			a.modified[f] = w.disk.modified(f)
		}
	}
	return a
}

// wasMissing reports whether what a person named was not there at that moment.
func (w *world) wasMissing(source string) bool {
	f := w.disk.fileAt(source)
	for _, a := range w.adds {
		for _, root := range a.roots {
			at := w.disk.at(root)
			if (slices.Contains(a.missing, root) || w.relocated) && at == source || a.away {
				return true
			}
			if f != nil && f.wasThroughout(a.at) {
				continue
			}
			if isPattern(root) && at == source {
				return true
			}
			for _, line := range lines(ways[a.how].filter.FilesFrom) {
				below := isPattern(root) && strings.HasSuffix(source, "/"+filepath.Clean(line))
				if below || source == filepath.Join(at, line) {
					return true
				}
			}
		}
	}
	return false
}

// followsOutside reports whether anything is added whose links may lead anywhere: then no link is
// put in the place of something.
func (p *plan) followsOutside() bool {
	return slices.ContainsFunc(p.events, func(e event) bool {
		return (e.kind == add || e.kind == cutAdd) && ways[e.c%len(ways)].filter.FollowOutside
	})
}
