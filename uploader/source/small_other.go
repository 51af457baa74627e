//go:build !linux

package source

import "os"

// Small is an open file that one goroutine reads in one go.
type Small struct{ file *os.File }

// OpenSmall is [Path.Open] for a file that is read in one go. The result may not be a file: ask
// Stat.
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

// Close closes the file. It can't fail: the file was only read.
func (s Small) Close() { _ = s.file.Close() }
