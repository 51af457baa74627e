package workspace

import (
	"context"
	"crypto/md5" //nolint:gosec // it is what the service keeps
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/minio/crc64nvme"
	"golang.org/x/sync/errgroup"

	"inboxuploader/internal/crash"
)

const (
	fetchesAtOnce = 8
	fetchTries    = 5         // of one file without a byte of progress between them
	fetchBuffer   = 256 << 10 // bytes
)

// errStill is why a connection without progress is given up.
var errStill = errors.New("no progress")

// Fetched is what became of one file.
type Fetched struct {
	File
	Path   string   // where it is, below the folder, with slashes; "" if it could not be fetched
	CRC64  uint64   // CRC-64/NVME of what is there, as in the sender's receipt
	SHA256 [32]byte // the same
	Kept   bool     // an earlier fetch had brought it
	Err    *Error   // why it could not be fetched, or nil
}

// Fetch copies what arrived with a token into a folder, which is made if it is not there; below it,
// into the folder that the token's grant names as the destination. Nothing is overwritten and
// nothing is written outside: a file gets its name when it is complete and agrees with the
// checksum, if the inbox holds one. A file that an earlier fetch has brought, by its size and time,
// is left as it is. each is called for each file, one call at a time, in no order. What is wrong
// with one file stands in its Fetched; the error is about all of them.
func (w *Workspace) Fetch(ctx context.Context, tid int, dir string, each func(Fetched)) error {
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
	for f, listErr := range w.Files(ctx, tid) {
		if listErr != nil {
			err = listErr
			break
		}
		group.Go(func() error {
			defer crash.Catch()
			done, err := w.fetchFile(ctx, g.Container, root, f)
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

// openFolder makes the folder dir, and below inside it, which no link may lead out of.
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

// fetchFile fetches one file. Its error is about more than this file.
func (w *Workspace) fetchFile(
	ctx context.Context, container string, root *os.Root, f File,
) (Fetched, error) {
	done := Fetched{File: f}
	name, ok := localName(f.Name)
	if !ok {
		done.Err = newError("fetch", NameImpossible)
		return done, nil
	}
	sums := newSums(f)
	info, err := root.Lstat(name)
	switch {
	case err == nil && info.Mode().IsRegular() && info.Size() == f.Size &&
		info.ModTime().Equal(f.Arrived):
		done.Kept = true
		if err = sums.readFile(root, name); err == nil && sums.check() != nil {
			err = newError("fetch", PlaceTaken)
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
	sums.sha.Sum(done.SHA256[:0])
	return done, nil
}

// fetchInto brings the file under another name first and gives it its own when it is complete.
func (w *Workspace) fetchInto(
	ctx context.Context, container string, root *os.Root, name string, f File, sums *sums,
) (err error) {
	if err := root.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	part := filepath.Join(filepath.Dir(name), ".fetch-"+rand.Text()+".part")
	out, err := root.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = out.Close()       // maybe closed already
			_ = root.Remove(part) // what can't be removed has a name that says what it is
		}
	}()
	if err := w.download(ctx, container, f, io.MultiWriter(out, sums)); err != nil {
		return err
	}
	if err := sums.check(); err != nil {
		return err
	}
	if err := errors.Join(out.Sync(), out.Close()); err != nil {
		return err
	}
	if err := root.Chtimes(part, time.Time{}, f.Arrived); err != nil {
		return err
	}
	// Rename would replace what came in the meantime; a second look leaves no more than a moment
	// for that.
	if _, err := root.Lstat(name); err == nil {
		return newError("fetch", PlaceTaken)
	}
	return root.Rename(part, name)
}

// download writes the blob's bytes, each once and in order. After a fault it goes on where it
// stopped, on condition that the blob is still the same.
func (w *Workspace) download(ctx context.Context, container string, f File, out io.Writer) error {
	var off int64
	var last error
	for tries, wait := 0, time.Duration(0); tries < fetchTries; tries++ {
		if tries > 0 {
			wait = max(2*wait, w.delay)
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(wait):
			}
		}
		n, err := w.downloadFrom(ctx, container, f, off, out)
		if off += n; n > 0 {
			tries, wait = 0, 0
		}
		switch e, ok := errors.AsType[*Error](err); {
		case err == nil && off == f.Size:
			return nil
		case err == nil:
			last = newError("fetch", NetworkDown) // it ended early
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !ok || !errors.Is(e, ErrBusy):
			return err
		default:
			last = err
		}
	}
	return last
}

// downloadFrom reads the blob from an offset as far as it gets, and returns how many bytes it
// wrote.
func (w *Workspace) downloadFrom(
	ctx context.Context, container string, f File, off int64, out io.Writer,
) (int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	still := time.AfterFunc(w.stall, func() { defer crash.Catch(); cancel(errStill) })
	defer still.Stop()
	c := call{op: "fetch", method: http.MethodGet, container: container, blob: f.Name, want: http.StatusOK, header: http.Header{"If-Match": {f.ETag}}}
	if off > 0 {
		c.want = http.StatusPartialContent
		c.header["Range"] = []string{fmt.Sprintf("bytes=%d-", off)}
	}
	resp, err := w.do(policy.WithRetryOptions(ctx, policy.RetryOptions{MaxRetries: -1}), c)
	if err != nil {
		if errors.Is(err, errStill) {
			return 0, newError("fetch", NetworkDown)
		}
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	buffer := make([]byte, fetchBuffer)
	var n int64
	for {
		got, err := resp.Body.Read(buffer)
		if got > 0 {
			if off+n+int64(got) > f.Size {
				return n, newError("fetch", FileChanged)
			}
			if _, err := out.Write(buffer[:got]); err != nil {
				return n, err
			}
			n += int64(got)
			still.Reset(w.stall)
		}
		switch {
		case errors.Is(err, io.EOF):
			return n, nil
		case errors.Is(context.Cause(ctx), errStill):
			return n, newError("fetch", NetworkDown)
		case err != nil:
			return n, w.unanswered("fetch", err)
		}
	}
}

// sums are the checksums of one file while it is read.
type sums struct {
	want   File
	crc    hash.Hash64
	sha    hash.Hash
	md5    hash.Hash // nil where the inbox holds none
	writer io.Writer
	size   int64
}

func newSums(f File) *sums {
	s := &sums{want: f, crc: crc64nvme.New(), sha: sha256.New()}
	s.writer = io.MultiWriter(s.crc, s.sha)
	if f.MD5 != nil {
		s.md5 = md5.New() //nolint:gosec // it is what the service keeps
		s.writer = io.MultiWriter(s.crc, s.sha, s.md5)
	}
	return s
}

// Write implements io.Writer.
func (s *sums) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	return s.writer.Write(p)
}

func (s *sums) readFile(root *os.Root, name string) error {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	_, err = io.Copy(s, f)
	return err
}

// check compares what was read with what the inbox says of the file.
func (s *sums) check() error {
	if s.size != s.want.Size || s.md5 != nil && string(s.md5.Sum(nil)) != string(s.want.MD5) {
		return newError("fetch", FileDamaged)
	}
	return nil
}

// localName turns a blob's name into a path below a folder, with the system's separators. It
// returns false for a name that would lead elsewhere, or that two blobs would share here, or that
// the system can't have.
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

// What stands for {value} where something can't be written.
const (
	valueSilent    = "the system does not say why"
	valueForbidden = "it is not permitted"
	valueLongName  = "a name is too long"
	valueNoFolder  = "a file stands where a folder is needed"
	valueFolder    = "a folder stands there"
	valueReadOnly  = "nothing can be written there"
	valueTaken     = "something else stands there"
)

// because puts into e what the system says, in words that depend on the error's type alone.
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
