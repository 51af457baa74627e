package uploader

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
)

// maxCopies bounds the names that are tried for a file that must not replace another.
const maxCopies = 99

// compressed are the extensions that stand behind another one: "reads (2).fastq.gz" still opens as what it is.
var compressed = []string{".gz", ".bz2", ".xz", ".zst", ".lz4"}

// copyName returns a blob's name with the number of a copy in front of its extension; a number below 2 changes nothing.
func copyName(blob string, n int) string {
	if n < 2 {
		return blob
	}
	stem, ext := splitExt(blob)
	return fmt.Sprintf("%s (%d)%s", stem, n, ext)
}

// originalName takes from a name what copyName put into it.
func originalName(blob string, n int) string {
	if n < 2 {
		return blob
	}
	stem, ext := splitExt(blob)
	return strings.TrimSuffix(stem, fmt.Sprintf(" (%d)", n)) + ext
}

// splitExt parts a name before its extension. A dot at the beginning of the last segment begins none.
func splitExt(blob string) (stem, ext string) {
	folder, base := path.Split(blob)
	ext = path.Ext(base)
	if rest := strings.TrimSuffix(base, ext); slices.Contains(compressed, strings.ToLower(ext)) && path.Ext(rest) != rest {
		ext = path.Ext(rest) + ext
	}
	if ext == base {
		ext = ""
	}
	return folder + strings.TrimSuffix(base, ext), ext
}

// takeNextName gives a job the next name beside its present one, under which it is sent from its beginning, and reports whether there is
// one.
func (j *Job) takeNextName() bool {
	n := max(j.Copy, 1) + 1
	name := copyName(originalName(j.Blob, j.Copy), n)
	if units, _ := scan.MeasureName(name); n > maxCopies || units > scan.MaxNameUnits {
		return false
	}
	j.Blob, j.Copy = name, n
	j.UploadID, j.BlockSize, j.Done = [16]byte{}, 0, 0
	return true
}

// takeOwnName gives a job the name back that it was planned with. It is then sent from its beginning.
func (j *Job) takeOwnName() {
	if j.Copy > 0 {
		j.Blob, j.Copy = originalName(j.Blob, j.Copy), 0
		j.UploadID, j.BlockSize, j.Done = [16]byte{}, 0, 0
	}
}

// hasOneName reports whether a transfer's token is for one file, so that it leads to one name.
func (t *Transfer) hasOneName() bool { return t.Options.Scan.Inbox.Blob != "" }

// keepBoth gives a job whose name is taken the next name, under which it is sent from its beginning, and reports whether it could.
// Where no name is left, the job has its own again. The caller holds the lock.
func (q *Queue) keepBoth(u unit, e *problem.Error) bool {
	j := u.job
	switch {
	case !j.KeepBoth, j.inbox.token.Inbox.Blob != "": // a token for one file leads to one name
		return false
	case e.Reason == problem.AlreadyThere, e.Reason == problem.WrittenOtherwise:
	case e.Reason == problem.ForeignBlocks && j.doubt != lost: // a commit may have been answered by nobody
	case (e.Reason == problem.MayNotReplace || e.Reason == problem.NameLocked) && j.doubt == none: // else it may be this very file
	default:
		return false
	}
	if !j.takeNextName() {
		j.takeOwnName()
		return false
	}
	j.doubt, j.doubtful, j.until = none, moment{}, moment{}
	q.index.plan(j.Job, nil)
	if u.kind == sendWhole {
		j.inbox.ready = append(j.inbox.ready, u)
		return true
	}
	j.next = len(j.acked) // hands out no more blocks
	j.plan++
	j.again = true
	return true
}

// haveName makes sure of a job's name before the first request is made under it: one that keepBoth gave has to be in the journal, or the
// file would be sent under the next one after a crash. It blocks on the journal.
func (q *Queue) haveName(j *job) error {
	if j.Copy > 0 && q.index.pay(q.ctx) != nil {
		return errAgain // nothing is handed out while the journal can't be written
	}
	return nil
}
