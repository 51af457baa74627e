package scan

import (
	"errors"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// MadeUp returns why a found file has no content of its own to send, such as those below /proc and
// /sys, or nil. It reads the file if it has the size of such files, and blocks on the disk for it.
// The queue reports a file that can't be read.
func (f *Found) MadeUp() *problem.Error {
	if f.Size != 0 && f.Size != source.MadeUpSize {
		return nil
	}
	file, info, err := f.At.Open()
	if err != nil {
		return nil // see above
	}
	defer func() { _ = file.Close() }() // it was only read
	planned := source.Version{Size: f.Size, ModTime: f.ModTime, ID: f.ID}
	err = source.OrMadeUp(f.Source, planned, source.VersionOf(info),
		source.ReadBlock(file, make([]byte, f.Size), 0))
	if e, ok := errors.AsType[*problem.Error](err); ok && e.Reason == problem.SourceNotAFile {
		return e
	}
	return nil
}

// IsFolder reports whether f is a folder to send as such, without content: nothing else has no
// time.
func (f *Found) IsFolder() bool {
	return f.Err == nil && f.Skip == "" && f.ModTime.IsZero()
}

// ModifiedLately reports whether a found file was modified in the last minute, so that a program
// may still be writing it.
func (f *Found) ModifiedLately(now time.Time) bool { return source.ModifiedLately(f.ModTime, now) }
