package source

import (
	"errors"
	"io/fs"
	"syscall"

	"inboxuploader/uploader/problem"
)

// MaxCrowded is how often to retry opening a file or folder while too many are open: for two
// minutes, with the pauses of package backoff.
const MaxCrowded = 14

// Crowded reports whether an error means that too many files, connections included, are open. That
// says nothing about the file.
func Crowded(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// The texts that replace {value} if a file can't be read.
const (
	valueNoRight  = "you don't have the right to"
	valueDiskSays = "its disk or another program does not let it be read"
)

// Problem turns a file system error into one of ErrSource that a person understands.
func Problem(op, path string, err error) *problem.Error {
	if r, ok := errors.AsType[*Replaced](err); ok {
		return replacedError(op, path, r)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return problem.New(op, path, problem.SourceGone)
	}
	e := problem.New(op, path, problem.SourceUnreadable)
	switch {
	case errors.Is(err, fs.ErrPermission):
		e.Value = valueNoRight
	default:
		e.Value = valueDiskSays
	}
	return e
}

// replacedError says what has replaced a file.
func replacedError(op, path string, r *Replaced) *problem.Error {
	if r.Kind == Link {
		e := problem.New(op, path, problem.SourceLinked)
		e.Value = r.Path
		return e
	}
	e := problem.New(op, path, problem.SourceReplaced)
	e.Value = r.Kind.Words()
	return e
}

// Words returns the words for something that is not a file, for a person.
func (k Kind) Words() string {
	switch k {
	case Folder:
		return valueFolder
	case FIFO:
		return valueFIFO
	case Socket:
		return valueSocket
	case Device:
		return valueDevice
	default:
		return valueIrregular
	}
}

// The texts that replace {value} if something is not a file.
const (
	valueFolder    = "a folder"
	valueFIFO      = "a named pipe"
	valueSocket    = "a socket"
	valueDevice    = "a device"
	valueIrregular = "something special of the system"
)
