package ledger

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"inboxuploader/uploader/scan"
)

// maxCopies bounds the names that are tried for a file that must not replace another.
const maxCopies = 99

// compressed are the extensions that stand behind another one: "reads (2).fastq.gz" still opens as
// what it is.
var compressed = []string{".gz", ".bz2", ".xz", ".zst", ".lz4"}

// copyName returns a blob's name with the number of a copy in front of its extension; a number
// below 2 changes nothing.
func copyName(blob string, n int) string {
	if n < 2 {
		return blob
	}
	stem, ext := splitExt(blob)
	return fmt.Sprintf("%s (%d)%s", stem, n, ext)
}

// OriginalName takes from a name what copyName put into it.
func OriginalName(blob string, n int) string {
	if n < 2 {
		return blob
	}
	stem, ext := splitExt(blob)
	return strings.TrimSuffix(stem, fmt.Sprintf(" (%d)", n)) + ext
}

// splitExt parts a name before its extension. A dot at the beginning of the last segment begins
// none.
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

// TakeNextName gives a job the next name beside its present one, under which it is sent from its
// beginning, and reports whether there is one.
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

// TakeOwnName gives a job the name back that it was planned with. It is then sent from its
// beginning.
func (j *Job) TakeOwnName() {
	if j.Copy > 0 {
		j.Blob, j.Copy = OriginalName(j.Blob, j.Copy), 0
		j.UploadID, j.BlockSize, j.Done = [16]byte{}, 0, 0
	}
}

// HasOneName reports whether a transfer's token leads to one name and permits no other.
func (t *Transfer) HasOneName() bool { return t.Options.Scan.Inbox.OneName() }
