//go:build unix && !race

package sim

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/receipt"
	"inboxuploader/uploader/scan"
)

// judgeReceipt looks whether the receipt has what was delivered.
func (w *world) judgeReceipt(p *process, rows []ledger.Job) {
	var b bytes.Buffer
	to := w.hands[0].token.Inbox
	out, err := receipt.NewWriter(&b, receipt.JSON, to)
	w.must(err)
	n := 0
	for _, t := range p.queue.Status().Transfers {
		out.Begin(t.Transfer)
		for i := range rows {
			if rows[i].Transfer == t.ID {
				w.must(out.Add(rows[i]))
				if rows[i].State == ledger.Delivered {
					n++
				}
			}
		}
	}
	w.must(out.Close())
	proven := map[string]bool{}
	w.must(p.queue.Delivered(p.ctx, nil, func(_ ledger.Transfer, j ledger.Job) error {
		proven[j.Inbox+"/"+j.Blob] = true
		return nil
	}))
	for _, t := range p.queue.Status().Transfers {
		of := int64(0)
		w.must(p.queue.Delivered(p.ctx, []int64{t.ID}, func(ledger.Transfer, ledger.Job) error {
			of++
			return nil
		}))
		if want := t.Files[ledger.Delivered] + t.Unchanged.Files; of < want && !w.forgot {
			w.breaks(1, "the receipt of upload %d has %d files, and %d are in the inbox", t.ID, of, want)
		}
	}
	for i := range rows {
		j := &rows[i]
		if j.State == ledger.Delivered && !proven[j.Inbox+"/"+j.Blob] {
			w.breaks(1, "%q was delivered, and no receipt would have it", j.Blob)
		}
	}
	var is struct {
		Files []struct{ Blob string }
	}
	if err := json.Unmarshal(b.Bytes(), &is); err != nil || len(is.Files) != n {
		w.breaks(1, "the receipt has %d files, %d were delivered: %v", len(is.Files), n, err)
	}
	w.secretless("the receipt", b.Bytes())
}

// secondRun adds all once more: what was delivered, and has not changed since, costs nothing.
func (w *world) secondRun(p *process, rows []ledger.Job) {
	if w.forgot || w.moved || w.outside {
		return
	}
	w.judgeKept(p)
	quiet := map[string]string{}                         // their sources, by name
	of, shared := map[string]string{}, map[string]bool{} // names that two files want are asked about anew
	for i := range rows {
		j := &rows[i]
		name := ledger.OriginalName(j.Blob, j.Copy)
		shared[name] = shared[name] || of[name] != "" && of[name] != j.Source
		of[name] = j.Source
	}
	for i := range rows {
		j := &rows[i]
		if j.State != ledger.Delivered || w.container(j.Inbox).name != "ws-1" ||
			shared[ledger.OriginalName(j.Blob, j.Copy)] {
			continue
		}
		for _, f := range w.disk.files {
			if w.disk.at(f.path) == j.Source && f.there && w.sentSince(j, f.touched) {
				quiet[j.Blob] = j.Source
			}
		}
	}
	for i := range rows {
		if j := &rows[i]; j.State != ledger.Delivered || quiet[j.Blob] != j.Source {
			delete(quiet, ledger.OriginalName(j.Blob, j.Copy)) // is asked about for another file
			delete(quiet, j.Blob)
		}
	}
	before := map[string]int{}
	for about, n := range w.storage.nth {
		before[about] = n
	}
	w.review(p, quiet)
	w.say("person: adds the same once more")
	adds := w.adds
	for _, a := range adds {
		if a.replace || a.id == 0 {
			return
		}
	}
	for _, a := range adds {
		if w.throughLinks(a) || a.inbox.Container != "ws-1" {
			continue // what a person names is followed; and another inbox knows nothing
		}
		if _, err := p.queue.Add(p.ctx, a.inbox, a.absolute(), a.options()); err != nil {
			w.breaks(1, "the same could not be added again: %v", err)
		}
	}
	w.settled(p, "the second time")
	w.mu.Lock()
	defer w.mu.Unlock()
	for name := range quiet {
		for about, n := range w.storage.nth {
			if n > before[about] && strings.Contains(about, strconv.Quote(name)) {
				w.breaks(
					4,
					"the second run made a request for what was delivered and has not changed: %s",
					about,
				)
			}
		}
	}
}

// review looks, as a person does before they send, at what is known to be in the inbox, and what is
// told of it by inbox.
func (w *world) review(p *process, quiet map[string]string) {
	s := p.queue.Status()
	delivered := int64(0)
	for _, in := range ledger.ByInbox(s.Transfers) {
		delivered += in.Files[ledger.Delivered]
	}
	if delivered != s.Files[ledger.Delivered] {
		w.breaks(1, "%d files were delivered by inbox, %d in all", delivered, s.Files[ledger.Delivered])
	}
	if own, from := ledger.Takeover(s.Backlogs(), w.hands[0].token.Inbox); own || len(from) > 0 {
		w.breaks(6, "something still waits for %s", w.hands[0].token.Inbox)
	}
	if n := p.queue.LeftToOthers(ledger.Command{Verb: ledger.Retry}); n > 0 {
		w.breaks(1, "%d uploads are said to be another process's, and there is none", n)
	}
	var ids []int64
	for i := range s.Transfers {
		ids = append(ids, s.Transfers[i].ID)
	}
	if _, err := p.queue.LookAtYoung(p.ctx, ids...); err != nil {
		w.breaks(1, "young files could not be looked at: %v", err)
	}
	for _, a := range w.adds {
		if a.inbox.Container != "ws-1" {
			continue
		}
		sent, err := p.queue.Sent(p.ctx, a.inbox.Key())
		w.must(err)
		o := a.options().Scan
		o.Inbox = a.inbox
		_, err = scan.Files(p.ctx, a.absolute(), o, func(found []scan.Found) error {
			for i := range found {
				has, err := sent.Has(p.ctx, &found[i])
				w.must(err)
				if name := found[i].Blob.Blob; quiet[name] == found[i].Source && !has {
					w.breaks(4, "%q was delivered and has not changed, and is not known to be there", name)
				}
			}
			return nil
		})
		w.must(err)
	}
}

// judgeKept looks whether the inboxes that are kept under names are those that a person has kept.
func (w *world) judgeKept(p *process) {
	j := p.list.disk
	if j == nil || p.dead.Load() {
		return
	}
	all, err := j.Inboxes(p.ctx)
	if err != nil {
		if !p.dead.Load() && !p.gone() {
			w.breaks(1, "the kept inboxes can't be read: %v", err)
		}
		return
	}
	for _, r := range all {
		if known, ok := w.kept[r.Name]; !ok || known.ID != r.ID || known.Inbox != r.Inbox ||
			known.Fingerprint != r.Fingerprint {
			w.breaks(1, "the inbox %q is not the one that was kept: %+v", r.Name, r)
		}
	}
	if len(all) != len(w.kept) && !w.unkept {
		w.breaks(1, "%d inboxes are kept, and %d were", len(all), len(w.kept))
	}
}

// sentSince reports whether all that was sent of a delivered file was read after a moment.
func (w *world) sentSince(j *ledger.Job, moment time.Time) bool {
	all := w.container(j.Inbox).effects[j.Blob]
	for _, e := range all {
		if e.crc64 == j.CRC64 && !e.theirs {
			return e.begun.Add(-readBefore).After(moment) || moment.Before(w.adds[0].at)
		}
	}
	return false
}

// end ends all that is running, and looks at what is left.
func (w *world) end() {
	for n, p := range w.alive {
		if p != nil {
			p.close()
			w.alive[n] = nil
		}
	}
	w.writers.Wait()
	w.late.Wait()
	w.funerals.Wait()
	w.secretless("the log", w.logs.b.Bytes())
	for _, line := range w.story {
		w.secretless("the story", []byte(line))
	}
	_ = filepath.WalkDir(
		filepath.Join(w.dir, "state"),
		func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				data, _ := os.ReadFile(p)
				w.secretless("the list's folder", data)
			}
			return nil
		},
	)
	w.openFiles()
}

// secretless looks whether something that is kept or shown holds a token's signature.
func (w *world) secretless(what string, data []byte) {
	for _, i := range w.tokens {
		if bytes.Contains(data, []byte(i.secret)) {
			w.breaks(7, "%s holds a token's signature", what)
		}
	}
}

// openFiles looks whether a file of this world is still open.
func (w *world) openFiles() {
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, e := range all {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil &&
			strings.HasPrefix(to, w.dir+"/") {
			w.breaks(8, "still open: %s", strings.TrimPrefix(to, w.dir))
		}
	}
}
