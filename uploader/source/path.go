// Package source opens the files and folders of this computer that are to be sent, and follows no
// link that nobody asked it to follow.
//
// [Resolve] is called first: it says once where a path that a person named leads, links and all.
// What it returns, and whatever [Path.Join] makes of that, is opened as it stands: a link in the
// place of anything on the way is a [*Replaced], and what it leads to is not touched.
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
// On Windows the folders above Root may become links without being noticed: what a person has no
// right to look into, as often on shared disks, can't be gone through step by step.
type Path struct {
	Root  string // absolute, with all links resolved
	Below string // the way from there, in the system's own form; empty is the root itself
}

// Resolve returns where a path leads once all links on it are followed. The path is absolute, and
// there must be something.
func Resolve(path string) (Path, error) {
	if _, err := os.Stat(path); err != nil { // says more of what is wrong than what follows
		return Path{}, err
	}
	root, err := resolve(path)
	if err != nil {
		return Path{}, err
	}
	return Path{Root: root}, nil
}

// Join returns the path of something below p. A name may have several parts.
func (p Path) Join(name string) Path {
	if p.Below == "" {
		return Path{p.Root, name}
	}
	return Path{p.Root, p.Below + string(filepath.Separator) + name}
}

// IsFolder reports whether a folder is there, and no link on the way. It blocks on the disk.
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

// Open opens a file to be read by several goroutines, without waiting for anything, and returns
// what it is now. What is no file is a [*Replaced].
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

// Replaced says that something else stands in a path's place: a link somewhere on it, or at its end
// what is no file.
type Replaced struct {
	Path string // what stands there: the path itself or, if that is a link, a folder on the way to it
	Kind Kind
}

// Error implements error. Its text is for logs.
func (r *Replaced) Error() string { return fmt.Sprintf("%q is %s", r.Path, r.Kind) }

// orReplaced returns what stands in a file's place, if that is why it can't be opened, else err.
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

// IsReplaced reports whether an error is that something else stands in a path's place.
func IsReplaced(err error) bool {
	_, ok := errors.AsType[*Replaced](err)
	return ok
}

// ancestors returns all that lies on the way to a path, the path included, the topmost first.
func ancestors(path string) []string {
	var all []string
	for ; path != filepath.Dir(path); path = filepath.Dir(path) {
		all = append([]string{path}, all...)
	}
	return all
}
