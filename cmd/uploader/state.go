package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/problem"
)

const (
	logName = "uploader.log"
	// maxLog is the size, in bytes, at which the log file becomes the old one. There is only one
	// old one.
	maxLog = 5 << 20
	// logLook is after how many written bytes to check whether another process has rotated the
	// file.
	logLook = 64 << 10
)

// stateFolder is the folder for everything that outlives a run.
type stateFolder struct {
	console  *console
	flag     string // --state-dir
	logTo    string // --log
	logLevel logLevel
}

// stateDir returns the folder for everything that outlives a run: the flag's, else that of
// UPLOADER_HOME, else one in the user's configuration folder. It creates nothing.
func (s *stateFolder) stateDir() (string, error) {
	dir := s.flag
	if dir == "" {
		dir = s.console.env("UPLOADER_HOME")
	}
	if carriesSecret(dir) {
		return "", &usageError{"UPLOADER_HOME must be a folder, but contains a token or a key. " +
			"Nothing was sent or changed."}
	}
	if dir == "" {
		base, err := os.UserConfigDir()
		if err != nil {
			return "", &usageError{"There is no state folder. Name one with --state-dir or " +
				"UPLOADER_HOME."}
		}
		dir = filepath.Join(base, "inboxuploader")
	}
	return absolutePath(dir)
}

// openState creates the state folder, which only its owner may read, and returns its path. It
// returns an error for a folder that others may change: they could place links there that make the
// program write elsewhere.
func (s *stateFolder) openState() (string, error) {
	dir, err := s.stateDir()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		e := problem.New("make state folder", dir, problem.JournalUnwritable)
		e.Cause = err.Error()
		return "", e
	}
	// The default folder is the program's own. A folder that a person named may have other uses, so
	// its permissions stay as they are.
	own := s.flag == "" && s.console.env("UPLOADER_HOME") == ""
	if !keepPrivate(dir, own) {
		return "", &usageError{
			"Other users of this computer can change the state folder “" + show.Text(dir) + "”. " +
				"Make it writable by you alone, or name another with --state-dir.",
		}
	}
	return dir, nil
}

// openLog returns the log and, if it is a file in the state folder, its path. If that file can't be
// opened, openLog discards the log: it never stops an upload. Close file when nothing logs anymore.
func (s *stateFolder) openLog() (log *slog.Logger, path string, file io.Closer) {
	options := &slog.HandlerOptions{Level: s.logLevel.Level}
	if s.logTo == logStderr {
		return slog.New(slog.NewJSONHandler(redactedJSON{s.console.screen}, options)), "",
			io.NopCloser(nil)
	}
	dir, err := s.openState()
	if err == nil {
		path = filepath.Join(dir, logName)
		var f *logFile
		if f, err = openLogFile(path, maxLog); err == nil {
			handler := slog.NewJSONHandler(redactedJSON{f}, options)
			return slog.New(handler).With("pid", os.Getpid()), path, f
		}
	}
	return slog.New(slog.DiscardHandler), "", io.NopCloser(nil)
}

// logFile is a file of limited size that several processes may write to at once. It drops
// lines that it can't write.
type logFile struct {
	root *os.Root // its folder; links that lead outside it are not followed
	max  int64

	mu      sync.Mutex
	file    *os.File
	written int64 // since the last look
}

func openLogFile(path string, max int64) (*logFile, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	l := &logFile{root: root, max: max}
	if err := l.open(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	l.look()
	return l, nil
}

func (l *logFile) open() error {
	f, err := l.root.OpenFile(logName, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a file")
	}
	if err != nil {
		return fmt.Errorf("open log: %w", errors.Join(err, f.Close()))
	}
	l.file = f
	return nil
}

// Write appends one line. It never fails.
func (l *logFile) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.written += int64(len(line)); l.written >= min(logLook, l.max) {
		l.look()
	}
	if l.file != nil {
		_, _ = l.file.Write(line) // a full disk costs the line
	}
	return len(line), nil
}

// look rotates the file when it is full, unless another process has already done so, and continues
// in the new one. If that fails it writes no more, so that the log stays within its limit.
func (l *logFile) look() {
	l.written = 0
	if l.file == nil {
		return
	}
	mine, err := l.file.Stat()
	if err != nil {
		return
	}
	there, err := l.root.Stat(logName)
	switch {
	case err == nil && os.SameFile(mine, there):
		if mine.Size() < l.max {
			return
		}
		_ = l.file.Close() // Windows renames closed files only
		l.file = nil
		if l.root.Rename(logName, logName+".1") != nil {
			return
		}
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return
	default:
		_ = l.file.Close()
		l.file = nil
	}
	_ = l.open() // else file stays nil
}

// Close closes the file; later lines are dropped.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	if l.file != nil {
		err = l.file.Close()
		l.file = nil
	}
	return errors.Join(err, l.root.Close())
}
