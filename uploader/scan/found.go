package scan

import (
	"errors"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// MadeUp returns why a file that was found has no content of its own to be sent, such as those
// below /proc and /sys, or nil. It reads those that have the size of such a file; what can't be
// read is for the queue to tell.
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

// IsFolder reports whether what was found is a folder that is sent as one, without content: nothing
// else has no time.
func (f *Found) IsFolder() bool {
	return f.Err == nil && f.Skip == "" && f.ModTime.IsZero()
}

// ModifiedLately reports whether a file that was found was modified in the last minute, so that a
// program may not be done with it yet.
func (f *Found) ModifiedLately(now time.Time) bool { return source.ModifiedLately(f.ModTime, now) }
