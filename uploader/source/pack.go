package source

import (
	"path/filepath"
	"strings"

	"inboxuploader/internal/pack"
)

// The encoding of a file's place: one of these numbers or, if the place is the path by which the
// file was found, atSource plus the length of its root.
const (
	atUnknown   = iota
	atElsewhere // through a link; the root and the path below it follow
	atSource
)

// PackPath writes the place of a file that was found by a path, mostly in one byte; last is the
// place of the file before.
func PackPath(w *pack.Writer, last, at Path, found string) {
	switch {
	case at == (Path{}):
		w.Uint(atUnknown)
	case at.String() == found:
		w.Uint(atSource + uint64(len(at.Root)))
	default:
		w.Uint(atElsewhere)
		w.Follow(last.Root, at.Root)
		w.Follow(last.Below, at.Below)
	}
}

// UnpackPath reads what [PackPath] wrote with the same last and found.
func UnpackPath(r *pack.Reader, last Path, found string) Path {
	switch n := r.Uint(); {
	case n == atUnknown:
	case n == atElsewhere:
		return Path{Root: r.Follow(last.Root), Below: r.Follow(last.Below)}
	case n-atSource > uint64(len(found)):
		r.Bad = true
	default:
		return Path{
			Root:  found[:n-atSource],
			Below: strings.TrimPrefix(found[n-atSource:], string(filepath.Separator)),
		}
	}
	return Path{}
}

// Pack writes a version without Changed.
func (v Version) Pack(w *pack.Writer) {
	w.Uint(uint64(v.Size))
	w.Time(v.ModTime)
	w.Uint(v.ID.Device)
	w.Uint(v.ID.Index)
}

// UnpackVersion reads what [Version.Pack] wrote.
func UnpackVersion(r *pack.Reader) Version {
	v := Version{Size: int64(r.Uint()), ModTime: r.Time(), ID: ID{r.Uint(), r.Uint()}}
	if v.Size < 0 {
		r.Bad = true
	}
	return v
}
