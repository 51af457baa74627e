package ledger

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"inboxuploader/uploader/scan"
)

// maxCopies is the highest number tried in the name of a file that must not replace another.
const maxCopies = 99

// compressed lists the extensions that follow another one: "reads (2).fastq.gz" still opens as what
// it is.
var compressed = []string{".gz", ".bz2", ".xz", ".zst", ".lz4"}

// copyName returns a blob's name with the copy number n before its extension; an n below 2 changes
// nothing.
func copyName(blob string, n int) string {
	if n < 2 {
		return blob
	}
	stem, ext := splitExt(blob)
	return fmt.Sprintf("%s (%d)%s", stem, n, ext)
}

// OriginalName undoes copyName.
func OriginalName(blob string, n int) string {
	if n < 2 {
		return blob
	}
	stem, ext := splitExt(blob)
	return strings.TrimSuffix(stem, fmt.Sprintf(" (%d)", n)) + ext
}

// splitExt splits a name before its extension. A dot at the start of the last segment starts no
// extension.
func splitExt(blob string) (stem, ext string) {
	folder, base := path.Split(blob)
	ext = path.Ext(base)
	if rest := strings.TrimSuffix(base, ext); slices.Contains(compressed, strings.ToLower(ext)) &&
		path.Ext(rest) != rest {
		ext = path.Ext(rest) + ext
	}
	if ext == base {
		ext = ""
	}
	return folder + strings.TrimSuffix(base, ext), ext
}

// TakeNextName gives a job the next copy name and starts the job over. It reports whether there is
// such a name.
func (j *Job) TakeNextName() bool {
	n := max(j.Copy, 1) + 1
	name := copyName(OriginalName(j.Blob, j.Copy), n)
	if units, _ := scan.MeasureName(name); n > maxCopies || units > scan.MaxNameUnits {
		return false
	}
	j.Blob, j.Copy = name, n
	j.UploadID, j.BlockSize, j.Done = [16]byte{}, 0, 0
	return true
}

// TakeOwnName gives a job its planned name back and, if that is another, starts the job over.
func (j *Job) TakeOwnName() {
	if j.Copy > 0 {
		j.Blob, j.Copy = OriginalName(j.Blob, j.Copy), 0
		j.UploadID, j.BlockSize, j.Done = [16]byte{}, 0, 0
	}
}

// HasOneName reports whether a transfer's token leads to one name and permits no other.
func (t *Transfer) HasOneName() bool { return t.Options.Scan.Inbox.OneName() }
