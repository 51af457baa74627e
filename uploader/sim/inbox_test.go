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
	per := map[int64]map[*file]int{}
	all := map[*file]int{}
	for i := range rows {
		j := &rows[i]
		if per[j.Transfer] == nil {
			per[j.Transfer] = map[*file]int{}
		}
		if f := w.disk.fileAt(j.Source); f != nil {
			per[j.Transfer][f]++
		}
		at := place{j.Transfer, j.Source, ledger.OriginalName(j.Blob, j.Copy)}
		// What changed after it was delivered has another row where its folders were read again.
		changed := w.disk.fileAt(j.Source) != nil && len(w.disk.fileAt(j.Source).history) > 1
		if twice[at]++; twice[at] > 1 && j.Blob != "" && !changed {
			w.breaks(3, "%q is twice in upload %d", j.Source, j.Transfer)
		}
		if f := w.disk.fileAt(j.Source); j.Blob != "" && f != nil {
			all[f]++
		} else if j.Blob != "" && !w.outside && !w.relocated {
			w.breaks(1, "%q is in the list, and nobody added it", j.Source)
		}
		w.judgeReviewed(j)
	}
	for f, n := range all {
		most := 0
		for _, a := range w.adds {
			most += len(a.names(f))
		}
		if n > most && !w.outside && (len(f.history) < 2 || !w.forgot) {
			w.breaks(1, "%q was added %d times and is in the list %d times", f.path, most, n)
		}
	}
	for i := range s.Transfers {
		t := &s.Transfers[i]
		if !t.Scanned && !w.forgot {
			w.breaks(8, "the folders of upload %d were not read to their end", t.ID)
		}
		if w.forgot || w.moved || w.relocated && len(w.ledger.killed) > 0 { // and read again where it was
			continue
		}
		missing := int64(0)
		for _, a := range w.adds {
			if a.id != t.ID || len(a.missing) > 0 {
				continue
			}
			for _, f := range w.disk.files {
				if a.must(f) && f.wasThroughout(a.at) && !f.touched.After(a.at) && per[t.ID][f] == 0 {
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

// judgeReviewed looks whether a file is one of those that a person saw before they sent them, where
// no process ended meanwhile, after which folders are read again.
func (w *world) judgeReviewed(j *ledger.Job) {
	if w.moved || len(w.ledger.killed) > 0 || w.relocated || w.forgot {
		return
	}
	for _, a := range w.adds {
		if a.id == j.Transfer && a.reviewed != nil && !a.reviewed[j.Source] {
			w.breaks(1, "%q is in upload %d, and was not in the review", j.Source, a.id)
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
	if w.forgot || w.renamed || w.emptied || w.unowned {
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
			if w.uncertain(name, last.at) && w.clash(name) {
				continue // two files of one name: nobody could tell whose it is
			}
			if !w.isTold(c, name, last, rows) {
				w.breaks(1, "%q is in %s, and no row says so", name, c.name)
			}
			if other := seen[last.sum]; other != "" && last.size > 0 && (!replace || !both) && !w.relocated &&
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

// clash reports whether two files may stand under a name.
func (w *world) clash(name string) bool {
	n := 0
	for _, f := range w.disk.files {
		if w.isNamed(f, name) {
			n++
		}
	}
	return n > 1
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
	if w.forgot || w.moved || w.outside || w.emptied || w.relocated && len(w.ledger.killed) > 0 {
		return
	}
	for _, a := range w.adds {
		if a.id == 0 || len(a.missing) > 0 {
			continue
		}
		for _, f := range w.disk.files {
			if !a.must(f) || !f.wasThroughout(a.at) || f.touched.After(a.at) {
				continue
			}
			last := f.history[len(f.history)-1].sum
			if !w.wasWritten(a, last) && !slices.ContainsFunc(rows, func(j ledger.Job) bool {
				return j.Transfer == a.id && w.disk.fileAt(j.Source) == f &&
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
				for _, n := range x.names(f) {
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
