package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// dialogue is a program on a pseudo-terminal, whose person a test plays.
type dialogue struct {
	t        *testing.T
	terminal *os.File // the person's side
	program  *exec.Cmd

	mu    sync.Mutex
	said  bytes.Buffer // all of it
	heard int          // how much of it expect has passed
	done  chan struct{}
}

// converse starts a program on a terminal of its own.
func converse(t *testing.T, c *exec.Cmd) *dialogue {
	t.Helper()
	if !hasTerminals() {
		t.Skip("no pseudo-terminal can be opened here")
	}
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	side, err := os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	c.Stdin, c.Stdout, c.Stderr = side, side, side
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true} // Ctrl-C reaches it
	d := &dialogue{t: t, terminal: person, program: c, done: make(chan struct{})}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	_ = side.Close() // the program has its own
	go func() {
		defer close(d.done)
		chunk := make([]byte, 4096)
		for {
			n, err := person.Read(chunk)
			d.mu.Lock()
			d.said.Write(chunk[:n])
			d.mu.Unlock()
			if err != nil { // nobody has the other side any more
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = c.Process.Kill() // where the test failed
		_ = c.Wait()
		_ = person.Close()
		<-d.done
	})
	return d
}

// all returns all that was said so far.
func (d *dialogue) all() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.said.String()
}

// expect waits until the program says these words, behind those that were expected before.
func (d *dialogue) expect(words string) *dialogue {
	d.t.Helper()
	for begun := time.Now(); time.Since(begun) < 60*time.Second; time.Sleep(5 * time.Millisecond) {
		said := d.all()
		if i := strings.Index(said[d.heard:], words); i >= 0 {
			d.heard += i + len(words)
			return d
		}
	}
	d.t.Fatalf("%q was not said, but:\n%s", words, d.all()[d.heard:])
	return d
}

// answer types a line.
func (d *dialogue) answer(line string) *dialogue { return d.keys(line + "\r") }

func (d *dialogue) keys(keys string) *dialogue {
	d.t.Helper()
	if _, err := d.terminal.WriteString(keys); err != nil {
		d.t.Fatal(err)
	}
	return d
}

// ends waits for the program's end and compares its exit code.
func (d *dialogue) ends(code int) {
	d.t.Helper()
	err := d.program.Wait()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		d.t.Fatal(err)
	}
	<-d.done
	if got := d.program.ProcessState.ExitCode(); got != code {
		d.t.Errorf("exit code %d, want %d, after:\n%s", got, code, d.all())
	}
}

// guided starts the guided mode in a lab.
func (l *lab) guided(t *testing.T, args ...string) *dialogue {
	t.Helper()
	c := l.command(append(append([]string{"guide"}, args...), "--state-dir", l.state)...)
	c.Env = append(c.Env, "TERM=xterm", "KEYRING="+filepath.Join(l.dir, "keyring"))
	d := converse(t, c)
	t.Cleanup(func() {
		if strings.Contains(d.all(), canaryOf(l.token)) {
			t.Errorf("the signature was shown:\n%s", d.all())
		}
	})
	return d
}

// plantFiles makes a folder with two files and returns it.
func plantFiles(t *testing.T) string {
	t.Helper()
	tree := filepath.Join(t.TempDir(), "my study (1)")
	if err := os.MkdirAll(filepath.Join(tree, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.txt", "sub/it's.txt"} {
		text := bytes.Repeat([]byte(name), 1000)
		if err := os.WriteFile(filepath.Join(tree, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return tree
}

func TestTheGuidedModeDelivers(t *testing.T) {
	l := newLab(t, "w")
	tree := plantFiles(t)
	receipt := filepath.Join(t.TempDir(), "receipt of today.csv")
	d := l.guided(t, "--plain")
	d.expect("Token, then Enter: ").keys(pasteBegins + "Dear all,\r\nyour link:\r\n" + l.token +
		"\r\n\r\nBest wishes\r\n" + pasteEnds + "\r")
	d.expect("State").expect("valid, 59 minutes left").expect("Use this token? [Y/n] ").answer("")
	d.expect("Name for this inbox: ").answer("Cardio study").expect("in this computer's keyring")
	d.expect("Path: ").answer("/nowhere/at all")
	d.expect("“/nowhere/at all” does not exist").expect("Path: ").answer("https://a/b?sig=c")
	d.expect("looks like a token").expect("Path: ").answer("'" + tree + "'")
	d.expect("Folder: my study (1)").expect("Path: ").answer("")
	d.expect("To send: 2 files (17 kB)").expect("3  Replace the one in the inbox")
	d.expect("[1]: ").answer("7").expect("from 1 to 3").expect("[1]: ").answer("")
	d.expect("Send 2 files? [Y/n] ").answer("y")
	d.expect("Delivered both files").expect("File for the receipt: ").answer(`"` + receipt + `"`)
	d.expect("Receipt:").expect("receipt of today.csv")
	d.ends(exitOK)
	l.compare(t, tree)
	if text, err := os.ReadFile(receipt); err != nil || !strings.Contains(string(text), "a.txt") {
		t.Errorf("the receipt: %q, %v", text, err)
	}
	if strings.Contains(d.all(), "\x1b[K") {
		t.Error("a line was drawn again, which --plain promises not to do")
	}
	if strings.Contains(d.all(), "--") {
		t.Errorf("options are named:\n%s", d.all())
	}

	// The second time the inbox is offered by its name, and nothing has to be sent.
	d = l.guided(t, tree)
	d.expect("1  Cardio study: valid").expect("[1]: ").answer("1")
	d.expect("Unchanged since you sent them: 2 files.").expect("[1]: ").answer("1")
	d.expect("has not changed").expect("Path: ").keys("\x04")
	d.expect("You left the guided mode.")
	d.ends(exitNotDelivered)
}

func TestTheGuidedModeKeepsUploading(t *testing.T) {
	l := newLab(t, "w")
	tree := plantFiles(t)
	before := l.command("copy", tree, "--recursive", "--token-file", l.tokenFile, "--state-dir",
		l.state, "--limit-rate", "1KiB")
	if err := before.Start(); err != nil {
		t.Fatal(err)
	}
	l.awaitScanned(t)
	if err := before.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = before.Wait() // killed
	d := l.guided(t)
	d.expect("Waiting to be sent:").expect("2 files to ").expect("1  Keep uploading")
	d.expect("[1]: ").answer("").expect("paste its token").expect("Token, then Enter: ")
	d.answer("nonsense").expect("Nothing was sent").expect("Token, then Enter: ").answer(l.token)
	d.expect("Use this token?").answer("y").expect("Delivered both files")
	d.ends(exitOK)
	l.compare(t, tree)
}

func TestTheGuidedModeIsLeftAtAnyQuestion(t *testing.T) {
	l := newLab(t, "w")
	tree := plantFiles(t)
	for name, way := range map[string]struct {
		keys string
		code int
	}{
		"Ctrl-C": {"\x03", exitInterrupted}, "Ctrl-D": {"\x04", exitNotDelivered},
	} {
		for question := range 5 {
			t.Run(name+" at question "+strconv.Itoa(question+1), func(t *testing.T) {
				d := l.guided(t)
				for i, step := range []struct{ words, answer string }{
					{"Token, then Enter: ", l.token},
					{"Use this token? [Y/n] ", ""},
					{"Name for this inbox: ", ""},
					{"Path: ", tree},
					{"Path: ", ""},
				} {
					d.expect(step.words)
					if i == question {
						d.keys(way.keys)
						break
					}
					d.answer(step.answer)
				}
				d.ends(way.code)
			})
		}
	}
	if sent := len(l.server.Requests()); sent > 0 {
		t.Errorf("%d requests were sent", sent)
	}
}

func TestWithoutAWindowTheQuestionsAreAskedInTheTerminal(t *testing.T) {
	l := newLab(t, "w")
	tree := plantFiles(t)
	c := l.command("--state-dir", l.state, tree)
	c.Env = append(c.Env, "TERM=xterm", "DISPLAY=", "WAYLAND_DISPLAY=")
	d := converse(t, c)
	d.expect("You can answer the questions here instead.").expect("Token, then Enter: ").answer(l.token)
	d.expect("Use this token?").answer("").expect("Name for this inbox: ").answer("")
	d.expect("Folder: my study (1)").expect("[1]: ").answer("2").expect("Send 2 files?").answer("")
	d.expect("Delivered both files").expect("File for the receipt: ").answer("")
	d.ends(exitOK)
	l.compare(t, tree)
}

// TestAnUnknownAddressIsAsked: the window has a box to tick for it.
func TestAnUnknownAddressIsAsked(t *testing.T) {
	l := newLab(t, "w")
	d := l.guided(t)
	d.expect("Token, then Enter: ").answer(foreignLink)
	d.expect("not a known storage address").expect("allow inbox.lab.example? [y/N] ").answer("")
	d.expect("Nothing was sent").expect("Token, then Enter: ").answer(foreignLink)
	d.expect("[y/N] ").answer("y").expect("inbox.lab.example").expect("Use this token?")
	d.keys("\x04")
	d.ends(exitNotDelivered)
}

// TestTheGuidedModeOffersNothingAgainstTheAdministrator: neither an address nor to replace a file.
func TestTheGuidedModeOffersNothingAgainstTheAdministrator(t *testing.T) {
	l := newLab(t, "w")
	etc := t.TempDir()
	text := `{"forbid_allow_host": true, "forbid_overwrite": true}`
	if err := os.WriteFile(filepath.Join(etc, "policy.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ADMINISTRATION", etc)
	d := l.guided(t, plantFiles(t))
	d.expect("Token, then Enter: ").answer(foreignLink)
	d.expect("Your administrator does not allow uploads to “inbox.lab.example”")
	d.expect("Token, then Enter: ").answer(l.token).expect("Use this token?").answer("")
	d.expect("Name for this inbox: ").answer("").expect("2  Keep both").expect("[1]: ")
	if strings.Contains(d.all(), "3  Replace") {
		t.Error("replacing is offered")
	}
	d.keys("\x04")
	d.ends(exitNotDelivered)
}
