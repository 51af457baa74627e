package uploader

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// linkTarget is what a link leads to.
type linkTarget struct {
	real string // path with all links resolved
	kind kind
}

// follow resolves a link in folder d. why is set if it is left out.
func (s *scanner) follow(d *folderAt, name string) (t linkTarget, why SkipReason, err error) {
	path := filepath.Join(d.real, name)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t, SkipDangling, nil
	case errors.Is(err, syscall.ELOOP):
		return t, SkipLoop, nil
	case err != nil:
		return t, "", err
	}
	if t.real, err = resolve(path); err != nil {
		return t, "", err
	}
	t.kind = kindOf(t.real, info.Mode())
	return t, s.linkLeadsOut(d.root.real, t.real), nil
}

// linkLeadsOut returns SkipOutside for a link out of the root, unless that was asked for.
func (s *scanner) linkLeadsOut(root, target string) SkipReason {
	if s.opts.FollowOutside || isBelow(target, root) {
		return ""
	}
	return SkipOutside
}

// enterLink decides whether a link's folder is gone into. A link to a folder above would never end; that every other
// folder is entered through links only once keeps folders that link to each other from multiplying.
func (s *scanner) enterLink(d *folderAt, target string) SkipReason {
	for _, above := range append([]string{d.real}, d.hops...) {
		if isBelow(above, target) {
			return SkipLoop
		}
	}
	if _, done := s.followed[target]; done {
		return SkipFollowed
	}
	if s.followed == nil {
		s.followed = map[string]struct{}{}
	}
	s.followed[target] = struct{}{}
	return ""
}

// isBelow reports whether path is folder or lies below it. Both are real paths.
func isBelow(path, folder string) bool {
	rest, ok := strings.CutPrefix(path, folder)
	return ok && (rest == "" || os.IsPathSeparator(rest[0]) || os.IsPathSeparator(folder[len(folder)-1]))
}

// maxJunctions bounds junctions that lead to junctions; Windows itself follows 63 at most.
const maxJunctions = 63

// resolve returns the path with all links resolved. filepath.EvalSymlinks leaves a junction on Windows as it is, so one
// at the path's end is read here; folders on the way are no links, since folderAt.real is resolved already.
func resolve(path string) (string, error) {
	for range maxJunctions {
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			return "", err
		}
		target, err := os.Readlink(real)
		if err != nil {
			return real, nil //nolint:nilerr // no link any more, so this is the end
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(real), target)
		}
		path = target
	}
	return "", syscall.ELOOP
}

// realPath resolves all links as far as it can.
func realPath(path string) string {
	if real, err := resolve(path); err == nil {
		return real
	}
	return path
}
