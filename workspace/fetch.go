package workspace

import (
	"context"
	"crypto/md5" //nolint:gosec // it is what the service keeps
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/minio/crc64nvme"
	"golang.org/x/sync/errgroup"

	"inboxuploader/internal/crash"
)

const (
	fetchesAtOnce = 32
	resumableFrom = 64 << 20 // bytes; shorter files start over
)

// Fetched is the result for one file.
type Fetched struct {
	File
	Path   string   // below the folder, with slashes; "" if it could not be fetched
	CRC64  uint64   // CRC-64/NVME of the fetched content, as in the sender's receipt
	SHA256 [32]byte // of the same content
	Kept   bool     // an earlier fetch had brought it
	// Compared reports whether the content agrees with the inbox's MD5. The inbox has none for most
	// files that arrived in several blocks; for these only the length was compared.
	Compared bool
	// Agrees reports whether a checksum of the content is stated and matches.
	Agrees bool
	Err    *Error // why it could not be fetched, or nil
}

// Fetch copies files that arrived with a token, as [Workspace.Files] lists them, into a folder,
// which it creates if necessary; inside it, into the folder that the token's grant names as the
// destination. It starts the files in their order, up to 32 at once, and holds up to 64 MiB of
// their content in memory.
//
// It overwrites nothing and writes nothing outside the folder: a file gets its name when it is
// complete and agrees with the inbox's checksum, if there is one. It keeps a file that an earlier
// fetch has brought, by its size and time, and resumes a large file that was interrupted. The
// system writes to the disk in its own time, as after any copy.
//
// It also compares the files with the papers' statements, if there are any; a file that differs
// gets no name. stated may be nil. Afterwards [Statements.Missing] says which files did not come.
//
// each is called for each file, one call at a time, in no order. A problem with one file is in its
// Fetched; the error concerns all of them.
func (w *Workspace) Fetch(
	ctx context.Context, tid int, dir string, files iter.Seq2[File, error], stated *Statements,
	each func(Fetched),
) error {
	g, err := w.Grant(ctx, tid)
	if err != nil {
		return err
	}
	to, ok := localName(g.Folder)
	if !ok && g.Folder != "" {
		return refuse(FolderInvalid, shorten(g.Folder))
	}
	root, err := openFolder(dir, to)
	if err != nil {
		return folderError(err)
	}
	defer func() { _ = root.Close() }() // a folder that was only looked up in
	var one sync.Mutex
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group errgroup.Group
	group.SetLimit(fetchesAtOnce)
	for f, listErr := range files {
		if listErr != nil {
			err = listErr
			break
		}
		if ctx.Err() != nil {
			break // a file said why
		}
		s := stated.of(f.Name)
		group.Go(func() error {
			defer crash.Catch()
			done, err := w.fetchFile(ctx, g.Container, root, f, s)
			if err != nil {
				cancel(err)
				return err
			}
			if done.Path != "" {
				done.Path = path.Join(filepath.ToSlash(to), done.Path)
			}
			one.Lock()
			defer one.Unlock()
			each(done)
			return nil
		})
	}
	if fetchErr := group.Wait(); fetchErr != nil {
		return fetchErr
	}
	return err
}

// openFolder creates the folder dir and below inside it. No link may lead out of dir.
func openFolder(dir, below string) (*os.Root, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil || below == "" {
		return root, err
	}
	defer func() { _ = root.Close() }() // a folder that was only looked up in
	if err := root.MkdirAll(below, 0o777); err != nil {
		return nil, err
	}
	return root.OpenRoot(below)
}

// fetchFile fetches one file. Its error concerns more than this file.
func (w *Workspace) fetchFile(
	ctx context.Context, container string, root *os.Root, f File, s *stated,
) (Fetched, error) {
	done := Fetched{File: f}
	name, ok := localName(f.Name)
	if !ok {
		done.Err = newError("fetch", NameImpossible)
		return done, nil
	}
	sums := newChecksums(f, s)
	info, err := root.Lstat(name)
	switch {
	case err == nil && info.Mode().IsRegular() && info.Size() == f.Size &&
		info.ModTime().Equal(f.Arrived):
		done.Kept = true
		if err = sums.readFile(root, name); err == nil && !sums.isIntact() {
			err = newError("fetch", PlaceTaken)
		} else if err == nil {
			err = sums.check()
		}
	case err == nil:
		err = newError("fetch", PlaceTaken)
	default:
		err = w.fetchInto(ctx, container, root, name, f, sums)
	}
	if ctx.Err() != nil {
		return done, context.Cause(ctx)
	}
	if err != nil {
		e, ok := errors.AsType[*Error](err)
		if !ok {
			e = writeError(err)
		}
		if !errors.Is(e, ErrFile) {
			return done, e
		}
		done.Err = e
		return done, nil
	}
	done.Path, done.CRC64 = filepath.ToSlash(name), sums.crc.Sum64()
	done.Compared = f.MD5 != nil
	done.Agrees = s != nil && s.compareSums(f, &sums.content).agree
	sums.sha.Sum(done.SHA256[:0])
	return done, nil
}

// fetchInto fetches the file under a temporary name and renames it when it is complete.
func (w *Workspace) fetchInto(
	ctx context.Context, container string, root *os.Root, name string, f File, sums *checksums,
) (err error) {
	if err := root.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	part, err := openPart(root, name, f)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			part.leave(root, err)
		}
	}()
	from, err := io.Copy(sums, part.file)
	if err != nil {
		return err
	}
	if err := w.download(ctx, container, f, from, io.MultiWriter(part.file, sums)); err != nil {
		return err
	}
	if err := sums.check(); err != nil {
		return err
	}
	if err := part.file.Close(); err != nil {
		return err
	}
	if err := root.Chtimes(part.name, time.Time{}, f.Arrived); err != nil {
		return err
	}
	// Rename would replace a file that appeared in the meantime; a second look leaves only a moment
	// for that.
	if _, err := root.Lstat(name); err == nil {
		return newError("fetch", PlaceTaken)
	}
	return root.Rename(part.name, name)
}

// checksums are those of one file while it is read.
type checksums struct {
	content
	want   File
	stated *stated // or nil
	size   int64
}

func newChecksums(f File, s *stated) *checksums {
	c := &checksums{content: content{crc: crc64nvme.New(), sha: sha256.New()}, want: f, stated: s}
	c.Writer = io.MultiWriter(c.crc, c.sha)
	if f.MD5 != nil || s != nil && s.MD5 != nil {
		c.md5 = md5.New() //nolint:gosec // it is what the service keeps
		c.Writer = io.MultiWriter(c.crc, c.sha, c.md5)
	}
	return c
}

// Write implements io.Writer.
func (s *checksums) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	return s.Writer.Write(p)
}

func (s *checksums) readFile(root *os.Root, name string) error {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	_, err = io.Copy(s, f)
	return err
}

// isIntact reports whether the content has the inbox's size and MD5.
func (s *checksums) isIntact() bool {
	return s.size == s.want.Size &&
		(s.want.MD5 == nil || string(s.md5.Sum(nil)) == string(s.want.MD5))
}

// check compares the content with the inbox's size and MD5 and with the statements.
func (s *checksums) check() error {
	switch {
	case !s.isIntact():
		return newError("fetch", FileDamaged)
	case s.stated == nil:
		return nil
	case s.stated.contradicted, s.stated.Size >= 0 && s.stated.Size != s.size,
		s.stated.compareSums(s.want, &s.content).differ:
		return newError("fetch", FileDiffers)
	}
	return nil
}

// localName turns a blob's name into a path below a folder, with the system's separators. It
// returns false for a name that leads elsewhere, that two blobs would share here, or that the
// system does not allow.
func localName(name string) (string, bool) {
	if name == "" || !utf8.ValidString(name) || path.Clean(name) != name ||
		strings.ContainsRune(name, 0) {
		return "", false
	}
	if runtime.GOOS == "windows" {
		if strings.ContainsFunc(name,
			func(r rune) bool { return r < ' ' || strings.ContainsRune(`<>:"\|?*`, r) }) {
			return "", false
		}
		for part := range strings.SplitSeq(name, "/") {
			if strings.TrimRight(part, ". ") != part {
				return "", false
			}
		}
	}
	local := filepath.FromSlash(name)
	if local == "." || !filepath.IsLocal(local) {
		return "", false
	}
	return local, true
}

// writeError says why this computer could not write one file, or any.
func writeError(err error) *Error {
	const windowsDiskFull = syscall.Errno(112)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) ||
		runtime.GOOS == "windows" && errors.Is(err, windowsDiskFull) {
		return newError("fetch", NoRoom)
	}
	return because(newError("fetch", CannotWrite), err)
}

// folderError says why the folder can't be used at all.
func folderError(err error) *Error { return because(newError("fetch", FolderUnusable), err) }

// The phrases for {value} when a file can't be written.
const (
	valueSilent    = "the system does not say why"
	valueForbidden = "it is not permitted"
	valueLongName  = "a name is too long"
	valueNoFolder  = "a file stands where a folder is needed"
	valueFolder    = "a folder stands there"
	valueReadOnly  = "nothing can be written there"
	valueTaken     = "something else stands there"
)

// because sets e's value to the system's reason, in words that depend only on the error's type.
func because(e *Error, err error) *Error {
	e.Value = valueSilent
	for _, c := range []struct {
		err  error
		text string
	}{
		{fs.ErrPermission, valueForbidden},
		{syscall.ENAMETOOLONG, valueLongName},
		{syscall.ENOTDIR, valueNoFolder},
		{syscall.EISDIR, valueFolder},
		{syscall.EROFS, valueReadOnly},
		{fs.ErrExist, valueTaken},
	} {
		if errors.Is(err, c.err) {
			e.Value = c.text
			break
		}
	}
	return e
}
