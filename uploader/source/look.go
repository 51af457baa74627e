package source

import (
	"errors"
	"os"
	"syscall"

	"inboxuploader/uploader/problem"
)

// ErrCrowded says that a file can't be opened because too many files, connections included, are
// open. It says nothing about the file.
var ErrCrowded = errors.New("too many open files")

// OpenFound opens a file that was found at a path, for several goroutines to read, and returns its
// present version. The caller closes the file. It blocks on the disk. Errors are those of
// [OpenProblem].
func (p Path) OpenFound(found string) (*os.File, Version, error) {
	f, info, err := p.Open()
	if err != nil {
		return nil, Version{}, OpenProblem(found, err)
	}
	return f, VersionOf(info), nil
}

// LookAgain returns the present version of a file that was found at a path. It blocks on the disk.
// Errors are those of [OpenProblem].
func (p Path) LookAgain(found string) (Version, error) {
	info, err := p.Stat()
	if err = p.mustBeFile(info, err); err != nil {
		return Version{}, OpenProblem(found, err)
	}
	return VersionOf(info), nil
}

// VersionOfSmall returns the present version of an open file that was found at a path.
func (p Path) VersionOfSmall(found string, f Small) (Version, error) {
	info, err := f.Stat()
	if err = p.mustBeFile(info, err); err != nil {
		return Version{}, Problem("open", found, err)
	}
	return VersionOf(info), nil
}

func (p Path) mustBeFile(info Info, err error) error {
	if err == nil && info.Kind != File {
		return &Replaced{Path: p.String(), Kind: info.Kind}
	}
	return err
}

// OpenProblem is [Problem] for opening a file that is to be sent, or [ErrCrowded].
func OpenProblem(found string, err error) error {
	switch {
	case Crowded(err):
		return ErrCrowded
	case errors.Is(err, syscall.ENOTDIR): // a file stands where a folder was
		return problem.New("open", found, problem.SourceGone)
	}
	return Problem("open", found, err)
}
