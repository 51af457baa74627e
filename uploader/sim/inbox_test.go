//go:build unix && !race

package sim

import (
	"slices"
	"time"

	"inboxuploader/uploader/ledger"
)

// judgeScans looks whether each file has a row in each upload that it belongs to, and no more than
// one.
func (w *world) judgeScans(p *process, rows []ledger.Job) {
	s := p.queue.Status()
	type place struct {
		upload       int64
		source, blob string
	}
	twice := map[place]int{}
	per := map[int64]map[string]int{}
	all := map[string]int{}
	for i := range rows {
		j := &rows[i]
		if per[j.Transfer] == nil {
			per[j.Transfer] = map[string]int{}
		}
		per[j.Transfer][j.Source]++
		at := place{j.Transfer, j.Source, ledger.OriginalName(j.Blob, j.Copy)}
		if twice[at]++; twice[at] > 1 && j.Blob != "" {
			w.breaks(3, "%q is twice in upload %d", j.Source, j.Transfer)
		}
		if j.Blob != "" {
			all[j.Source]++
		}
	}
	for source, n := range all {
		most := 0
		for _, a := range w.adds {
			for _, f := range w.disk.files {
				if w.disk.at(f.path) == source {
					most += len(a.names(f.path))
				}
			}
		}
		cut := w.moved && len(w.ledger.killed) > 0 // a move that is cut off is made again, or left
		if n > most && !w.outside && !cut {
			w.breaks(1, "%q was added %d times and is in the list %d times", source, most, n)
		}
	}
	for i := range s.Transfers {
		t := &s.Transfers[i]
		if !t.Scanned && !w.forgot {
			w.breaks(8, "the folders of upload %d were not read to their end", t.ID)
		}
		if w.forgot || w.moved {
			continue
		}
		missing := int64(0)
		for _, a := range w.adds {
			if a.id != t.ID || len(a.missing) > 0 || a.filtered {
				continue
			}
			for _, f := range w.disk.files {
				if len(a.names(f.path)) > 0 && f.wasThroughout(a.at) &&
					per[t.ID][w.disk.at(f.path)] == 0 {
					missing++
				}
			}
		}
		if missing > t.UnchangedFiles() {
			w.breaks(
				1,
				"upload %d lacks %d files, of which %d were unchanged",
				t.ID,
				missing,
				t.UnchangedFiles(),
			)
		}
	}
}

// wasThroughout reports whether a file was there from a moment on.
func (f *file) wasThroughout(since time.Time) bool {
	if !f.there || f.swapped || f.history[0].from.After(since) {
		return false
	}
	for _, s := range f.history {
		if s.gone {
			return false
		}
	}
	return true
}

// judgeBlobs looks whether what is in the inboxes is told, and no file stands there twice.
func (w *world) judgeBlobs(rows []ledger.Job) {
	if w.forgot || w.renamed || w.emptied {
		return
	}
	replace, both := len(w.asked) > 0, false // who keeps both, and replaces then, has both
	unknown := w.hasReceived("c")            // such a token can't find out whose a blob is
	for _, a := range w.adds {
		replace, both = replace || a.replace, both || a.both
	}
	for _, c := range w.storage.containers {
		seen := map[sum]string{}
		for _, name := range c.inbox.Names() {
			all := c.effects[name]
			last := all[len(all)-1]
			if last.theirs {
				continue
			}
			if !w.isTold(c, name, last, rows) {
				w.breaks(1, "%q is in %s, and no row says so", name, c.name)
			}
			if other := seen[last.sum]; other != "" && last.size > 0 && (!replace || !both) &&
				(!unknown || !w.uncertain(name, last.at) && !w.uncertain(other, last.at)) &&
				!w.differ(name, other) {
				w.breaks(
					3,
					"one file stands under two names in %s: %q and %q",
					c.name,
					name,
					other,
				)
			}
			seen[last.sum] = name
		}
	}
}

// isTold reports whether a row says that a blob is there, or may be.
func (w *world) isTold(c *container, name string, last effect, rows []ledger.Job) bool {
	if w.moved {
		return true // rows of what was moved say so of the other inbox
	}
	for i := range rows {
		j := &rows[i]
		if j.Blob != name || w.container(j.Inbox) != c {
			continue
		}
		switch j.State {
		case ledger.Delivered:
			if j.CRC64 == last.crc64 {
				return true
			}
		case ledger.Cancelled:
			return true
		case ledger.Attention, ledger.LeftAlone:
			return true // judged with its row
		}
	}
	for _, f := range w.disk.known[last.sum] {
		if f.history[len(f.history)-1].sum != last.sum && w.uncertain(name, last.at) {
			return true // nothing is left by which it could be known
		}
	}
	return false
}

// a row that says why not.
func (w *world) judgeFiles(rows []ledger.Job) {
	if w.forgot || w.moved || w.outside || w.emptied {
		return
	}
	for _, a := range w.adds {
		if a.id == 0 || len(a.missing) > 0 || a.filtered {
			continue
		}
		for _, f := range w.disk.files {
			if len(a.names(f.path)) == 0 || !f.wasThroughout(a.at) || f.touched.After(a.at) {
				continue
			}
			last := f.history[len(f.history)-1].sum
			if !w.wasWritten(a, last) && !slices.ContainsFunc(rows, func(j ledger.Job) bool {
				return j.Transfer == a.id && j.Source == w.disk.at(f.path) &&
					j.State != ledger.Delivered
			}) {
				w.breaks(
					1,
					"%q is not in the inbox as it was added to upload %d, and no row says why",
					f.path,
					a.id,
				)
			}
		}
	}
}

// wasWritten reports whether a content ever stood in the inbox of an upload.
func (w *world) wasWritten(a *added, content sum) bool {
	for _, all := range w.storage.containers[a.inbox.Container].effects {
		for _, e := range all {
			if e.sum == content {
				return true
			}
		}
	}
	return false
}

// differ reports whether two names are those of one file that was added in two ways.
func (w *world) differ(a, b string) bool {
	planned := func(name string) (all []string) {
		for _, x := range w.adds {
			for _, f := range w.disk.files {
				for _, n := range x.names(f.path) {
					for k := range 100 {
						if k == 0 && n == name || k > 1 && ledger.OriginalName(name, k) == n {
							all = append(all, n)
						}
					}
				}
			}
		}
		return all
	}
	of := planned(b)
	return !slices.ContainsFunc(planned(a), func(n string) bool { return slices.Contains(of, n) })
}
