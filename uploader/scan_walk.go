package uploader

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// How many entries of a folder are read at once. The first part is small so that sending can begin at once.
const (
	firstRead = 256
	fullRead  = 4096
)

// folderAt is a folder on the way down.
type folderAt struct {
	root     *root
	path     string   // as it was reached, maybe through links
	rel      string   // its Rel
	below    string   // its path relative to the root, with slashes; empty for the root
	included bool     // it or a folder above it matched an include pattern
	real     string   // its path with all links resolved; kept up to date only if links are followed
	hops     []string // the real paths of the folders from which links led here
}

// entryAt is one entry of a folder that is to be sent: a file, or a folder to go into.
type entryAt struct {
	name     string
	planned  string // the name's segment as the service will store it
	folder   bool
	link     bool
	included bool
	target   string // of a link to a folder: its real path
}

// walk scans one folder and then, with the folder closed again, its subfolders: so only one is open at a time, however
// deep the tree. Entries that need another name come after all others, for which it is their own name.
func (s *scanner) walk(ctx context.Context, d *folderAt) error {
	if s.isOwn(d) {
		return s.skip(Found{Source: d.path, Rel: d.rel}, SkipOwn)
	}
	if d.rel != "" && s.opts.Inbox.Blob == "" {
		if _, err := PlanName(s.opts.Inbox.Prefix, d.rel); err != nil {
			return s.refuseName(Found{Source: d.path, Rel: d.rel}, err)
		}
	}
	var folders, renamed []entryAt
	empty := true
	readErr, err := s.read(ctx, d.path, func(e fs.DirEntry) error {
		empty = false
		x, ok, err := s.look(d, e)
		switch {
		case err != nil || !ok:
			return err
		case x.planned != x.name && s.opts.Inbox.Blob == "":
			renamed = append(renamed, x)
		case x.folder:
			folders = append(folders, x)
		default:
			return s.entry(d, x, e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if readErr != nil {
		if err := s.fail(Found{Source: d.path, Rel: d.rel}, readErr); err != nil {
			return err
		}
	} else if empty {
		return s.skip(Found{Source: d.path, Rel: d.rel}, SkipEmptyFolder)
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

// isOwn reports whether a folder is the program's own, through whatever links either was reached.
func (s *scanner) isOwn(d *folderAt) bool {
	linked := d.below == "" || len(d.hops) > 0 // else its name is its own, and the system need not be asked
	if s.opts.Own == "" || !linked && filepath.Base(d.path) != filepath.Base(s.opts.Own) {
		return false
	}
	a, aerr := os.Stat(d.path)
	b, berr := os.Stat(s.opts.Own)
	return aerr == nil && berr == nil && os.SameFile(a, b)
}

// read calls visit for each entry of a folder, in order of name within each part. readErr is why the folder can't be
// read to its end; err is visit's, or ctx's cause.
func (s *scanner) read(ctx context.Context, path string, visit func(fs.DirEntry) error) (readErr, err error) {
	var f *os.File
	readErr, err = s.uncrowded(ctx, func() (oerr error) { f, oerr = openFile(path); return oerr })
	if readErr != nil || err != nil {
		return readErr, err
	}
	defer func() {
		if cerr := f.Close(); readErr == nil {
			readErr = cerr
		}
	}()
	for n := firstRead; ; n = fullRead {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		entries, rerr := f.ReadDir(n)
		slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
		for i, e := range entries {
			if i%64 == 63 && ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if err := visit(e); err != nil {
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

// look decides what to do with an entry. If it is neither a file to send nor a folder to go into, look reports it and
// ok is false.
func (s *scanner) look(d *folderAt, e fs.DirEntry) (x entryAt, ok bool, err error) {
	name := e.Name()
	path := filepath.Join(d.path, name)
	below := join(d.below, name)
	f := func() Found { return Found{Source: path, Rel: join(d.rel, name)} }

	k := kindOf(path, e.Type())
	x = entryAt{name: name, folder: k == kindFolder, link: k == kindLink, included: d.included}
	if x.link {
		if !s.opts.FollowSymlinks {
			return x, false, s.skip(f(), s.filter.orSkip(name, below, d.included, SkipSymlink))
		}
		t, why, err := s.follow(d, name)
		if err != nil || why != "" {
			if why = s.filter.orSkip(name, below, d.included, why); why != "" {
				return x, false, s.skip(f(), why)
			}
			return x, false, s.fail(f(), err)
		}
		k = t.kind
		x.folder, x.target = k == kindFolder, t.real
	}
	if why := s.filter.skip(name, below, x.folder, false, d.included); why != "" {
		return x, false, s.skip(f(), why)
	}
	if !x.folder && k != kindFile {
		return x, false, s.skip(f(), k.skip())
	}
	if x.folder && x.link {
		if why := s.enterLink(d, x.target); why != "" {
			return x, false, s.skip(f(), why)
		}
	}
	x.included = d.included || len(s.filter.include) > 0 && s.filter.includes(name, below, x.folder)
	planned, _, refused := planSegment(name)
	if refused != "" && s.opts.Inbox.Blob == "" {
		return x, false, s.add(refuseFound(f(), refused, ""))
	}
	x.planned = planned
	return x, true, nil
}

// entry hands over a file of the folder. e is nil where the file is looked at for the second time.
func (s *scanner) entry(d *folderAt, x entryAt, e fs.DirEntry) error {
	f := Found{Source: filepath.Join(d.path, x.name), Rel: join(d.rel, x.name)}
	var info fs.FileInfo
	var err error
	if e == nil || x.link || e.Type() != 0 {
		info, err = os.Stat(f.Source)
	} else {
		info, err = e.Info()
	}
	if err != nil {
		return s.fail(f, err)
	}
	return s.file(f, info, d.root)
}

// file hands over a file with its planned name.
func (s *scanner) file(f Found, info fs.FileInfo, r *root) error {
	if b := s.opts.Inbox.Blob; b != "" {
		f.Blob = Name{Blob: b, Renamed: b != f.Rel}
	} else {
		name, err := PlanName(s.opts.Inbox.Prefix, f.Rel)
		if err != nil {
			return s.refuseName(f, err)
		}
		if r.shared {
			if owner, ok := s.names.take(name.Blob, r.number); !ok {
				other := otherSource(s.all[owner], f.Rel)
				if realPath(other) == realPath(f.Source) {
					return nil // a folder and a pattern bring it both
				}
				return s.add(refuseFound(f, NameTaken, other))
			}
		}
		f.Blob = name
	}
	f.Size, f.ModTime, f.ID = info.Size(), info.ModTime(), fileIDOf(info)
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

// refuseName hands over f with PlanName's error, which says what was planned; the source is more use to a person.
func (s *scanner) refuseName(f Found, err error) error {
	return s.add(refuseFound(f, reasonOf(err), ""))
}

// settle decides about the entries of a folder that can't keep their names: it looks through the folder once more for
// entries that own one of the names wanted, refuses what would take one away, sends the files that remain, and returns
// the subfolders that remain. Asking the system for the wanted name would not do: some of them find a file under
// another spelling of its name, and it could be this very file.
func (s *scanner) settle(ctx context.Context, d *folderAt, renamed []entryAt) ([]entryAt, error) {
	owners := make(map[string]string, len(renamed))
	for _, x := range renamed {
		owners[x.planned] = ""
	}
	readErr, err := s.read(ctx, d.path, func(e fs.DirEntry) error {
		if _, wanted := owners[e.Name()]; wanted && s.wouldSend(d, e) {
			owners[e.Name()] = e.Name()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(renamed, func(a, b entryAt) int { return strings.Compare(a.name, b.name) })
	var folders []entryAt
	for _, x := range renamed {
		f := Found{Source: filepath.Join(d.path, x.name), Rel: join(d.rel, x.name)}
		switch owner := owners[x.planned]; {
		case readErr != nil: // whether the name is free can't be known
			err = s.fail(f, readErr)
		case owner != "":
			err = s.add(refuseFound(f, NameTaken, join(d.rel, owner)))
		default:
			owners[x.planned] = x.name
			if x.folder {
				folders = append(folders, x)
			} else {
				err = s.entry(d, x, nil)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return folders, nil
}

// wouldSend reports whether an entry is a file or folder that is not left out, so that its name is taken.
func (s *scanner) wouldSend(d *folderAt, e fs.DirEntry) bool {
	k := kindOf(filepath.Join(d.path, e.Name()), e.Type())
	switch k {
	case kindFile, kindFolder:
	case kindLink:
		if !s.opts.FollowSymlinks {
			return false
		}
	default:
		return false
	}
	return s.filter.skip(e.Name(), join(d.below, e.Name()), k == kindFolder, false, d.included) == ""
}

// down returns the folder that x stands for in d.
func (s *scanner) down(d *folderAt, x entryAt) *folderAt {
	c := &folderAt{
		root: d.root, path: filepath.Join(d.path, x.name), rel: join(d.rel, x.name),
		below: join(d.below, x.name), included: x.included, hops: d.hops,
	}
	if s.opts.FollowSymlinks {
		c.real = filepath.Join(d.real, x.name)
		if x.link {
			c.real = x.target
			c.hops = append(slices.Clip(d.hops), d.real)
		}
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
