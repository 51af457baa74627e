package scan

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"

	"inboxuploader/uploader/source"
)

// maxNames bounds the names under which a folder is sent if several links lead to it.
const maxNames = 100

// linkTarget is the target of a link.
type linkTarget struct {
	at      source.Path
	kind    source.Kind
	outside bool // of the root
}

// follow resolves a link in folder d, once: its target is later opened by the path found now. why
// is set if the link is left out.
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
		return linkTarget{kind: k}, "", nil // a program's pipe has no path of its own
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

// enterLink decides whether to enter a link's folder. A link to a folder above would never end. Any
// other folder is entered through at most maxNames links, so that folders that link to each other
// can't multiply.
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
