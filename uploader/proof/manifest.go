package proof

import (
	"context"
	"errors"
	"path/filepath"

	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
)

// Listed is one file with its checksums, or why there are none.
type Listed struct {
	Source string // absolute path, in the system's own form
	Name   string // relative to the list's folder, with slashes
	Sums   Sums
	Err    error // *problem.Error, or ErrUnsteady
}

// ErrUnsteady says that a file changed while it was read, so that no checksum is true of it.
var ErrUnsteady = errors.New("the file changed while it was read")

// Folder returns the folder that names of a list are relative to: dir, in which the list is to
// stand, where all roots are dir or below it; else the one that contains all roots, each of them
// directly. ok is false where there is no such folder. dir and the roots are absolute.
func Folder(dir string, roots []string) (folder string, ok bool) {
	ok = true
	for _, root := range roots {
		rel, err := filepath.Rel(dir, root)
		ok = ok && err == nil && filepath.IsLocal(rel)
	}
	if ok || len(roots) == 0 {
		return dir, ok
	}
	folder = filepath.Dir(roots[0])
	for _, root := range roots {
		if filepath.Dir(root) != folder || root == folder {
			return "", false
		}
	}
	return folder, true
}

// Manifest computes the checksums of all files that a scan of the roots finds, several at once, and
// hands them to each in the order of the scan, one call at a time. Names are relative to the
// folder. Files that can't be read have an Err; so has whatever else can't be found out. It blocks
// on the disk. The error is the scan's, each's, or the cause of ctx's end. The totals count what
// the scan came across.
func Manifest(
	ctx context.Context, folder string, roots []string, o scan.Options, hashes source.Hashes,
	each func(Listed) error,
) (totals scan.Totals, err error) {
	o.Local = true
	feed := func(ctx context.Context, push func(scan.Found) error) (err error) {
		totals, err = scan.Files(ctx, apart(roots), o, func(found []scan.Found) error {
			for i := range found {
				if found[i].Skip != "" {
					continue
				}
				if err := push(found[i]); err != nil {
					return err
				}
			}
			return nil
		})
		return err
	}
	work := func(ctx context.Context, buf []byte, f scan.Found) Listed {
		l := Listed{Source: f.Source}
		l.Name, l.Err = nameIn(folder, f.Source)
		if f.Err != nil {
			l.Err = f.Err
		}
		if l.Err == nil {
			l.Sums, l.Err = sumsOf(ctx, &f, buf, hashes)
		}
		return l
	}
	err = inOrder(ctx, feed, work, each)
	return totals, err
}

// apart leaves out the roots that lie below others.
func apart(roots []string) (all []string) {
	for i, root := range roots {
		within := false
		for j, other := range roots {
			same := root == other
			within = within || i != j && source.IsBelow(root, other) && (!same || j < i)
		}
		if !within {
			all = append(all, root)
		}
	}
	return all
}

// nameIn returns a file's path relative to a folder, with slashes.
func nameIn(folder, path string) (string, error) {
	rel, err := filepath.Rel(folder, path)
	return filepath.ToSlash(rel), err
}

// sumsOf reads a file that was found.
func sumsOf(
	ctx context.Context, f *scan.Found, buf []byte, hashes source.Hashes,
) (Sums, error) {
	file, before, err := f.At.OpenFound(f.Source)
	if err != nil {
		return Sums{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	sums, err := read(ctx, file, buf, false, hashes)
	switch {
	case ctx.Err() != nil:
		return Sums{}, context.Cause(ctx)
	case err != nil:
		return Sums{}, source.Problem("read", f.Source, err)
	}
	after, err := f.At.LookAgain(f.Source)
	switch {
	case err != nil:
		return Sums{}, err
	case !after.Same(before) || sums.Bytes != after.Size:
		return Sums{}, ErrUnsteady
	}
	return sums, nil
}
