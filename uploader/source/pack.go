package source

import (
	"path/filepath"
	"strings"

	"inboxuploader/internal/pack"
)

// What is written of where a file lies: one of these numbers, or above them the length of its root,
// where the path is that by which the file was found.
const (
	atUnknown   = iota
	atElsewhere // through a link; the root and the way from there follow
	atSource
)

// PackPath writes where a file lies that was found by a path, mostly in one byte; last is where the
// file written before lies.
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

// UnpackPath takes what [PackPath] wrote with the same last and found.
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

// Pack writes what tells whether a file is still the same, Changed apart.
func (v Version) Pack(w *pack.Writer) {
	w.Uint(uint64(v.Size))
	w.Time(v.ModTime)
	w.Uint(v.ID.Device)
	w.Uint(v.ID.Index)
}

// UnpackVersion takes what [Version.Pack] wrote.
func UnpackVersion(r *pack.Reader) Version {
	v := Version{Size: int64(r.Uint()), ModTime: r.Time(), ID: ID{r.Uint(), r.Uint()}}
	if v.Size < 0 {
		r.Bad = true
	}
	return v
}
