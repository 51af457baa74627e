package ledger

import (
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
)

// Locate finds out where a file lies by what its transfer was asked to do: the links on what a
// person named were followed, and those below that only if they were to be.
func (x *Ledger) Locate(j *Job) (source.Path, error) {
	x.mu.Lock()
	var roots []string
	var o scan.Options
	if t := x.transferOf(j.Transfer); t != nil {
		roots, o = t.Roots, t.Options.Scan
	}
	x.mu.Unlock()
	root := rootAbove(roots, j.Source)
	in, err := source.Resolve(root)
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

// rootAbove returns the folder, or the file itself, that a person named and a file was found below.
// Of a pattern, that is the part before its first wildcard.
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
