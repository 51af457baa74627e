//go:build unix

package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/receipt"
)

// look is what must hold after every event.
func (w *world) look() {
	for _, p := range w.alive {
		if p == nil || p.dead.Load() {
			continue
		}
		s := p.queue.Status()
		if share := s.Share(); share < 0 || share > 1 || s.BytesLeft() < 0 || s.BytesSent < s.BytesResent || s.Busy < 0 {
			w.breaks(1, "process %d says impossible things: %+v", p.n, s)
		}
		if share := s.Share(); share == 1 && s.FilesLeft() > 0 {
			w.breaks(1, "process %d says that all is done, and %d files are left", p.n, s.FilesLeft())
		}
		if w.alive[1] == nil {
			w.agree(p)
		}
	}
}

// agree looks whether totals are those of the rows.
func (w *world) agree(p *process) []ledger.Job {
	rows, err := p.queue.Rows(p.ctx, ledger.Filter{}, 0, 10_000)
	if err != nil {
		return nil
	}
	s := p.queue.Status()
	var files, sizes ledger.Counts
	for i := range rows {
		files[rows[i].State]++
		sizes[rows[i].State] += rows[i].Size
	}
	var of ledger.Counts
	for i := range s.Transfers {
		for state, n := range s.Transfers[i].Files {
			of[state] += n
		}
	}
	for state := range files {
		if x := ledger.JobState(state); !x.Hidden() && (files[state] != s.Files[state] || of[state] != s.Files[state]) {
			w.breaks(1, "%d files are %v by the rows, %d by the totals, %d by the uploads'", files[state], x, s.Files[state], of[state])
		} else if !x.Hidden() && sizes[state] != s.Bytes[state] {
			w.breaks(1, "files that are %v have %d bytes by the rows, %d by the totals", x, sizes[state], s.Bytes[state])
		}
	}
	return rows
}

// mend ends all faults, and has a person do what the program asks for. All must come to its end
// within an hour, twice: what goes on by itself, and what a person has to act on.
func (w *world) mend() {
	w.mu.Lock()
	w.storage.mended, w.storage.rules = true, nil
	for _, c := range w.storage.containers {
		clear(c.locked)
	}
	w.mu.Unlock()
	w.fullUntil, w.busyUntil = time.Time{}, time.Time{}
	for _, p := range w.alive {
		if p != nil {
			p.mu.Lock()
			p.strike = [5]int{}
			p.mu.Unlock()
		}
	}
	w.say("all faults end")
	w.writers.Wait()
	w.late.Wait()
	for n, p := range w.alive {
		if p != nil && p.dead.Load() {
			w.reap(n)
		}
	}
	if w.alive[0] == nil {
		w.start(0)
	}
	for _, name := range []string{"ws-1", "ws-2"} {
		w.take(w.issue(name, "cw", 24*time.Hour))
	}
	if len(w.broken) > 0 {
		return
	}
	for _, p := range w.alive {
		if p != nil {
			p.acts.Wait()
			w.settled(p, "by itself")
		}
	}
	if w.alive[1] == nil {
		w.judgeWaits(w.alive[0])
	} else {
		w.alive[1].close()
		w.alive[1] = nil
	}
	p := w.alive[0]
	p.queue.Limit(0)
	p.queue.Connect(4)
	p.adopt()
	for _, v := range []ledger.Verb{ledger.Resume, ledger.Retry} {
		w.say("person: %s all", v)
		if _, err := p.queue.Do(p.ctx, ledger.Command{Verb: v}); err != nil {
			w.breaks(6, "%s of all failed: %v", v, err)
		}
	}
	p.adopt()
	w.settled(p, "after all was mended")
}

// judgeWaits looks, before a person does anything, whether something waits for one whose cause is
// over.
func (w *world) judgeWaits(p *process) {
	rows, err := p.queue.Rows(p.ctx, ledger.Filter{States: []ledger.JobState{ledger.Attention, ledger.Failed}}, 0, 1000)
	w.must(err)
	for i := range rows {
		j := &rows[i]
		switch reason := reasonOf(j); reason {
		case problem.SourceGone, problem.SourceAway, problem.SourceUnreadable:
			for _, f := range w.disk.files {
				if w.disk.at(f.path) == j.Source && f.wasThroughout(w.began.Add(time.Nanosecond)) {
					w.breaks(6, "job %d, %q, waits for a person (%s), and its file was only away", j.ID, j.Blob, reason)
				}
			}
		case problem.Unexpected, problem.ServiceBusy, problem.ServiceFault, problem.NetworkDown, problem.NoProgress,
			problem.AnswerForeign, problem.AnswerGarbled, problem.Expired, problem.SignatureRefused:
			w.breaks(6, "job %d, %q, is %v and waits for a person: %s", j.ID, j.Blob, j.State, reason)
		}
	}
}

// settled waits until a process has nothing more to do.
func (w *world) settled(p *process, when string) {
	begun := time.Now()
	err := p.await()
	w.say("process %d has nothing more to do %s (%v): %v", p.n, when, time.Since(begun).Round(time.Second), err)
	switch {
	case errors.Is(err, errHour):
		w.breaks(8, "process %d has not come to an end %s", p.n, when)
		for _, line := range w.rows(p) {
			w.say("  %s", line)
		}
	case err != nil:
		w.breaks(6, "process %d waits for a person %s: %v", p.n, when, err)
	}
}

// rows tells of all files, a line each.
func (w *world) rows(p *process) (lines []string) {
	rows, err := p.queue.Rows(p.ctx, ledger.Filter{}, 0, 1000)
	w.must(err)
	for i := range rows {
		j := &rows[i]
		lines = append(lines, fmt.Sprintf("job %d of upload %d, %q: %v %s", j.ID, j.Transfer, j.Blob, j.State, reasonOf(j)))
	}
	return lines
}

// reasonOf returns why a job is as it is, empty where there is nothing to say.
func reasonOf(j *ledger.Job) problem.Reason {
	if j.Problem == nil {
		return ""
	}
	return j.Problem.Reason
}

// judge is what must hold at the end.
func (w *world) judge() {
	p := w.alive[0]
	rows := w.agree(p)
	for i := range rows {
		w.judgeRow(&rows[i], rows)
	}
	w.judgeScans(p, rows)
	w.judgeBlobs(rows)
	w.judgeFiles(rows)
	w.judgeReceipt(p, rows)
	if l := w.ledger; w.plan.profile == calm && !l.any && w.plan.config.blockSize != 0 && !w.emptied {
		need := int64(0)
		for _, f := range w.disk.files {
			for _, a := range w.adds {
				need += int64(len(f.content) * len(a.names(f.path)))
			}
		}
		if sent := w.storage.received; sent > need+l.again {
			w.breaks(4, "%d bytes were sent for %d, and %d were under way at faults and kills", sent, need, l.again)
		}
	}
	if len(w.broken) == 0 {
		w.secondRun(p, rows)
	}
}

// judgeRow looks whether what a row says is true.
func (w *world) judgeRow(j *ledger.Job, rows []ledger.Job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	reason := reasonOf(j)
	says := func(format string, args ...any) {
		w.breaks(1, "job %d, %q, is %v (%s): "+format, append([]any{j.ID, j.Blob, j.State, reason}, args...)...)
	}
	c := w.container(j.Inbox)
	switch j.State {
	case ledger.Delivered:
		for _, e := range c.effects[j.Blob] {
			if e.crc64 == j.CRC64 && int64(e.size) == j.Size {
				return
			}
		}
		says("the inbox never had that")
	case ledger.LeftAlone:
		w.leftAlone(j, c, rows, says)
	case ledger.Attention:
		w.attention(j, reason, says)
	case ledger.Cancelled:
	default:
		says("it should have ended otherwise by now")
	}
}

func (w *world) container(inbox string) *container {
	return w.storage.containers[inbox[strings.LastIndex(inbox, "/")+1:]]
}

// leftAlone looks whether it is true that a file's name is another's.
func (w *world) leftAlone(j *ledger.Job, c *container, rows []ledger.Job, says func(string, ...any)) {
	all := c.effects[j.Blob]
	if len(all) == 0 {
		says("nobody ever wrote under that name")
		return
	}
	if last := all[len(all)-1]; !last.theirs && w.isNowIn(j.Source, last.sum) && !w.forgot && !w.moved && !w.plan.config.createOnly {
		for i := range rows {
			if o := &rows[i]; o.ID != j.ID && o.Blob == j.Blob && o.Inbox == j.Inbox && (o.State == ledger.Delivered || o.State == ledger.Cancelled) {
				return
			}
		}
		if w.hasReceived("c") {
			return
		}
		says("what is there is this very file, sent by nobody else")
	}
}

// hasReceived reports whether a token of these rights was ever used.
func (w *world) hasReceived(rights string) bool {
	for _, i := range w.tokens {
		if i.token.Rights.Letters == rights {
			return true
		}
	}
	return false
}

// isNowIn reports whether a file has the content.
func (w *world) isNowIn(source string, s sum) bool {
	for _, f := range w.disk.known[s] {
		if w.disk.at(f.path) == source && f.there && f.history[len(f.history)-1].sum == s {
			return true
		}
	}
	return false
}

// attention looks whether a person has reason to act. What is there no more is so; nothing else
// stands in the way any longer.
func (w *world) attention(j *ledger.Job, reason problem.Reason, says func(string, ...any)) {
	fi, err := os.Lstat(j.Source)
	switch reason {
	case problem.SourceMissing: // it was, when it was named, and has to be named again
		if !w.wasMissing(j.Source) {
			says("it was there")
		}
	case problem.SourceGone:
		if err == nil && !w.throughLink(j.Source) {
			says("it is there")
		}
	case problem.SourceLinked, problem.SourceReplaced:
		if !w.throughLink(j.Source) && (err != nil || fi.Mode().IsRegular()) {
			says("no link is on the way to it")
		}
	case problem.NameTaken, problem.NameTakenAccents:
	case problem.AlreadyThereByUs:
		if len(w.ledger.lost[j.Blob]) == 0 && len(w.ledger.killed) == 0 {
			says("no answer about it was lost")
		}
	case problem.MayNotReplace, problem.NameLocked, problem.PermissionCreateOnly, problem.TooLargeCreateOnly:
		if !w.hasReceived("c") {
			says("the token permits it")
		}
	default:
		says("that is over")
	}
}

// wasMissing reports whether what a person named was not there at that moment.
func (w *world) wasMissing(path string) bool {
	for _, a := range w.adds {
		for _, root := range a.missing {
			if w.disk.at(root) == path {
				return true
			}
		}
	}
	return false
}

// throughLink reports whether a link is on the way to a path.
func (w *world) throughLink(path string) bool {
	for p := path; len(p) > len(w.dir); p = filepath.Dir(p) {
		if fi, err := os.Lstat(p); err == nil && fi.Mode()&fs.ModeSymlink != 0 {
			return true
		}
	}
	return false
}

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
		if n > most && !w.outside {
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
			if a.id != t.ID || len(a.missing) > 0 {
				continue
			}
			for _, f := range w.disk.files {
				if len(a.names(f.path)) > 0 && f.wasThroughout(a.at) && per[t.ID][w.disk.at(f.path)] == 0 {
					missing++
				}
			}
		}
		if missing > t.UnchangedFiles() {
			w.breaks(1, "upload %d lacks %d files, of which %d were unchanged", t.ID, missing, t.UnchangedFiles())
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
	if w.forgot || w.renamed {
		return
	}
	replace, both := false, false // who keeps both, and replaces then, has both
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
			if other := seen[last.sum]; other != "" && last.size > 0 && (!replace || !both) && !w.differ(name, other) {
				w.breaks(3, "one file stands under two names in %s: %q and %q", c.name, name, other)
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

// judgeFiles looks whether each file that has not changed since it was added is in the inbox, or has
// a row that says why not.
func (w *world) judgeFiles(rows []ledger.Job) {
	if w.forgot || w.moved || w.outside || w.emptied {
		return
	}
	for _, a := range w.adds {
		if a.id == 0 || len(a.missing) > 0 {
			continue
		}
		for _, f := range w.disk.files {
			if len(a.names(f.path)) == 0 || !f.wasThroughout(a.at) || f.touched.After(a.at) {
				continue
			}
			last := f.history[len(f.history)-1].sum
			if !w.wasWritten(a, last) && !slices.ContainsFunc(rows, func(j ledger.Job) bool {
				return j.Transfer == a.id && j.Source == w.disk.at(f.path) && j.State != ledger.Delivered
			}) {
				w.breaks(1, "%q is not in the inbox as it was added to upload %d, and no row says why", f.path, a.id)
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
	quiet := map[string]bool{}
	for i := range rows {
		j := &rows[i]
		if j.State != ledger.Delivered || w.container(j.Inbox).name != "ws-1" {
			continue
		}
		for _, f := range w.disk.files {
			if w.disk.at(f.path) == j.Source && f.there && w.sentSince(j, f.touched) {
				quiet[j.Blob] = true
			}
		}
	}
	before := map[string]int{}
	for about, n := range w.storage.nth {
		before[about] = n
	}
	w.say("person: adds the same once more")
	adds := w.adds
	for _, a := range adds {
		if a.replace || a.id == 0 {
			return
		}
	}
	for _, a := range adds {
		var roots []string
		for _, r := range a.roots {
			roots = append(roots, w.disk.at(r))
		}
		o := ledger.AddOptions{KeepBoth: a.both}
		o.Scan.Recursive = true
		if _, err := p.queue.Add(p.ctx, a.inbox, roots, o); err != nil {
			w.breaks(1, "the same could not be added again: %v", err)
		}
	}
	w.settled(p, "the second time")
	w.mu.Lock()
	defer w.mu.Unlock()
	for name := range quiet {
		for about, n := range w.storage.nth {
			if n > before[about] && strings.Contains(about, strconv.Quote(name)) {
				w.breaks(4, "the second run made a request for what was delivered and has not changed: %s", about)
			}
		}
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
	_ = filepath.WalkDir(filepath.Join(w.dir, "state"), func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			data, _ := os.ReadFile(p)
			w.secretless("the list's folder", data)
		}
		return nil
	})
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
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, w.dir+"/") {
			w.breaks(8, "still open: %s", strings.TrimPrefix(to, w.dir))
		}
	}
}
