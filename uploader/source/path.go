// Package source opens the files and folders to send, and follows links only on request.
//
// Call [Resolve] first: it resolves a path that a person named, links and all, once. Its result,
// and whatever [Path.Join] makes of it, is opened without following links: if a link has taken the
// place of anything on the way, the error is a [*Replaced], and the link's target is not touched.
package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Path is where a file or folder lies. No part of it was a link when it was found, and what opens
// it follows none. The zero Path is nowhere.
//
// On Windows the folders above Root may become links unnoticed: a path can't be walked step by step
// through folders that the person may not read, which are common on shared disks.
type Path struct {
	Root  string // absolute, with all links resolved
	Below string // the path below Root, in the system's own form; empty is the root itself
}

// Resolve follows all links in a path, which must be absolute and exist. It blocks on the disk.
func Resolve(path string) (Path, error) {
	if _, err := os.Stat(path); err != nil { // a clearer error than resolve's
		return Path{}, err
	}
	root, err := resolve(path)
	if err != nil {
		return Path{}, err
	}
	return Path{Root: root}, nil
}

// Join returns the path of name below p. The name may have several parts.
func (p Path) Join(name string) Path {
	if p.Below == "" {
		return Path{p.Root, name}
	}
	return Path{p.Root, p.Below + string(filepath.Separator) + name}
}

// IsFolder reports whether p is a folder without a link on the way. It blocks on the disk.
func (p Path) IsFolder() bool {
	info, err := p.Stat()
	return err == nil && info.Kind == Folder
}

// String returns the whole path.
func (p Path) String() string {
	switch {
	case p.Below == "":
		return p.Root
	case p.Root != "" && os.IsPathSeparator(p.Root[len(p.Root)-1]): // a whole disk
		return p.Root + p.Below
	}
	return p.Root + string(filepath.Separator) + p.Below
}

// Open opens a file, for several goroutines to read, and returns what it is now. It never waits for
// a writer, as opening a pipe would. The error is a [*Replaced] if it is not a file.
func (p Path) Open() (*os.File, Info, error) {
	f, info, err := p.openFile()
	if err != nil {
		return nil, Info{}, p.orReplaced(err)
	}
	if info.Kind != File {
		_ = f.Close()
		return nil, Info{}, &Replaced{p.String(), info.Kind}
	}
	return f, info, nil
}

// Replaced says that a path has been replaced: by a link somewhere on it, or at its end by
// something that is not a file.
type Replaced struct {
	Path string // of the replacement: the path itself or, for a link, perhaps a folder on the way
	Kind Kind
}

// Error implements error. Its text is for logs.
func (r *Replaced) Error() string { return fmt.Sprintf("%q is %s", r.Path, r.Kind) }

// orReplaced returns a [*Replaced] if that is why a file can't be opened, else err.
func (p Path) orReplaced(err error) error {
	info, serr := p.Stat()
	switch {
	case IsReplaced(err):
	case IsReplaced(serr):
		return serr
	case serr == nil && info.Kind != File:
		return &Replaced{p.String(), info.Kind}
	}
	return err
}

// IsReplaced reports whether an error is a [*Replaced].
func IsReplaced(err error) bool {
	_, ok := errors.AsType[*Replaced](err)
	return ok
}

// ancestors returns the folders on the way to a path and the path itself, the topmost first.
func ancestors(path string) []string {
	var all []string
	for ; path != filepath.Dir(path); path = filepath.Dir(path) {
		all = append([]string{path}, all...)
	}
	return all
}
