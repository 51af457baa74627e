//go:build !linux

package source

import "os"

// Small is an open file that one goroutine reads in one go.
type Small struct{ file *os.File }

// OpenSmall is [Path.Open] for what is read in one go. What was opened may be no file: Stat says
// so.
func (p Path) OpenSmall() (Small, error) {
	f, _, err := p.openFile()
	if err != nil {
		return Small{}, p.orReplaced(err)
	}
	return Small{f}, nil
}

// ReadAt implements io.ReaderAt.
func (s Small) ReadAt(b []byte, offset int64) (int, error) { return s.file.ReadAt(b, offset) }

// Stat returns what the file is now.
func (s Small) Stat() (Info, error) { return infoOf(handle(s.file.Fd())) }

// Close closes the file, of which nothing but a read could fail.
func (s Small) Close() { _ = s.file.Close() }
