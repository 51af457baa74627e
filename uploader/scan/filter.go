package scan

import (
	"path/filepath"
	"runtime"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"inboxuploader/uploader/problem"
)

// foldNames makes patterns ignore case, as file names do on Windows. macOS ignores it by default,
// too, but a folder there may lie on a disk that does not; then what a person typed is more exact
// than our guess.
const foldNames = runtime.GOOS == "windows"

// junkPattern is an entry of the default list of exclusions: files that a system or a program keeps
// for itself and recreates, and that nobody collected as data.
type junkPattern struct {
	text   string // doublestar, matched against the base name
	folder bool   // matches folders only, with all they contain; else files only
}

// junk is the default list. It is short on purpose, since it leaves out files in a folder that the
// person asked to send. It has nothing that can be somebody's data or the only copy of anything: no
// *.log, *.tmp, *.bak, *.swp (unsaved work), *.pyc outside __pycache__, *.exe,
// .RData, .Rhistory, .env, build, venv or node_modules; those are for --exclude. Hidden files are
// sent like others.
var junk = []junkPattern{
	{".DS_Store", false},                // macOS: how a window of this folder looks
	{"._*", false},                      // macOS: extra attributes of a file on a foreign disk
	{".apdisk", false},                  // macOS: a shared disk's identity
	{"Icon\r", false},                   // macOS: a folder's icon
	{".localized", false},               // macOS: marks a folder with a translated name
	{".Spotlight-V100", true},           // macOS: search index of a disk
	{".Trashes", true},                  // macOS: a disk's waste bin
	{".fseventsd", true},                // macOS: a disk's log of changes
	{".TemporaryItems", true},           // macOS: half-written files of programs
	{".DocumentRevisions-V100", true},   // macOS: a disk's older versions
	{"[Tt]humbs.db", false},             // Windows: previews of pictures
	{"ehthumbs.db", false},              // Windows: previews of films
	{"[Dd]esktop.ini", false},           // Windows: how a folder looks
	{"$RECYCLE.BIN", true},              // Windows: a disk's waste bin
	{"System Volume Information", true}, // Windows: a disk's restore points
	{".Trash-*", true},                  // Linux: a disk's waste bin
	{".directory", false},               // Linux (KDE): how a folder looks
	{".nfs[0-9a-f]*", false},            // Linux: a deleted file that is still open on a network disk
	{".fuse_hidden*", false},            // Linux: the same on other disks
	{"~$*", false},                      // Microsoft Office: who has a document open
	{".~lock.*#", false},                // LibreOffice: who has a document open
	{".git", true},                      // Git: history
	{".hg", true},                       // Mercurial: history
	{".svn", true},                      // Subversion: copies of the files
	{"__pycache__", true},               // Python: compiled copies of programs
	{".venv", true},                     // Python: installed packages
	{"*.egg-info", true},                // Python: a package's description, made when it is built
	{".pytest_cache", true},             // Python: results of the last tests
	{".mypy_cache", true},               // Python: results of the last check
	{".ruff_cache", true},               // Python: results of the last check
	{".ipynb_checkpoints", true},        // Jupyter: automatic copies of notebooks
	{".Rproj.user", true},               // RStudio: the state of its windows
}

// filter decides by name which entries of a folder to send. It belongs to one goroutine, since it
// remembers which patterns matched something.
type filter struct {
	include, exclude []pattern
	junk             bool
	list             *list // nil: send all
}

// pattern is one of the person's patterns.
type pattern struct {
	given  string // as the person wrote it
	text   string
	path   bool   // has a slash: matched against the path below the root, else against the base name
	folder bool   // ended with a slash: matches folders only
	inRoot string // the rest after the root's own name; empty if the pattern does not begin with it
	hit    bool   // has matched something
}

// Check returns nil if the options are valid, else a [*problem.Error] with PatternInvalid,
// FolderInvalid, ListUnreadable or ListOutside. It reads the list of FilesFrom, and blocks on the
// disk for it.
func (o Options) Check() error {
	_, err := newFilter(o)
	return err
}

// newFilter checks the options; its errors are those of Check.
func newFilter(opts Options) (*filter, error) {
	f := &filter{junk: !opts.NoDefaultExcludes}
	err := opts.CheckFolder()
	if err != nil {
		return nil, err
	}
	if f.include, err = newPatterns(opts.Include); err != nil {
		return nil, err
	}
	if f.exclude, err = newPatterns(opts.Exclude); err != nil {
		return nil, err
	}
	if opts.FilesFrom != "" {
		if f.list, err = readList(opts.FilesFrom); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// CheckFolder returns an error with FolderInvalid if Folder can't be a folder in the inbox exactly
// as written, or if the token is for a single blob.
func (o *Options) CheckFolder() error {
	if o.Folder == "" {
		return nil
	}
	if n, err := PlanName("", o.Folder); err == nil && !n.Renamed && o.Inbox.Blob == "" {
		return nil
	}
	e := problem.New("folder", "", problem.FolderInvalid)
	e.Value = o.Folder
	return e
}

func newPatterns(texts []string) ([]pattern, error) {
	var ps []pattern
	for _, text := range texts {
		p := pattern{given: text, text: filepath.ToSlash(text)}
		if foldNames {
			p.text = strings.ToLower(p.text)
		}
		p.text = strings.TrimPrefix(p.text, "./")
		p.path = strings.Contains(strings.TrimSuffix(p.text, "/"), "/")
		p.folder = strings.HasSuffix(p.text, "/")
		p.text = strings.Trim(p.text, "/")
		if p.text == "" || !doublestar.ValidatePattern(p.text) {
			e := problem.New("pattern", "", problem.PatternInvalid)
			e.Value = text
			return nil, e
		}
		ps = append(ps, p)
	}
	return ps, nil
}

// enter prepares the filter for the entries below a root of that name, with which patterns may
// begin.
func (f *filter) enter(root string) {
	if foldNames {
		root = strings.ToLower(root)
	}
	for _, ps := range [][]pattern{f.include, f.exclude} {
		for i := range ps {
			ps[i].inRoot = ""
			if rest, ok := strings.CutPrefix(ps[i].text, root+"/"); ok && root != "" {
				ps[i].inRoot = rest
			}
		}
	}
}

// unmatched returns the patterns that matched nothing, as the person wrote them.
func unmatched(ps []pattern) (given []string) {
	for i := range ps {
		if !ps[i].hit {
			given = append(given, ps[i].given)
		}
	}
	return given
}

// skip returns why the entry is not sent, or "". below is its path relative to the root. explicit
// is true for what the person named itself: the default list does not apply to it. included is true
// below a folder that matched an include pattern. A folder is not skipped for want of an include
// pattern, since what it contains may match.
func (f *filter) skip(name, below string, folder, explicit, included bool) SkipReason {
	switch {
	case matchAny(f.exclude, name, below, folder):
		return SkipExcluded
	case f.junk && !explicit && isJunk(name, folder):
		return SkipJunk
	case !folder && !included && !f.includes(name, below, folder):
		return SkipNotIncluded
	}
	return ""
}

// isListed reports whether what lies in a folder is to be sent by the list, if there is one, or is
// on the way to that.
func (f *filter) isListed(in *folderAt, below string) (named, onTheWay bool) {
	if f.list == nil {
		return true, false
	}
	named, onTheWay = f.list.has(below)
	return named || in.listed, onTheWay
}

// includes reports whether the include patterns, if any, name this entry.
func (f *filter) includes(name, below string, folder bool) bool {
	return len(f.include) == 0 || matchAny(f.include, name, below, folder)
}

func matchAny(ps []pattern, name, below string, folder bool) bool {
	if len(ps) == 0 {
		return false
	}
	if foldNames {
		name, below = strings.ToLower(name), strings.ToLower(below)
	}
	matched := false
	for i := range ps {
		p := &ps[i]
		if matched && p.hit {
			continue // only patterns without a hit are still of interest
		}
		if (folder || !p.folder) && p.matches(name, below) {
			matched, p.hit = true, true
		}
	}
	return matched
}

func (p *pattern) matches(name, below string) bool {
	if !p.path {
		return doublestar.MatchUnvalidated(p.text, name)
	}
	return doublestar.MatchUnvalidated(p.text, below) || p.inRoot != "" &&
		doublestar.MatchUnvalidated(p.inRoot, below)
}

func isJunk(name string, folder bool) bool {
	for i := range junk {
		if junk[i].folder == folder && doublestar.MatchUnvalidated(junk[i].text, name) {
			return true
		}
	}
	return false
}

// orSkip returns why a link that is not followed is left out: the reason for its name, or else why.
func (f *filter) orSkip(name, below string, included bool, why SkipReason) SkipReason {
	if named := f.skip(name, below, false, false, included); named != "" {
		return named
	}
	return why
}
