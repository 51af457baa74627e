package manifest

import (
	"fmt"
	"io"
	"iter"
	"maps"
	"os"

	"inboxuploader/internal/sums"
	"inboxuploader/uploader/source"
)

// Expected is what a manifest says that files below a folder are. Its methods may be called from
// any goroutine.
type Expected struct {
	of    source.Hashes
	files map[string]source.Sums // by path below the folder, with slashes
}

// ReadExpected reads a manifest, in whichever form sha256sum and md5sum read. It blocks on the
// disk, and holds all of it in memory. Errors are the disk's, and a [*sums.LineError].
func ReadExpected(path string) (*Expected, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	return ParseExpected(f)
}

// ParseExpected is ReadExpected of a manifest that is read already. Errors are the reader's, and a
// [*sums.LineError].
func ParseExpected(r io.Reader) (*Expected, error) {
	e := &Expected{files: map[string]source.Sums{}}
	for line, err := range sums.Read(r) {
		if err != nil {
			return nil, fmt.Errorf("read manifest: %w", err)
		}
		s := e.files[line.Name]
		if line.IsMD5() {
			e.of |= source.MD5
			s.MD5 = string(line.Sum)
		} else {
			e.of |= source.SHA256
			s.SHA256 = string(line.Sum)
		}
		e.files[line.Name] = s
	}
	return e, nil
}

// Hashes returns the hashes that it has.
func (e *Expected) Hashes() source.Hashes { return e.of }

// Names are the paths of the files that it names, in no order.
func (e *Expected) Names() iter.Seq[string] { return maps.Keys(e.files) }

// Has reports whether it names a file.
func (e *Expected) Has(below string) bool {
	_, ok := e.files[below]
	return ok
}

// Len returns how many files it names.
func (e *Expected) Len() int { return len(e.files) }

// Is reports whether a file with these hashes is what it says: each of its hashes that is listed
// has to be the same.
func (e *Expected) Is(below string, s source.Sums) bool {
	want, ok := e.files[below]
	return ok && (want.MD5 == "" || want.MD5 == s.MD5) &&
		(want.SHA256 == "" || want.SHA256 == s.SHA256)
}
