package uploader

import (
	"errors"
	"os"
	"syscall"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
)

// openSource opens a job's file for several goroutines to read, and returns what it is now. Errors
// are ErrSource.
func openSource(j *job) (*os.File, source.Version, error) {
	f, info, err := j.At.Open()
	if err != nil {
		return nil, source.Version{}, openError(j.Source, err)
	}
	return f, source.VersionOf(info), nil
}

// smallVersion returns what a job's open file is now.
func smallVersion(j *job, f source.Small) (source.Version, error) {
	info, err := f.Stat()
	if err == nil && info.Kind != source.File {
		err = &source.Replaced{Path: j.At.String(), Kind: info.Kind}
	}
	if err != nil {
		return source.Version{}, source.Problem("open", j.Source, err)
	}
	return source.VersionOf(info), nil
}

// lookAgain returns what stands in the place of a job's file now.
func lookAgain(j *job) (source.Version, error) {
	info, err := j.At.Stat()
	if err == nil && info.Kind != source.File {
		err = &source.Replaced{Path: j.At.String(), Kind: info.Kind}
	}
	if err != nil {
		return source.Version{}, openError(j.Source, err)
	}
	return source.VersionOf(info), nil
}

// errCrowded says that a file can't be opened because too many are open, connections among them. It
// says nothing about the file.
var errCrowded = errors.New("too many open files")

// openError is source.Problem for opening a file that is to be sent.
func openError(path string, err error) error {
	if source.Crowded(err) {
		return errCrowded
	}
	if errors.Is(err, syscall.ENOTDIR) { // a file stands where a folder was
		return problem.New("open", path, problem.SourceGone)
	}
	return source.Problem("open", path, err)
}

// orMadeUp returns why a file can't be read that has not changed and whose size is not that of its
// content, else err. Such are those that systems make up, as below /proc and /sys.
func orMadeUp(j *job, now source.Version, err error) error {
	if problem.ReasonOf(err) != problem.SourceChanged || !now.Same(j.Version()) {
		return err
	}
	e := problem.New("read", j.Source, problem.SourceNotAFile)
	e.Value = valueMadeUp
	return e
}

// MadeUp returns why a file that was found has no content of its own to be sent, such as those
// below /proc and /sys, or nil. It reads those that have the size of such a file; what can't be
// read is for the queue to tell.
func MadeUp(found *scan.Found) *problem.Error {
	if found.Size != 0 && found.Size != madeUpSize {
		return nil
	}
	f, info, err := found.At.Open()
	if err != nil {
		return nil // see above
	}
	defer func() { _ = f.Close() }() // it was only read
	j := &job{}
	j.Source, j.Size, j.ModTime, j.FileID = found.Source, found.Size, found.ModTime, found.ID
	err = orMadeUp(j, source.VersionOf(info), source.ReadBlock(f, make([]byte, found.Size), 0))
	if e, ok := errors.AsType[*problem.Error](err); ok && e.Reason == problem.SourceNotAFile {
		return e
	}
	return nil
}

// madeUpSize is what files below /sys say of themselves.
const madeUpSize = 4096

// valueMadeUp stands for {value} where a file has no content of its own.
const valueMadeUp = "something that the system makes up while it is read"
