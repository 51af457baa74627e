package ledger

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
)

// Locate finds out where a file lies from its transfer's options: links in the roots that a person
// named were followed, links below them only with FollowSymlinks. It blocks on the disk.
func (x *Ledger) Locate(j *Job) (source.Path, error) {
	x.mu.Lock()
	var roots []string
	var o scan.Options
	var moves []Move
	if t := x.transferOf(j.Transfer); t != nil {
		roots, o, moves = t.Roots, t.Options.Scan, t.Moved
	}
	x.mu.Unlock()
	root := rootAbove(roots, j.Source)
	in, err := placeOf(root, moves)
	if err != nil {
		return source.Path{}, err
	}
	if o.FollowSymlinks {
		at, err := source.Resolve(j.Source)
		if err != nil || o.FollowOutside || source.IsBelow(at.String(), in.String()) {
			return at, err
		}
	}
	if rest := strings.Trim(strings.TrimPrefix(j.Source, root),
		string(filepath.Separator)); rest != "" {
		return in.Join(rest), nil
	}
	return in, nil
}

// placeOf returns where a root lies: the place recorded when a person said that it had moved, so
// that a link put there since is not followed, or else the present place.
func placeOf(root string, moves []Move) (source.Path, error) {
	for i := range slices.Backward(moves) {
		for _, p := range moves[i].Roots {
			if filepath.Clean(p.Root) == root {
				return source.Path{Root: p.At}, nil
			}
		}
	}
	return source.Resolve(root)
}

// Places returns the new places of a transfer's roots that a move concerns. It blocks on the disk.
func (x *Ledger) Places(id int64, m Move) (places []Place) {
	x.mu.Lock()
	var roots []string
	if t := x.transferOf(id); t != nil {
		roots = t.Roots
	}
	x.mu.Unlock()
	for _, root := range roots {
		if moved, ok := m.apply(root); ok {
			if at, err := source.Resolve(moved); err == nil { // else it is resolved when it is read
				places = append(places, Place{moved, at.String()})
			}
		}
	}
	return places
}

// rootAbove returns the folder that a person named above a file, or the file itself. For a pattern,
// that is the part before its first wildcard.
func rootAbove(roots []string, file string) (above string) {
	for _, root := range roots {
		root = filepath.Clean(root)
		if !source.IsBelow(file, root) && strings.ContainsAny(root, scan.Wildcards) {
			base, _ := doublestar.SplitPattern(filepath.ToSlash(root))
			root = filepath.Clean(filepath.FromSlash(base))
		}
		if source.IsBelow(file, root) && len(root) > len(above) {
			above = root
		}
	}
	if above == "" {
		return filepath.Dir(file)
	}
	return above
}
