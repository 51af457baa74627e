//go:build unix && !race

package sim

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

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
	if l := w.ledger; w.plan.profile == calm && !l.any && w.plan.config.blockSize != 0 &&
		!w.emptied {
		need := int64(0)
		for _, f := range w.disk.files {
			for _, a := range w.adds {
				need += int64(len(f.content) * len(a.names(f)))
			}
		}
		if sent := w.storage.received; sent > need+l.again {
			w.breaks(
				4,
				"%d bytes were sent for %d, and %d were under way at faults and kills",
				sent,
				need,
				l.again,
			)
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
		w.breaks(
			1,
			"job %d, %q, is %v (%s): "+format,
			append([]any{j.ID, j.Blob, j.State, reason}, args...)...)
	}
	c := w.container(j.Inbox)
	switch j.State {
	case ledger.Delivered:
		all := c.effects[j.Blob]
		at := slices.IndexFunc(all,
			func(e effect) bool { return e.crc64 == j.CRC64 && int64(e.size) == j.Size })
		switch {
		case at < 0:
			says("the inbox never had that")
		case w.isWanted(c, j.Blob):
		default:
			at = lastOf(all, all[at].sum)
			if all[at].at.After(c.emptied) && at+1 < len(all) && w.isAnother(all[at].sum, all[at+1].sum) {
				says("another file has replaced it since")
			}
		}
		return
	case ledger.LeftAlone:
		w.leftAlone(j, c, rows, says)
	case ledger.Attention:
		w.attention(j, reason, says)
	case ledger.Cancelled:
		if j.Blob != "" {
			says("a person tried all again")
		}
	default:
		says("it should have ended otherwise by now")
	}
	if j.Problem != nil && j.State != ledger.Cancelled {
		if why := w.untrue(j, rows); why != "" {
			says("%s; a person reads: %s", why, problem.Explain(j.Problem))
		}
	}
}

// lastOf returns the last place of a content among what was written.
func lastOf(all []effect, s sum) (at int) {
	for i := range all {
		if all[i].sum == s {
			at = i
		}
	}
	return at
}

// container returns where an inbox is, named by its key.
func (w *world) container(inbox string) *container {
	for name, c := range w.storage.containers {
		if strings.Contains(inbox, "/"+name) {
			return c
		}
	}
	panic("an inbox that nobody has")
}

// leftAlone looks whether it is true that a file's name is another's.
func (w *world) leftAlone(
	j *ledger.Job,
	c *container,
	rows []ledger.Job,
	says func(string, ...any),
) {
	all := c.effects[j.Blob]
	if len(all) == 0 {
		says("nobody ever wrote under that name")
		return
	}
	if w.jumped > 0 && len(w.ledger.killed) > 0 {
		return // when it was in doubt is known by a clock that was wrong
	}
	if last := all[len(all)-1]; !last.theirs && w.isNowIn(j.Source, last.sum) && !w.forgot &&
		!w.moved &&
		!w.plan.config.createOnly {
		for i := range rows {
			if o := &rows[i]; o.ID != j.ID && o.Blob == j.Blob && o.Inbox == j.Inbox &&
				(o.State == ledger.Delivered || o.State == ledger.Cancelled) {
				return
			}
		}
		if w.hasReceived("c") || w.uncertain(j.Blob, last.at) && w.hasSibling(j, rows) {
			return // what is there may be the other file's
		}
		says("what is there is this very file, sent by nobody else")
	}
}

// hasSibling reports whether another file goes to the same name.
func (w *world) hasSibling(j *ledger.Job, rows []ledger.Job) bool {
	return slices.ContainsFunc(rows, func(o ledger.Job) bool {
		return o.Source != j.Source && o.Inbox == j.Inbox && o.Blob == j.Blob
	})
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
		if w.disk.fileAt(source) == f && f.there && f.history[len(f.history)-1].sum == s {
			return true
		}
	}
	return false
}

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
	case problem.SourceLinked:
		if !w.throughLink(j.Source) && (err != nil || fi.Mode().IsRegular()) {
			says("no link is on the way to it")
		}
	case problem.SourceReplaced:
		if err != nil || fi.Mode().IsRegular() {
			says("it is a file, or is not there")
		}
	case problem.SourceIsFolder:
		fi, err := os.Stat(j.Source)
		if err != nil || !fi.IsDir() {
			says("it is no folder")
		}
	case problem.SourceNotAFile:
		if err != nil || fi.Mode().IsRegular() || fi.IsDir() {
			says("it is a file or a folder")
		}
	case problem.NameTaken, problem.NameTakenAccents: // see untrue
	case problem.NameDots:
		if strings.Trim(filepath.Base(j.Source), ".") != "" {
			says("its name is none of dots alone")
		}
	case problem.NameTooLong:
		if len(j.Source) < 1000 {
			says("its name is not long")
		}
	case problem.NameTooDeep:
		if strings.Count(j.Source, "/") < 250 {
			says("it does not lie deep")
		}
	case problem.OneFileOnly:
		if !strings.HasSuffix(j.Inbox, "/only.dat") && !w.moved { // what had no name there gets none elsewhere
			says("the token is for more than one file")
		}
	case problem.AlreadyThereByUs:
		if len(w.ledger.lost[j.Blob]) == 0 && len(w.ledger.killed) == 0 {
			says("no answer about it was lost")
		}
	case problem.MayNotReplace,
		problem.NameLocked,
		problem.PermissionCreateOnly,
		problem.TooLargeCreateOnly:
		if !w.hasReceived("c") {
			says("the token permits it")
		}
	default:
		says("that is over")
	}
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
