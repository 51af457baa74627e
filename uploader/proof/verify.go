package proof

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
)

// State is what became of a file. It is stable, so that it can stand in JSON output.
type State string

// The states.
const (
	Same        State = "same"
	Changed     State = "changed"
	Missing     State = "missing"
	Additional  State = "additional"   // it is there, and neither receipt nor list names it
	NotCompared State = "not-compared" // Err says why
)

// Errors of files that are not compared, beside [*problem.Error]s and [ErrUnsteady].
var (
	// ErrOutside says that a name, or a link on the way to it, leads out of the folder.
	ErrOutside = errors.New("it leads out of the folder")
	// ErrNowhere says that nobody knows where a name's folder is.
	ErrNowhere = errors.New("its folder is not known")
)

// Result is what became of one file.
type Result struct {
	Claim        // of an additional file its Name alone
	State State  // what it is
	Size  int64  // bytes now; 0 for what is missing
	Path  string // where it was looked for, absolute; empty where that is not known
	Err   error  // why it was not compared
}

// Totals counts results.
type Totals struct {
	Same, Changed, Missing, Additional, NotCompared int64 // files
	Older                                           int64 // lines of a receipt that a later one replaces
	Bytes                                           int64 // that were read
}

// Differ reports whether anything is other than it was, or may be.
func (t *Totals) Differ() bool { return t.Changed+t.Missing+t.Additional+t.NotCompared > 0 }

// Place says below which folder a claim's name lies; ok is false where nobody knows. It is called by
// one goroutine.
type Place func(Claim) (folder, name string, ok bool)

// In places all names below one folder.
func In(folder string) Place {
	return func(c Claim) (string, string, bool) { return folder, c.Name, true }
}

// Verify compares local files with the document, several at once, and hands the results to each,
// one call at a time, in the document's order. A file is the same if its size and all checksums
// are that the document has; of a size that differs nothing is read. What a link leads to counts
// as long as it stays below the folder. It blocks on the disk; the error is each's, the disk's for
// the document, or the cause of ctx's end.
func Verify(
	ctx context.Context, d *Document, where Place, each func(Result) error,
) (totals Totals, err error) {
	roots := &roots{open: map[string]*os.Root{}}
	defer roots.close()
	feed := func(ctx context.Context, push func(placed) error) error {
		for c, err := range d.current() {
			if err != nil {
				return err
			}
			if err := push(roots.place(c, where)); err != nil {
				return err
			}
		}
		return nil
	}
	totals.Older = d.older
	err = inOrder(ctx, feed, compare, func(r compared) error {
		totals.Bytes += r.read
		totals.count(r.State)
		return each(r.Result)
	})
	return totals, err
}

// count counts a file.
func (t *Totals) count(s State) {
	switch s {
	case Same:
		t.Same++
	case Changed:
		t.Changed++
	case Missing:
		t.Missing++
	case Additional:
		t.Additional++
	default:
		t.NotCompared++
	}
}

// FindAdditional hands each file to each that is there and that the document does not name: below a
// folder, for a receipt in those of its folders that the receipt names. Call it after [Verify] with
// [In] of the same folder, and its totals. What copy leaves out by itself is left out here, and
// what o says. The document itself, and of a list its siblings SHA256SUMS and MD5SUMS in the
// folder, don't count. It blocks on the disk; the error is the scan's or each's.
func FindAdditional(
	ctx context.Context, d *Document, folder string, o scan.Options, totals *Totals,
	each func(Result) error,
) error {
	var tops []string
	for top := range d.tops {
		path := filepath.Join(folder, top)
		if info, err := os.Lstat(path); err == nil && info.IsDir() {
			tops = append(tops, path)
		}
	}
	if !d.receipt {
		tops = []string{folder}
	}
	if len(tops) == 0 {
		return nil
	}
	o.Local, o.Recursive = true, true
	_, err := scan.Files(ctx, tops, o, func(found []scan.Found) error {
		for i := range found {
			f := &found[i]
			name, err := nameIn(folder, f.Source)
			if err != nil || f.Skip != "" || d.names[fingerprint(name)] || d.isList(name, f.Source) {
				continue
			}
			r := Result{Claim: Claim{Name: name}, State: Additional, Size: f.Size, Path: f.Source}
			if f.Err != nil { // what is in there can't be known
				r.State, r.Err = NotCompared, f.Err
			}
			totals.count(r.State)
			if err := each(r); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// isList reports whether a file is the document, or of a list one that stands beside it.
func (d *Document) isList(name, path string) bool {
	return path == d.path || !d.receipt && (name == "SHA256SUMS" || name == "MD5SUMS")
}

// placed is a claim and where its file is.
type placed struct {
	Claim
	root *os.Root // nil where Err says why
	name string   // in the system's own form
	path string
	err  error
}

// roots are the folders that names lie below, each opened once.
type roots struct{ open map[string]*os.Root }

// place finds the folder that a claim is about. Which name is right, as it was or as it is written,
// the folder tells.
func (r *roots) place(c Claim, where Place) placed {
	p := placed{Claim: c}
	folder, name, ok := where(c)
	p.name = filepath.FromSlash(name)
	switch {
	case !ok:
		p.err = ErrNowhere
		return p
	case !filepath.IsLocal(p.name):
		p.err = ErrOutside
		return p
	}
	if p.root = r.open[folder]; p.root == nil {
		root, err := os.OpenRoot(folder)
		if err != nil {
			if p.err = err; !errors.Is(err, fs.ErrNotExist) { // else what lay in it is missing
				p.err = source.Problem("open", folder, err)
			}
			return p
		}
		r.open[folder], p.root = root, root
	}
	if written := filepath.FromSlash(c.Written); c.Written != c.Name && filepath.IsLocal(written) {
		if _, err := p.root.Lstat(p.name); errors.Is(err, fs.ErrNotExist) {
			if _, err := p.root.Lstat(written); err == nil {
				p.name = written
			}
		}
	}
	p.path = filepath.Join(folder, p.name)
	return p
}

func (r *roots) close() {
	for _, root := range r.open {
		_ = root.Close() // it was only looked up in
	}
}

// compared is a result and how much was read for it.
type compared struct {
	Result
	read int64
}

// compare compares one file.
func compare(ctx context.Context, buf []byte, p placed) compared {
	r := compared{Result: Result{Claim: p.Claim, Path: p.path}}
	if p.err == nil {
		p.err = r.compare(ctx, buf, &p)
	}
	switch {
	case p.err == nil:
	case errors.Is(p.err, fs.ErrNotExist), errors.Is(p.err, syscall.ENOTDIR):
		r.State = Missing
	default:
		r.State, r.Err = NotCompared, p.err
	}
	return r
}

// compare finds out how a file is now.
func (r *compared) compare(ctx context.Context, buf []byte, p *placed) error {
	before, err := p.root.Stat(p.name)
	if err != nil {
		return outside(p, err)
	}
	if before.IsDir() && p.Piped && p.Bytes == 0 { // an empty folder, sent as one, has no time either
		r.State = Same
		return nil
	}
	if !before.Mode().IsRegular() { // before a named pipe would be waited for
		return source.Problem("open", p.path,
			&source.Replaced{Path: p.path, Kind: source.KindOf(before.Mode())})
	}
	r.Size = before.Size()
	if p.Bytes >= 0 && r.Size != p.Bytes {
		r.State = Changed
		return nil
	}
	file, err := p.root.OpenFile(p.name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return outside(p, err)
	}
	defer func() { _ = file.Close() }() // it was only read
	hashes := source.Hashes(0)
	if p.Hashes.SHA256 != "" {
		hashes |= source.SHA256
	}
	if p.Hashes.MD5 != "" && p.Hashes.SHA256 == "" { // SHA-256 says all that it could
		hashes |= source.MD5
	}
	sums, err := read(ctx, file, buf, p.Bytes >= 0, hashes)
	if err != nil {
		return source.Problem("read", p.path, err)
	}
	r.read, r.Size = sums.Bytes, sums.Bytes
	r.State = Changed
	if (p.Bytes < 0 || sums.Bytes == p.Bytes && sums.CRC64 == p.CRC64) &&
		sums.SHA256 == p.Hashes.SHA256 && (hashes&source.MD5 == 0 || sums.MD5 == p.Hashes.MD5) {
		r.State = Same
	}
	return nil
}

// outside returns what an error of opening a file below a folder means: where it is there, a link
// leads out of the folder.
func outside(p *placed, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return err
	}
	if _, serr := os.Stat(p.path); serr == nil && !errors.Is(err, fs.ErrPermission) {
		return ErrOutside
	}
	return source.Problem("open", p.path, err)
}
