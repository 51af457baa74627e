package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"inboxuploader/uploader/problem"
	"inboxuploader/workspace"
)

func noEnvironment(string) string { return "" }

// TestAnOutputThatCanNotBeWrittenIsNoDefect: as on a full disk.
func TestAnOutputThatCanNotBeWrittenIsNoDefect(t *testing.T) {
	var words bytes.Buffer
	code := run(t.Context(), []string{"status", "--json", "--state-dir", t.TempDir()}, nil,
		fullDisk{}, &words, noEnvironment)
	if code != exitNotDelivered || !strings.Contains(words.String(), "The output can't be written.") {
		t.Errorf("exit code %d, and it says: %s", code, &words)
	}
}

// fullDisk refuses to be written to.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestExitCodes(t *testing.T) {
	interrupted, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	reason := func(r problem.Reason) error {
		return fmt.Errorf("wrapped: %w", problem.New("test", "", r))
	}
	for name, c := range map[string]struct {
		ctx  context.Context
		err  error
		want int
	}{
		"nothing":       {t.Context(), nil, 0},
		"unexpected":    {t.Context(), errors.New("disk full"), 1},
		"one file":      {t.Context(), reason(problem.SourceGone), 1},
		"stays busy":    {t.Context(), reason(problem.ServiceBusy), 1},
		"usage":         {t.Context(), &usageError{"Wrong."}, 2},
		"no token":      {t.Context(), reason(problem.NotAToken), 2},
		"expired":       {t.Context(), reason(problem.Expired), 3},
		"not yet valid": {t.Context(), reason(problem.NotYetValid), 3},
		"refused":       {t.Context(), reason(problem.SignatureRefused), 3},
		"given up":      {t.Context(), reason(problem.GaveUp), 3},
		"inbox gone":    {t.Context(), reason(problem.InboxGone), 3},
		"a rule":        {t.Context(), &workspace.Error{Err: workspace.ErrRequest, Reason: workspace.PeriodTooLong}, 2},
		"key refused":   {t.Context(), fmt.Errorf("wrapped: %w", &workspace.Error{Err: workspace.ErrDenied, Reason: workspace.KeyRefused}), 3},
		"account busy":  {t.Context(), &workspace.Error{Err: workspace.ErrBusy, Reason: workspace.ServiceBusy}, 1},
		"no such token": {t.Context(), &workspace.Error{Err: workspace.ErrNotFound, Reason: workspace.TokenUnknown}, 1},
		"told already":  {t.Context(), exit(1), 1},
		"interrupted":   {interrupted, context.Canceled, 130},
		"done anyway":   {interrupted, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := exitCode(c.ctx, c.err); got != c.want {
				t.Errorf("exitCode(%v) = %d, want %d", c.err, got, c.want)
			}
		})
	}
}

func TestAnInterruptEndsTheWaitForStandardInput(t *testing.T) {
	// Fyne has one from the start, where it is linked.
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	in, feed := io.Pipe()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	var out, err bytes.Buffer
	if got := run(ctx, []string{"token", "-"}, in, &out, &err, noEnvironment); got != exitInterrupted {
		t.Errorf("exit code %d, want %d", got, exitInterrupted)
	}
	if !strings.Contains(err.String(), "Interrupted.") {
		t.Errorf("stderr: %q", err.String())
	}
	if e := feed.Close(); e != nil {
		t.Error(e)
	}
}

func TestTheFirstSignalCancelsWithItsCause(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process can't send itself an interrupt on Windows")
	}
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent(),
		goleak.IgnoreTopFunction("os/signal.signal_recv"),
		goleak.IgnoreTopFunction("os/signal.loop"))
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if s == syscall.SIGHUP && signal.Ignored(s) {
			continue // the tests run under nohup
		}
		ctx, stop := interruptible(t.Context())
		if err := self.Signal(s); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		if got := context.Cause(ctx); !errors.Is(got, errInterrupted) {
			t.Errorf("%v: cause %v", s, got)
		}
		stop()
	}
}

// TestAnOutputThatNobodyReadsStopsNoUpload: stdout and stderr are pipes whose readers are gone, as
// when a pager was left.
func TestAnOutputThatNobodyReadsStopsNoUpload(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there no signal comes of it")
	}
	l := newLab(t, "w")
	file := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(file, []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, out, err := os.Pipe()
	if err == nil {
		err = in.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	c := l.command("copy", file, "--token-file", l.tokenFile, "--state-dir", l.state, "--json")
	c.Stdout, c.Stderr = out, out
	_ = c.Run() // the exit code tells
	if got := c.ProcessState.ExitCode(); got != exitNotDelivered {
		t.Errorf("exit code %d, want %d, since the result could not be told", got, exitNotDelivered)
	}
	if got := len(l.server.Blobs(labContainer)); got != 1 {
		t.Errorf("%d files in the inbox", got)
	}
	if err := out.Close(); err != nil {
		t.Error(err)
	}
}

func TestUnreadableStandardInputIsAUsageError(t *testing.T) {
	var out, err bytes.Buffer
	in, feed := io.Pipe()
	if e := feed.CloseWithError(errors.New("torn")); e != nil {
		t.Fatal(e)
	}
	if got := run(t.Context(), []string{"token", "-"}, in, &out, &err, noEnvironment); got != exitUsage {
		t.Errorf("exit code %d, want %d", got, exitUsage)
	}
}

func TestOutputThatCannotBeWrittenFails(t *testing.T) {
	const link = "https://inboxone.blob.core.windows.net/tid7f3a?sv=2022-11-02&se=2099-02-01&sr=c&sp=w&sig=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA%3D"
	for _, flag := range []string{"--json", "--json=false"} {
		if got := run(t.Context(), []string{"token", link, flag}, nil, fullDisk{}, io.Discard, noEnvironment); got != exitNotDelivered {
			t.Errorf("%s: exit code %d, want %d", flag, got, exitNotDelivered)
		}
	}
}

func TestStateDir(t *testing.T) {
	flag, env := t.TempDir(), t.TempDir()
	words := &console{env: func(name string) string {
		if name == "UPLOADER_HOME" {
			return env
		}
		return ""
	}}
	for name, c := range map[string]struct {
		s    stateFolder
		want string
	}{
		"flag before environment": {stateFolder{console: words, flag: flag}, flag},
		"environment":             {stateFolder{console: words, flag: ""}, env},
		"relative flag":           {stateFolder{console: words, flag: "state"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.s.stateDir()
			if err != nil {
				t.Fatal(err)
			}
			if c.want != "" && got != c.want || !filepath.IsAbs(got) {
				t.Errorf("stateDir() = %q, want %q", got, c.want)
			}
		})
	}
}
