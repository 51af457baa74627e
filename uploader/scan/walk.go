package scan

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// readAtOnce is how many entries of a folder are read and sorted at once: they are all in memory,
// and the first is sent only when the last is read.
const readAtOnce = 4096

// folderAt is a folder on the way down.
type folderAt struct {
	root     *root
	path     string      // as it was reached, perhaps through links
	rel      string      // its Rel
	below    string      // its path relative to the root, with slashes; empty for the root
	included bool        // it or a folder above it matched an include pattern
	listed   bool        // it or a folder above it is named in the list
	at       source.Path // where it lies
	hops     []string    // the real paths of the folders from which links led here
}

// entryAt is an entry of a folder that is to be sent: a file, or a folder to enter.
type entryAt struct {
	name     string
	planned  string // the name's segment as the service will store it
	folder   bool
	link     bool
	nothing  bool // its name excludes it
	included bool
	listed   bool
	at       source.Path // where it lies; of a link, its target
}

// walk scans one folder and then, with the folder closed again, its subfolders: so only one is open
// at a time, however deep the tree. Entries that need another name come last, after those that may
// own it.
func (s *scanner) walk(ctx context.Context, d *folderAt) error {
	if s.isOwn(d) {
		return s.skip(Found{Source: d.path, Rel: d.rel}, SkipOwn)
	}
	if d.rel != "" && !s.opts.keepsNames() {
		if _, err := PlanName(s.opts.Inbox.Prefix, d.rel); err != nil {
			return s.refuseName(Found{Source: d.path, Rel: d.rel}, err)
		}
	}
	var folders, renamed []entryAt
	empty, bare := true, true
	readErr, err := s.read(ctx, d.at, func(dir *source.Dir, e fs.DirEntry) error {
		x, ok, err := s.look(ctx, d, dir, e)
		empty, bare = false, bare && x.nothing
		switch {
		case err != nil || !ok:
			return err
		case x.planned != x.name && !s.opts.keepsNames():
			renamed = append(renamed, x)
		case x.folder:
			folders = append(folders, x)
		default:
			return s.entry(ctx, d, x, dir, e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if s.swapped(d, readErr) {
		return s.skip(Found{Source: d.path, Rel: d.rel}, SkipSymlink)
	}
	if readErr != nil {
		if err := s.fail(Found{Source: d.path, Rel: d.rel}, readErr); err != nil {
			return err
		}
	} else if bare {
		return s.bare(d, empty)
	}
	if len(renamed) > 0 {
		more, err := s.settle(ctx, d, renamed)
		if err != nil {
			return err
		}
		folders = append(folders, more...)
	}
	for _, x := range folders {
		if err := s.walk(ctx, s.down(d, x)); err != nil {
			return err
		}
	}
	return nil
}

// bare hands over a folder without files to send as a file without content and time, if such
// folders are wanted. With a list or include patterns, the list has to name the folder and a
// pattern to match it.
func (s *scanner) bare(d *folderAt, empty bool) error {
	f := Found{Source: d.path, Rel: d.rel}
	wanted := s.opts.EmptyFolders && d.rel != "" && s.opts.Inbox.Blob == "" &&
		(s.filter.list == nil || d.listed) && (len(s.filter.include) == 0 || d.included)
	if wanted {
		name, err := PlanName(s.opts.Inbox.Prefix, d.rel)
		if err != nil {
			return s.refuseName(f, err)
		}
		free := true
		if d.root.shared {
			_, free = s.names.take(name.Blob, d.root.number)
		}
		if free {
			f.Blob, f.At = name, d.at
			return s.add(f)
		}
	}
	if !empty {
		return nil // its entries were reported
	}
	return s.skip(f, SkipEmptyFolder)
}

// isOwn reports whether a folder is the program's own, through whatever links either was reached.
func (s *scanner) isOwn(d *folderAt) bool {
	linked := d.below == "" || len(d.hops) > 0 // else its name is its own, and the system need not be asked
	if s.opts.Own == "" || !linked && filepath.Base(d.path) != filepath.Base(s.opts.Own) {
		return false
	}
	a, aerr := os.Stat(d.at.String())
	b, berr := os.Stat(s.opts.Own)
	return aerr == nil && berr == nil && os.SameFile(a, b)
}

// isReceipt reports whether a file is the one that the receipt is written to, through whatever
// links it was reached.
func (s *scanner) isReceipt(f *Found) bool {
	if s.opts.Receipt == "" {
		return false
	}
	own := filepath.Base(s.opts.Receipt) // most files have another name, and the system need not be asked
	if !strings.EqualFold(filepath.Base(f.Source), own) &&
		!strings.EqualFold(filepath.Base(f.At.String()), own) {
		return false
	}
	a, aerr := os.Stat(f.At.String())
	b, berr := os.Lstat(s.opts.Receipt)
	return aerr == nil && berr == nil && os.SameFile(a, b)
}

// swapped reports whether a folder below the root became a link after it was found, and links are
// not followed: it is then left out like other links.
func (s *scanner) swapped(d *folderAt, err error) bool {
	r, ok := errors.AsType[*source.Replaced](err)
	return ok && r.Kind == source.Link && d.below != "" && !s.opts.FollowSymlinks
}

// read calls visit for each entry of a folder, in order of name within each part. readErr is why
// the folder can't be read to its end; err is visit's, or ctx's cause.
func (s *scanner) read(
	ctx context.Context, at source.Path, visit func(*source.Dir, fs.DirEntry) error,
) (readErr, err error) {
	var f *source.Dir
	readErr, err = s.uncrowded(ctx, func() (oerr error) { f, oerr = at.OpenDir(); return oerr })
	if readErr != nil || err != nil {
		return readErr, err
	}
	defer func() {
		if cerr := f.Close(); readErr == nil {
			readErr = cerr
		}
	}()
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		entries, rerr := f.Read(readAtOnce)
		slices.SortFunc(entries,
			func(a, b fs.DirEntry) int { return natural(a.Name(), b.Name()) })
		for i, e := range entries {
			if i%64 == 63 && ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if err := visit(f, e); err != nil {
				return nil, err
			}
		}
		if errors.Is(rerr, io.EOF) {
			return nil, nil
		}
		if rerr != nil {
			return rerr, nil
		}
	}
}

// look decides what to do with an entry. If it is neither a file to send nor a folder to enter,
// look reports it and ok is false.
func (s *scanner) look(
	ctx context.Context, d *folderAt, dir *source.Dir, e fs.DirEntry,
) (x entryAt, ok bool, err error) {
	name := e.Name()
	path := filepath.Join(d.path, name)
	below := join(d.below, name)
	f := func() Found { return Found{Source: path, Rel: join(d.rel, name)} }

	named, onTheWay := s.filter.isListed(d, below)
	if !named && !onTheWay {
		return x, false, nil
	}
	k := dir.Kind(e)
	x = entryAt{name: name, folder: k == source.Folder, link: k == source.Link, included: d.included, at: d.at.Join(name)}
	outside := false
	if x.link {
		if !s.opts.FollowSymlinks {
			return x, false, s.skip(f(), s.filter.orSkip(name, below, d.included, SkipSymlink))
		}
		t, why, err := s.follow(ctx, d, name)
		if err != nil || why != "" {
			if why = s.filter.orSkip(name, below, d.included, why); why != "" {
				return x, false, s.skip(f(), why)
			}
			return x, false, s.fail(f(), err)
		}
		k, outside = t.kind, t.outside
		x.folder, x.at = k == source.Folder, t.at
	}
	exact := s.filter.list != nil && !d.listed // the person named this, or something in it
	if why := s.filter.skip(name, below, x.folder, exact, d.included); why != "" {
		x.nothing = why == SkipExcluded || why == SkipJunk
		return x, false, s.skip(f(), why)
	}
	switch {
	case !x.folder && !named:
		return x, false, nil // the list names a path below it, which is missing
	case !named: // a folder with listed entries
	case x.folder && exact && !s.opts.Recursive && onTheWay:
		named = false // as in the output of find: send only the listed entries of the folder
	case x.folder && exact && !s.opts.Recursive:
		return x, false, s.add(refuseFound(f(), problem.SourceIsFolder, ""))
	}
	x.listed = named
	if !x.folder && k != source.File {
		return x, false, s.skip(f(), skipKind(k))
	}
	if x.folder && x.link {
		if why := s.enterLink(d, x.at.String()); why != "" {
			return x, false, s.skip(f(), why)
		}
	}
	x.included = d.included || len(s.filter.include) > 0 && s.filter.includes(name, below, x.folder)
	planned, _, refused := planSegment(name)
	if refused != "" && !s.opts.keepsNames() {
		r := refuseFound(f(), refused, "")
		if info, err := s.statEntry(ctx, x, dir, e); err == nil && info.Kind == source.File {
			r.Size, r.ModTime, r.ID, r.Changed = info.Size, info.ModTime, info.ID, info.Changed
		}
		return x, false, s.add(r)
	}
	x.planned = planned
	if outside {
		s.totals.Outside++
	}
	return x, true, nil
}

// entry hands over a file of the folder. dir is nil if the file is looked at for the second time.
func (s *scanner) entry(
	ctx context.Context, d *folderAt, x entryAt, dir *source.Dir, e fs.DirEntry,
) error {
	f := Found{Source: filepath.Join(d.path, x.name), Rel: join(d.rel, x.name), At: x.at}
	info, err := s.statEntry(ctx, x, dir, e)
	switch {
	case err != nil:
		return s.fail(f, err)
	case info.Kind == source.Folder:
		return s.fail(f, &source.Replaced{Path: x.at.String(), Kind: info.Kind})
	case info.Kind != source.File: // since it was found
		return s.skip(f, skipKind(info.Kind))
	}
	return s.file(f, info, d.root)
}

// statEntry returns what an entry of a folder is, or the target of a link.
func (s *scanner) statEntry(
	ctx context.Context, x entryAt, dir *source.Dir, e fs.DirEntry,
) (source.Info, error) {
	if dir == nil || x.link {
		return s.stat(ctx, x.at)
	}
	return dir.Stat(e)
}

// file hands over a file with its planned name.
func (s *scanner) file(f Found, info source.Info, r *root) error {
	if s.isReceipt(&f) {
		return s.skip(f, SkipReceipt)
	}
	if s.opts.MinAge > 0 && s.opts.tooYoung(info.ModTime, time.Now()) {
		return s.skip(f, SkipTooYoung)
	}
	if s.opts.tooOld(info.ModTime, time.Now()) {
		return s.skip(f, SkipTooOld)
	}
	f.Size, f.ModTime, f.ID, f.Changed = info.Size, info.ModTime, info.ID, info.Changed
	if b := s.opts.Inbox.Blob; b != "" {
		f.Blob = Name{Blob: b, Renamed: b != f.Rel}
	} else if !s.opts.Local {
		name, err := PlanName(s.opts.Inbox.Prefix, f.Rel)
		if err != nil {
			return s.refuseName(f, err)
		}
		if r.shared {
			if owner, ok := s.names.take(name.Blob, r.number); !ok {
				other := otherSource(s.all[owner], f.Rel)
				if place(other) == f.At.String() {
					return nil // the same file, found by a folder and by a pattern
				}
				return s.add(nameTaken(f, other, other))
			}
		}
		f.Blob = name
	}
	return s.add(f)
}

// otherSource returns the path of the file below another root that has the same name.
func otherSource(other *root, rel string) string {
	if strings.Contains(other.rel, "/") {
		return other.path
	}
	_, below, _ := strings.Cut(rel, "/")
	return filepath.Join(other.path, filepath.FromSlash(below))
}

// refuseName hands over f with PlanName's reason. The error's path is the source, which is more use
// to a person than the planned name.
func (s *scanner) refuseName(f Found, err error) error {
	return s.add(refuseFound(f, problem.ReasonOf(err), ""))
}

// settle decides about the entries of a folder that can't keep their names. It reads the folder
// again for entries that own one of the new names, refuses entries that would take such a name,
// hands over the other files, and returns the other subfolders. It can't just ask the system for
// the new name: some systems find a file under another spelling, and it could be this very file.
func (s *scanner) settle(ctx context.Context, d *folderAt, renamed []entryAt) ([]entryAt, error) {
	owners := make(map[string]string, len(renamed))
	for _, x := range renamed {
		owners[x.planned] = ""
	}
	readErr, err := s.read(ctx, d.at, func(dir *source.Dir, e fs.DirEntry) error {
		if _, wanted := owners[e.Name()]; wanted && s.wouldSend(d, dir, e) {
			owners[e.Name()] = e.Name()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(renamed, func(a, b entryAt) int { return natural(a.name, b.name) })
	var folders []entryAt
	for _, x := range renamed {
		f := Found{Source: filepath.Join(d.path, x.name), Rel: join(d.rel, x.name)}
		info, serr := s.stat(ctx, x.at)
		switch owner := owners[x.planned]; {
		case serr == nil && s.opts.leavesOut(info): // so it takes no name
			err = s.entry(ctx, d, x, nil, nil)
		case readErr != nil: // the name may be taken
			err = s.fail(f, readErr)
		case owner != "":
			if serr == nil && !x.folder {
				f.Size, f.ModTime, f.ID, f.Changed = info.Size, info.ModTime, info.ID, info.Changed
			}
			err = s.add(nameTaken(f, filepath.Join(d.path, owner), join(d.rel, owner)))
		default:
			owners[x.planned] = x.name
			if x.folder {
				folders = append(folders, x)
			} else {
				err = s.entry(ctx, d, x, nil, nil)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return folders, nil
}

// wouldSend reports whether an entry is sent, so that its name is taken.
func (s *scanner) wouldSend(d *folderAt, dir *source.Dir, e fs.DirEntry) bool {
	if named, onTheWay := s.filter.isListed(d, join(d.below, e.Name())); !named && !onTheWay {
		return false
	}
	k := dir.Kind(e)
	switch k {
	case source.File, source.Folder:
	case source.Link:
		if !s.opts.FollowSymlinks {
			return false
		}
	default:
		return false
	}
	if info, err := dir.Stat(e); err == nil && s.opts.leavesOut(info) {
		return false
	}
	return s.filter.skip(e.Name(), join(d.below, e.Name()), k == source.Folder, false,
		d.included) == ""
}

// down returns the folder that x stands for in d.
func (s *scanner) down(d *folderAt, x entryAt) *folderAt {
	c := &folderAt{
		root: d.root, path: filepath.Join(d.path, x.name), rel: join(d.rel, x.name),
		below: join(d.below, x.name), included: x.included, listed: x.listed, at: x.at, hops: d.hops,
	}
	if x.link {
		c.hops = append(slices.Clip(d.hops), d.at.String())
	}
	return c
}

// join joins two parts of a path with slashes.
func join(folder, name string) string {
	if folder == "" {
		return name
	}
	return folder + "/" + name
}
