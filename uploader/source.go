package uploader

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// version is what tells whether a file is still the one that was planned.
type version struct {
	size    int64
	modTime time.Time
	id      FileID
	changed time.Time // what changed last of it, be it its times; zero where the system does not tell
}

// versionOf returns a file's version. Without f, which may be nil, some systems don't tell its last change.
func versionOf(f *os.File, fi fs.FileInfo) version {
	return version{fi.Size(), fi.ModTime(), fileIDOf(fi), changeTime(f, fi)}
}

// same reports whether nothing tells the two apart. Where one has no file id, size and time decide.
func (v version) same(w version) bool {
	return v.size == w.size && v.modTime.Equal(w.modTime) && (v.id == w.id || v.id == FileID{} || w.id == FileID{})
}

// touchedSince reports whether something of the file has changed since that moment. Programs that put the modification time back after
// they wrote, as those do that keep encrypted disks in files, are told by this alone. It may as well be the file's rights.
func (v version) touchedSince(moment time.Time) bool {
	return !v.changed.IsZero() && !moment.IsZero() && v.changed.After(moment)
}

// openSource opens a file that several goroutines read, and returns what it is now. Errors are ErrSource.
func openSource(path string) (*os.File, version, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, version{}, openError(path, err)
	}
	fi, err := f.Stat()
	if err == nil && !fi.Mode().IsRegular() {
		err = fs.ErrInvalid
	}
	if err != nil {
		_ = f.Close()
		return nil, version{}, sourceError("open", path, err)
	}
	return f, versionOf(f, fi), nil
}

// lookAgain returns what stands at the path now.
func lookAgain(path string) (version, error) {
	if changeTimeByFile {
		f, now, err := openSource(path)
		if err == nil {
			_ = f.Close() // nothing was read
		}
		return now, err
	}
	fi, err := os.Stat(path)
	if err != nil {
		return version{}, sourceError("stat", path, err)
	}
	return versionOf(nil, fi), nil
}

// errCrowded says that a file can't be opened because too many are open, connections among them. It says nothing about the file.
var errCrowded = errors.New("too many open files")

// isCrowded reports whether something can't be opened because too many files are open.
func isCrowded(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// openError is sourceError for opening a file that is to be sent.
func openError(path string, err error) error {
	if isCrowded(err) {
		return errCrowded
	}
	return sourceError("open", path, err)
}

// sourceError turns an error of the file system into one of ErrSource whose words a person understands.
func sourceError(op, path string, err error) *Error {
	if errors.Is(err, fs.ErrNotExist) {
		return NewError(op, path, SourceGone)
	}
	e := NewError(op, path, SourceUnreadable)
	switch {
	case errors.Is(err, fs.ErrPermission):
		e.Value = valueNoRight
	case errors.Is(err, fs.ErrInvalid):
		e.Value = valueNoFile
	default:
		e.Value = valueDiskSays
	}
	return e
}

// changedWhileRead says that fewer bytes were there than planned: at the end of the file it has shrunk, else it can't be
// read.
func changedWhileRead(err error) *Error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return NewError("read", "", SourceChanged)
	}
	return sourceError("read", "", err)
}

// readBlock fills the buffer from the offset on. With an empty one it makes sure that the file is empty: some that systems make up, as
// those below /proc, only say so.
func readBlock(f io.ReaderAt, buf []byte, offset int64) error {
	if len(buf) == 0 {
		if n, _ := f.ReadAt(make([]byte, 1), offset); n > 0 {
			return NewError("read", "", SourceChanged)
		}
		return nil
	}
	if n, err := f.ReadAt(buf, offset); n < len(buf) {
		return changedWhileRead(err)
	}
	return nil
}

// hashSection returns the checksum of a part of a file, read through the buffer.
func hashSection(f io.ReaderAt, offset, length int64, buf []byte) (uint64, error) {
	var crc uint64
	for length > 0 {
		part := buf[:min(int64(len(buf)), length)]
		if err := readBlock(f, part, offset); err != nil {
			return 0, err
		}
		crc = combineCRC64(crc, checksum(part), int64(len(part)))
		offset += int64(len(part))
		length -= int64(len(part))
	}
	return crc, nil
}
