package uploadertest

import (
	varint "encoding/binary"

	"inboxuploader/uploader/ledger"
)

// FactsOfBefore returns a batch's facts as a version of this program wrote them that did not keep
// where files lie.
func FactsOfBefore(facts []byte) []byte {
	jobs, ok := ledger.DecodeFacts(facts)
	if !ok {
		return nil
	}
	old := varint.AppendUvarint([]byte{1}, uint64(len(jobs)))
	text := func(before, s string) { // what both begin with, then the rest
		n := 0
		for n < min(len(before), len(s)) && before[n] == s[n] {
			n++
		}
		old = varint.AppendUvarint(varint.AppendUvarint(old, uint64(n)), uint64(len(s)-n))
		old = append(old, s[n:]...)
	}
	var last ledger.Job
	for _, j := range jobs {
		text(last.Source, j.Source)
		text(last.Blob, j.Blob)
		old = varint.AppendUvarint(old, uint64(j.Size))
		if j.ModTime.IsZero() {
			old = append(old, 0)
		} else {
			old = varint.AppendVarint(append(old, 1), j.ModTime.Unix())
			old = varint.AppendUvarint(old, uint64(j.ModTime.Nanosecond()))
		}
		old = varint.AppendUvarint(varint.AppendUvarint(old, j.FileID.Device), j.FileID.Index)
		last = j
	}
	return old
}
