package scan

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"syscall"

	"github.com/bmatcuk/doublestar/v4"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// root is one starting point of a scan.
type root struct {
	path     string      // absolute
	own      string      // its own name, with which patterns may begin; empty for a whole Unix file system
	rel      string      // what Rel begins with; may be empty
	explicit bool        // named by the person, not found by a pattern
	at       source.Path // where it lies, with all links followed except, if a pattern found it, its own
	number   int32
	shared   bool // another root's blobs begin with the same segment
}

// roots scans all roots, starting with those that keep their own names, so that they win over
// renamed ones.
func (s *scanner) roots(ctx context.Context, args []string) error {
	var all []*root
	for _, arg := range args {
		found, failed, err := s.expandRoot(ctx, arg)
		if err != nil {
			return err
		}
		if failed != nil {
			if err := s.add(Found{Source: failed.Path, Rel: filepath.Base(arg), Err: failed}); err != nil {
				return err
			}
		}
		all = append(all, found...)
	}
	for _, r := range all {
		r.rel = s.relOf(r)
	}
	sort.SliceStable(all,
		func(i, j int) bool { return !renamedRoot(all[i]) && renamedRoot(all[j]) })
	s.all = all
	first := map[string]int{}
	for i, r := range all {
		r.number = int32(i)
		first[firstSegment(r.own)]++
	}
	same := map[[2]string]bool{}
	for _, r := range all {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		r.shared = first[firstSegment(r.own)] > 1 || s.opts.Contents && len(all) > 1
		if r.shared {
			key := [2]string{r.rel, place(r.path)}
			if same[key] {
				continue // named twice
			}
			same[key] = true
			if s.names == nil {
				s.names = nameSet{}
			}
		}
		if err := s.root(ctx, r); err != nil {
			return err
		}
	}
	return s.missing(all)
}

// missing reports the lines of the list that were not found.
func (s *scanner) missing(roots []*root) error {
	if s.filter.list == nil || len(roots) == 0 {
		return nil
	}
	r := roots[0]
	for _, line := range s.filter.list.missing() {
		f := Found{Source: filepath.Join(r.path, filepath.FromSlash(line)), Rel: path.Join(r.rel, line)}
		if err := s.add(refuseFound(f, problem.SourceMissing, "")); err != nil {
			return err
		}
	}
	return nil
}

// relOf returns the start of Rel below a root.
func (s *scanner) relOf(r *root) string {
	own := r.own
	if s.opts.Contents && r.explicit {
		if fi, err := os.Stat(r.path); err == nil && fi.IsDir() {
			own = ""
		}
	}
	return path.Join(s.opts.Folder, own)
}

// Wildcards are the characters that make a path a pattern.
const Wildcards = "*?[{"

// expandRoot returns the roots that an argument stands for, or why it stands for none. err is ctx's
// cause or emit's.
func (s *scanner) expandRoot(
	ctx context.Context, arg string,
) (roots []*root, failed *problem.Error, err error) {
	if arg == "" { // filepath.Abs would make the current folder of it
		return nil, problem.New("scan", arg, problem.SourceMissing), nil
	}
	abs, err := filepath.Abs(arg)
	if err != nil {
		return nil, source.Problem("scan", arg, err), nil
	}
	if strings.HasSuffix(filepath.ToSlash(arg), "/") && filepath.Dir(abs) != abs {
		// A slash at the end says that it must be a folder; the system checks that.
		_, err = os.Stat(abs + string(filepath.Separator))
	} else {
		_, err = os.Lstat(abs)
	}
	if err == nil {
		return []*root{{path: abs, own: ownName(abs), explicit: true}}, nil, nil
	}
	failed = rootProblem(abs, err)
	if strings.ContainsAny(arg, Wildcards) {
		var told bool
		if roots, told, err = s.glob(ctx, abs); err != nil {
			return nil, nil, err
		}
		if len(roots) > 0 || told {
			failed = nil
		}
	}
	return roots, failed, nil
}

// rootProblem returns why a root can't be looked at. It may never have existed, so it is missing
// rather than gone.
func rootProblem(path string, err error) *problem.Error {
	e := source.Problem("scan", path, err)
	if e.Reason == problem.SourceGone {
		return problem.New("scan", path, problem.SourceMissing)
	}
	return e
}

// ownName returns the last segment of an absolute path: for a whole disk on Windows its letter with
// the colon, for a whole Unix file system nothing.
func ownName(abs string) string {
	if filepath.Dir(abs) != abs {
		return filepath.Base(abs)
	}
	return strings.Trim(filepath.ToSlash(filepath.VolumeName(abs)), "/")
}

// SplitPattern splits an absolute pattern into the folder that it starts in and the pattern below
// that, with slashes. It takes a part that exists literally: "data [old]" is the folder of that
// name, if there is one. It looks at the disk for each part up to the first that doesn't exist.
func SplitPattern(pattern string) (base, below string) {
	// doublestar.FilepathGlob would drop one of the two backslashes at the start of a share.
	base, below = doublestar.SplitPattern(filepath.ToSlash(pattern))
	base = filepath.FromSlash(base)
	for {
		part, rest, more := strings.Cut(below, "/")
		next := filepath.Join(base, part)
		if !more || !exists(next) {
			return base, below
		}
		base, below = next, rest
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// glob returns the matches of an absolute pattern and reports the folders that it can't read; told
// is whether there are any. A pattern with ** finds only files, since each folder on the way would
// bring the same files again. The error is ctx's cause or emit's.
func (s *scanner) glob(ctx context.Context, pattern string) (roots []*root, told bool, err error) {
	var options []doublestar.GlobOption
	if strings.Contains(pattern, "**") {
		options = append(options, doublestar.WithFilesOnly(), doublestar.WithNoFollow())
	}
	base, rest := SplitPattern(pattern)
	at := func(m string) string { return filepath.Join(base, filepath.FromSlash(m)) }
	in, err := source.Resolve(base)
	if err != nil {
		in = source.Path{Root: base} // reading it says what is wrong
	}
	var matches []string
	var folders *globbed
	crowded, err := s.uncrowded(ctx, func() error {
		folders = &globbed{in: in, follow: s.opts.FollowSymlinks, unread: map[string]error{}, links: map[string]bool{}}
		// An invalid pattern was meant as a name, which no file has.
		matches, _ = doublestar.Glob(folders, rest, options...)
		return folders.crowded
	})
	if err != nil {
		return nil, false, err
	}
	if crowded != nil {
		folders.unread["."] = crowded
	}
	for _, m := range matches {
		roots = append(roots, &root{path: at(m), own: m, at: in.Join(filepath.FromSlash(m))})
	}
	for _, name := range slices.Sorted(maps.Keys(folders.links)) {
		told = true
		f := Found{Source: at(name), Rel: name}
		if err := s.skip(f, s.filter.orSkip(path.Base(name), name, false,
			SkipSymlink)); err != nil {
			return nil, told, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(folders.unread)) {
		if s.filter.skip(path.Base(name), name, true, false, false) != "" {
			continue
		}
		told = true
		if err := s.fail(Found{Source: at(name), Rel: name}, folders.unread[name]); err != nil {
			return nil, told, err
		}
	}
	return roots, told, nil
}

// globbed is the file system in which a pattern is matched. It records the folders that can't be
// read, which doublestar ignores, and the links that it does not follow.
type globbed struct {
	in      source.Path      // the folder that the pattern names
	follow  bool             // follow links below that
	crowded error            // too many files are open
	unread  map[string]error // other errors, by the folder's name
	links   map[string]bool  // to folders, by their names
}

// Open implements fs.FS. It always fails: a pattern needs no file's content.
func (g *globbed) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
}

// path returns where something lies.
func (g *globbed) path(name string) source.Path {
	if name == "." {
		return g.in
	}
	return g.in.Join(filepath.FromSlash(name))
}

// ReadDir implements fs.ReadDirFS.
func (g *globbed) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := g.readDir(g.path(name))
	switch {
	case source.Crowded(err):
		g.crowded = err
	case err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
		g.unread[name] = err
	}
	return entries, err
}

func (g *globbed) readDir(at source.Path) ([]fs.DirEntry, error) {
	if g.follow {
		return os.ReadDir(at.String())
	}
	dir, err := at.OpenDir()
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }() // it was only read
	entries, err := dir.Read(-1)
	slices.SortFunc(entries,
		func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// Stat implements fs.StatFS. doublestar calls it for entries on the way to a possible match.
func (g *globbed) Stat(name string) (fs.FileInfo, error) {
	path := g.path(name).String()
	fi, err := os.Stat(path)
	if err != nil || g.follow {
		return fi, err
	}
	lstat, err := os.Lstat(path)
	if err == nil && fi.IsDir() && !lstat.IsDir() {
		g.links[name] = true
	}
	return lstat, err
}

// renamedRoot reports whether the service would change the root's own name.
func renamedRoot(r *root) bool {
	n, err := PlanName("", r.own)
	return err == nil && n.Renamed
}

// firstSegment returns the first segment of the blobs' names below a root.
func firstSegment(rel string) string {
	own, _, _ := strings.Cut(rel, "/")
	planned, _, _ := planSegment(own)
	return planned
}

// place returns a path with all links followed, or as it is if nothing is there.
func place(path string) string {
	if at, err := source.Resolve(path); err == nil {
		return at.String()
	}
	return path
}

// root scans one root.
func (s *scanner) root(ctx context.Context, r *root) error {
	name := filepath.Base(r.path)
	s.filter.enter(r.own)
	info, why, err := s.enterRoot(ctx, r)
	f := Found{Source: r.path, Rel: r.rel, At: r.at}
	switch {
	case r.explicit && errors.Is(err, fs.ErrNotExist): // a link to nothing
		return s.add(refuseFound(f, problem.SourceMissing, ""))
	case err != nil:
		return s.fail(f, err)
	case why == SkipSymlink:
		return s.skip(f, s.filter.orSkip(name, name, false, why))
	case why != "":
		return s.skip(f, why)
	}
	if d := source.DiskOf(r.path, info.ID); d != s.disk {
		if err := s.flush(); err != nil {
			return err
		}
		s.disk = d
	}
	folder := info.Kind == source.Folder
	if r.own != "" {
		if why := s.filter.skip(name, name, folder, r.explicit, false); why != "" {
			return s.skip(f, why)
		}
	}
	switch {
	case folder && s.filter.list != nil && r.explicit:
		return s.walk(ctx, &folderAt{root: r, path: r.path, rel: r.rel, at: r.at})
	case folder && !s.opts.Recursive && r.explicit:
		return s.add(refuseFound(f, problem.SourceIsFolder, ""))
	case folder && !s.opts.Recursive:
		return s.skip(f, SkipFolder)
	case folder:
		return s.walk(ctx, &folderAt{root: r, path: r.path, rel: r.rel, at: r.at})
	case info.Kind != source.File && r.explicit:
		return s.add(refuseFound(f, problem.SourceNotAFile, info.Kind.Words()))
	case info.Kind != source.File:
		return s.skip(f, skipKind(info.Kind))
	}
	return s.file(f, info, r)
}

// enterRoot finds out what a root is and where it lies. It follows the links in a path that a
// person named. In a path that a pattern found, it follows them only with FollowSymlinks, and out
// of the folder that the pattern names only with FollowOutside.
func (s *scanner) enterRoot(
	ctx context.Context, r *root,
) (info source.Info, why SkipReason, err error) {
	if !r.explicit && !s.opts.FollowSymlinks {
		if info, err = s.stat(ctx, r.at); err == nil && info.Kind == source.Link {
			why = SkipSymlink
		}
		return info, why, err
	}
	fi, err := os.Stat(r.path)
	if err != nil {
		return info, "", err
	}
	if k := source.KindOf(fi.Mode()); k != source.File && k != source.Folder &&
		k != source.Irregular {
		return source.Info{Kind: k}, "", nil // a program's pipe has no path of its own
	}
	in := r.at.Root
	if r.at, err = source.Resolve(r.path); err != nil {
		return info, "", err
	}
	if info, err = s.stat(ctx, r.at); err != nil || r.explicit {
		return info, "", err
	}
	if !source.IsBelow(r.at.String(), in) {
		if !s.opts.FollowOutside {
			return info, SkipOutside, nil
		}
		s.totals.Outside++
	}
	return info, "", nil
}

// fail hands over f with the reason why it can't be sent.
func (s *scanner) fail(f Found, err error) error {
	if ended, ok := errors.AsType[*endedError](err); ok {
		return ended.error
	}
	f.Err = source.Problem("scan", f.Source, err)
	return s.add(f)
}

func (s *scanner) skip(f Found, why SkipReason) error {
	f.Skip = why
	return s.add(f)
}
