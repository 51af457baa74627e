package scan

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"

	"inboxuploader/uploader/source"
)

// maxNames is under how many names a folder is sent that several links lead to.
const maxNames = 100

// linkTarget is what a link leads to.
type linkTarget struct {
	at      source.Path
	kind    source.Kind
	outside bool // of the root
}

// follow resolves a link in folder d, once: what is sent of it is opened by the path that is found
// now. why is set if it is left out.
func (s *scanner) follow(
	ctx context.Context, d *folderAt, name string,
) (t linkTarget, why SkipReason, err error) {
	path := d.at.Join(name).String()
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t, SkipDangling, nil
	case errors.Is(err, syscall.ELOOP):
		return t, SkipLoop, nil
	case err != nil:
		return t, "", err
	}
	if k := source.KindOf(info.Mode()); k != source.File && k != source.Folder &&
		k != source.Irregular {
		return linkTarget{kind: k}, "", nil // it has no path of its own, if it is a program's pipe
	}
	if t.at, err = source.Resolve(path); err != nil {
		return t, "", err
	}
	now, err := s.stat(ctx, t.at)
	if err != nil {
		return t, "", err
	}
	t.kind, t.outside = now.Kind, !source.IsBelow(t.at.String(), d.root.at.String())
	if t.outside && !s.opts.FollowOutside {
		return t, SkipOutside, nil
	}
	return t, "", nil
}

// enterLink decides whether a link's folder is gone into. A link to a folder above would never end.
// That every other folder is entered through so many links only keeps folders that link to each
// other from multiplying.
func (s *scanner) enterLink(d *folderAt, target string) SkipReason {
	for _, above := range append([]string{d.at.String()}, d.hops...) {
		if source.IsBelow(above, target) {
			return SkipLoop
		}
	}
	if s.entered == nil {
		s.entered = map[string]int{}
	}
	if s.entered[target]++; s.entered[target] > maxNames {
		return SkipFollowed
	}
	return ""
}
