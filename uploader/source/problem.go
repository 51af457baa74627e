package source

import (
	"errors"
	"io/fs"
	"syscall"

	"inboxuploader/uploader/problem"
)

// MaxCrowded is how often to try to open a file or a folder while too many are open: for two
// minutes, with the pauses of package backoff.
const MaxCrowded = 14

// Crowded reports whether something can't be opened because too many files are open, connections
// among them. That says nothing about the file.
func Crowded(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// What stands for {value} where a file can't be read.
const (
	valueNoRight  = "you don't have the right to"
	valueDiskSays = "its disk or another program does not let it be read"
)

// Problem turns an error of the file system into one of ErrSource whose words a person understands.
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

// replacedError says what stands in the place of a file.
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

// Words says to a person what it is that is no file.
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

// What stands for {value} where something is no file.
const (
	valueFolder    = "a folder"
	valueFIFO      = "a named pipe"
	valueSocket    = "a socket"
	valueDevice    = "a device"
	valueIrregular = "something special of the system"
)
