package blobserver

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/internal/filelock"
)

const (
	internalDir    = ".blobserver"
	maxHeaderBytes = 64 << 10
	maxIdle        = 2 * time.Minute
	maxHeaderTime  = 10 * time.Second
	// DefaultAccount is the account's name if Config has none.
	DefaultAccount = "localinbox"
)

// Config configures a server. Only Dir is required.
type Config struct {
	// Dir is the folder for deliveries. New creates it if necessary. Only one server at a time may
	// use it, see [ErrInUse].
	Dir string
	// Account is the account's name, 3 to 24 lower-case letters and digits; DefaultAccount if
	// empty.
	Account string
	// Key signs tokens and requests. If nil, a random key is kept in Dir/.blobserver/key, readable
	// by its owner only.
	Key []byte
	// Now is the server's clock; time.Now if nil. It applies to tokens and the life of staged blocks,
	// not to network time limits.
	Now func() time.Time
	// Stall is how long a body may make no progress before the server gives up the request; one
	// minute if 0. A request's whole header must arrive within the same time, at most 10 s.
	Stall time.Duration
	// Record keeps all Requests of the server, for tests. Counters are always kept.
	Record bool
	// Before and After are called around every authorised operation, see [Answer]; nil answers as
	// usual. Many goroutines call them at once.
	Before func(*Op) *Answer
	After  func(op *Op, status int) *Answer
	// Faults is a script of faults to inject; nil for none. It applies when the hooks return nil.
	Faults *Faults
	// Log receives one line for each event that a person should know about, never a query or a
	// signature. Discarded if nil.
	Log *slog.Logger
}

// Server is a local inbox. Any number of goroutines may call its methods.
type Server struct {
	cfg  Config
	key  []byte
	now  func() time.Time
	log  *slog.Logger
	root *os.Root
	lock *filelock.File
	done context.Context
	stop context.CancelFunc

	mu         sync.Mutex // guards containers and closed
	containers map[string]*container
	closed     bool
	making     sync.Mutex // one container at a time is created or removed

	running  sync.WaitGroup // running requests
	lastETag atomic.Int64
	seq      atomic.Int64
	journal  recorder
	buffers  sync.Pool
}

// ErrInUse is New's error if another server uses the folder, in this process or another.
var ErrInUse = errors.New("another local inbox runs over the folder")

// New opens the folder and restores the containers, policies and blobs of earlier servers, but no
// staged blocks. It blocks for as long as reading takes. Close the server when it is no longer
// used.
func New(cfg Config) (*Server, error) {
	if cfg.Account == "" {
		cfg.Account = DefaultAccount
	}
	if !checkAccountName(cfg.Account) {
		return nil, errors.New("account name: want 3 to 24 lower-case letters and digits")
	}
	if cfg.Stall <= 0 {
		cfg.Stall = time.Minute
	}
	s := &Server{cfg: cfg, now: cfg.Now, log: cfg.Log, key: cfg.Key, containers: map[string]*container{}}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.buffers.New = func() any { b := make([]byte, bufferSize); return &b }
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	root, err := os.OpenRoot(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	s.root = root
	s.done, s.stop = context.WithCancel(context.Background())
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// open reads the folder.
func (s *Server) open() error {
	for _, d := range []string{"", "containers", "trash"} {
		if err := s.root.MkdirAll(path.Join(internalDir, d), 0o700); err != nil {
			return fmt.Errorf("open folder: %w", err)
		}
	}
	if err := s.claim(); err != nil {
		return err
	}
	if s.key == nil {
		if err := s.loadKey(); err != nil {
			return err
		}
	}
	for _, d := range []string{"trash", "containers"} {
		dir := path.Join(internalDir, d)
		found, err := fs.ReadDir(s.root.FS(), dir)
		if err != nil {
			return fmt.Errorf("open folder: %w", err)
		}
		for _, f := range found {
			p := path.Join(dir, f.Name())
			if _, err := s.root.Lstat(path.Join(p, "state.json")); d == "trash" ||
				errors.Is(err, fs.ErrNotExist) {
				if err := s.root.RemoveAll(p); err != nil { // never existed for anybody, or no longer
					return fmt.Errorf("open folder: %w", err)
				}
				continue
			}
			c := newContainer(s, strings.TrimSuffix(f.Name(), "_"))
			if err := c.recover(); err != nil {
				return fmt.Errorf("container %s: %w", c.name, err)
			}
			s.containers[c.name] = c
		}
	}
	return nil
}

// claim locks the folder until Close: two servers would not know each other's blobs, and would
// remove each other's files.
func (s *Server) claim() error {
	lock, err := filelock.Open(filepath.Join(s.cfg.Dir, internalDir, "lock"), os.O_CREATE)
	if err != nil {
		return fmt.Errorf("lock folder: %w", err)
	}
	s.lock = lock
	if err := lock.Try(true); errors.Is(err, filelock.ErrLocked) {
		return ErrInUse
	} else if err != nil {
		return fmt.Errorf("lock folder: %w", err)
	}
	return nil
}

// loadKey reads the folder's key or creates one.
func (s *Server) loadKey() error {
	file := path.Join(internalDir, "key")
	text, err := s.root.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		s.key = make([]byte, 64) // as long as the service's
		if _, err := rand.Read(s.key); err != nil {
			return fmt.Errorf("make key: %w", err)
		}
		return s.writeFile(file, []byte(base64.StdEncoding.EncodeToString(s.key)), 0o600)
	}
	if err != nil {
		return fmt.Errorf("read key: %w", err)
	}
	s.key, err = base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(s.key) == 0 {
		return errors.New("read key: the file is not base64")
	}
	return nil
}

// Account returns the account's name.
func (s *Server) Account() string { return s.cfg.Account }

// Key returns a copy of the account's key. It is a secret.
func (s *Server) Key() []byte { return append([]byte(nil), s.key...) }

// Serve answers on l until ctx ends or Close is called, then waits for running requests and returns
// nil. It closes l, which must be on loopback.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if !isLoopback(l.Addr().String()) {
		return errors.Join(fmt.Errorf("%s can be reached by other machines", l.Addr()), l.Close())
	}
	srv := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: min(maxHeaderTime, s.cfg.Stall),
		IdleTimeout:       maxIdle,
		MaxHeaderBytes:    maxHeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return s.done },
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	ctx, cancel := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	go func() { //nolint:gosec // what it does begins where ctx ends
		defer crash.Catch()
		select {
		case <-ctx.Done():
		case <-s.done.Done():
		}
		grace, end := context.WithTimeout(context.Background(), graceTime)
		defer end()
		err := srv.Shutdown(grace)
		if errors.Is(err, context.DeadlineExceeded) {
			err = srv.Close()
		}
		stopped <- err
	}()
	err := srv.Serve(l)
	cancel()
	if stop := <-stopped; errors.Is(err, http.ErrServerClosed) {
		return stop
	}
	return fmt.Errorf("serve: %w", err)
}

// graceTime is how long Serve waits for requests before it ends.
const graceTime = 2 * time.Second

// Close ends stalls, refuses new requests with ServerBusy, waits for running requests and unlocks
// the folder. It may be called more than once.
func (s *Server) Close() error {
	s.stop()
	s.mu.Lock()
	was := s.closed
	s.closed = true
	s.mu.Unlock()
	if was {
		return nil
	}
	s.running.Wait()
	var err error
	for _, c := range s.containers {
		if c.log != nil {
			err = errors.Join(err, c.close())
		}
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return errors.Join(err, s.root.Close())
}

// isLoopback reports whether only this machine can reach the address.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// writeFile replaces a file in one step: after a kill it is either the old or the new one.
func (s *Server) writeFile(name string, text []byte, mode fs.FileMode) error {
	tmp := name + ".new"
	f, err := s.root.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, s.root.Remove(tmp))
	}
	return s.root.Rename(tmp, name)
}

// bufferSize is how many bytes of a body one request holds in memory.
const bufferSize = 256 << 10

// pour copies exactly size bytes of body to f at off and adds them to sums.
func (s *Server) pour(f *os.File, off int64, body io.Reader, size int64, sums io.Writer) error {
	b, _ := s.buffers.Get().(*[]byte) // nothing else is put in
	defer s.buffers.Put(b)
	for size > 0 {
		n, err := io.ReadFull(body, (*b)[:min(size, bufferSize)])
		if err != nil {
			return bodyError{err}
		}
		if _, err := f.WriteAt((*b)[:n], off); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		_, _ = sums.Write((*b)[:n]) // a hash never fails
		off += int64(n)
		size -= int64(n)
	}
	return nil
}

// bodyError marks that a body did not arrive because of the client, not the disk.
type bodyError struct{ error }

func (e bodyError) Unwrap() error { return e.error }

// etag returns a new entity tag; no two are equal in one folder.
func (s *Server) etag() string {
	for {
		last := s.lastETag.Load()
		next := max(last+1, time.Now().UnixNano())
		if s.lastETag.CompareAndSwap(last, next) {
			return fmt.Sprintf(`"0x%X"`, next)
		}
	}
}

// newID returns a random name for a file.
func newID() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return hex.EncodeToString(b[:])
}
