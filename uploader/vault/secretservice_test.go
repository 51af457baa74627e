//go:build linux

package vault

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"inboxuploader/uploader"
)

// The tests named TestGnomeKeyring… run against a real keyring on a bus of their own. They need the programs dbus-daemon
// and gnome-keyring-daemon, which .ci/run installs, and are skipped without them.

// canary is a secret that must not be found in any file. It opens nothing.
const canary = "sv=2024-11-04&sig=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA%3D"

// short is how long these tests wait for a keyring that will not answer.
const short = 300 * time.Millisecond

// bus is a private session bus, for the library too as long as the test runs.
type bus struct {
	conn   *dbus.Conn
	daemon *exec.Cmd
	owners chan *dbus.Signal
	home   string
}

// startBus starts a bus on which nothing is started by itself.
func startBus(t *testing.T) *bus {
	t.Helper()
	for _, program := range []string{"dbus-daemon", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("there is no " + program + " on this system; .ci/run installs what this test needs")
		}
	}
	b := &bus{home: t.TempDir()}
	config := filepath.Join(b.home, "bus.conf")
	text := fmt.Sprintf(`<busconfig><type>session</type><listen>unix:dir=%s</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`, b.home)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b.daemon = exec.Command("dbus-daemon", "--config-file="+config, "--nofork", "--print-address=1")
	out, err := b.daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.daemon.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
	if b.conn, err = dbus.Connect(strings.TrimSpace(address)); err != nil {
		t.Fatal(err)
	}
	b.owners = make(chan *dbus.Signal, 100)
	b.conn.Signal(b.owners)
	if err := b.conn.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, secretService)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.end)
	return b
}

// end ends the bus and waits until the library has noticed, since it keeps one connection for all calls.
func (b *bus) end() {
	shared, err := dbus.SessionBus()
	_ = b.daemon.Process.Kill() // may have ended before
	_ = b.daemon.Wait()         // it was killed
	if err == nil {
		<-shared.Context().Done()
	}
	<-b.conn.Context().Done()
}

// wait returns when the keyring's name on the bus has got an owner, or lost it.
func (b *bus) wait(t *testing.T, owned bool) {
	t.Helper()
	for s := range b.owners {
		if len(s.Body) == 3 && s.Body[0] == secretService && (s.Body[2] != "") == owned {
			return
		}
	}
	t.Fatal("the bus has ended")
}

// startKeyring starts a gnome-keyring. With a password it creates or unlocks the keyring "login"; without one, what was
// created before is locked.
func (b *bus) startKeyring(t *testing.T, password string) *exec.Cmd {
	t.Helper()
	c := exec.Command("gnome-keyring-daemon", "--foreground", "--components=secrets", "--control-directory="+filepath.Join(b.home, "control"))
	if password != "" {
		c.Args = append(c.Args, "--unlock")
		c.Stdin = strings.NewReader(password)
	}
	c.Env = append(os.Environ(), "HOME="+b.home, "XDG_DATA_HOME="+b.home, "XDG_CONFIG_HOME="+b.home, "XDG_RUNTIME_DIR="+b.home)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(c) })
	b.wait(t, true)
	return c
}

// stop kills a program and waits for its end; a second time it does nothing.
func stop(c *exec.Cmd) {
	if c.ProcessState == nil {
		_ = c.Process.Kill() // may have ended by itself
		_ = c.Wait()         // it was killed
	}
}

// lock restarts the keyring without its password.
func (b *bus) lock(t *testing.T, unlocked *exec.Cmd) *exec.Cmd {
	t.Helper()
	stop(unlocked)
	b.wait(t, false)
	return b.startKeyring(t, "")
}

// calls returns what programs ask the keyring from now on.
func (b *bus) calls(t *testing.T) <-chan *dbus.Message {
	t.Helper()
	conn, err := dbus.Connect(os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the bus may have ended
	rules := []string{"type='method_call',destination='" + secretService + "'"}
	if err := conn.BusObject().Call("org.freedesktop.DBus.Monitoring.BecomeMonitor", 0, rules, uint32(0)).Err; err != nil {
		t.Fatal(err)
	}
	messages := make(chan *dbus.Message, 100)
	conn.Eavesdrop(messages)
	return messages
}

// asked waits until a program asks the keyring for something.
func asked(t *testing.T, calls <-chan *dbus.Message) {
	t.Helper()
	for m := range calls {
		if m.Type == dbus.TypeMethodCall && m.Headers[dbus.FieldDestination].Value() == secretService {
			return
		}
	}
	t.Fatal("the bus has ended")
}

// idle waits until no call is under way.
func idle(k *Keyring) {
	k.turn <- struct{}{}
	<-k.turn
}

func signal(t *testing.T, c *exec.Cmd, s syscall.Signal) {
	t.Helper()
	if err := c.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// keeps asks a keyring that works to keep a secret, give it back and remove it.
func keeps(t *testing.T, k *Keyring) {
	t.Helper()
	ref := uploader.NewVaultRef()
	if err := k.Put(t.Context(), ref, canary); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Secret(t.Context(), ref); err != nil || got != canary {
		t.Fatalf("%q, %v", got, err)
	}
	if err := k.Delete(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	_, err := k.Secret(t.Context(), ref)
	wantReason(t, err, uploader.VaultMissing)
}

func TestGnomeKeyringKeepsSecrets(t *testing.T) {
	b := startBus(t)
	daemon := b.startKeyring(t, "password")
	k := New(Options{})
	keeps(t, k)
	secrets := map[string]string{
		"short": canary,
		"whole": strings.Repeat("w", partSize-len(wholeMark)),
		"parts": strings.Repeat("p", partSize-len(wholeMark)+1),
		"long":  strings.Repeat("0123456789abcde\n", maxSecret/16),
	}
	for ref, secret := range secrets {
		for _, s := range []string{"before", secret} {
			if err := k.Put(t.Context(), ref, s); err != nil {
				t.Fatalf("%s: %v", ref, err)
			}
		}
	}
	// Another keyring process, unlocked with the password, has them still.
	stop(daemon)
	b.wait(t, false)
	b.startKeyring(t, "password")
	for ref, secret := range secrets {
		if got, err := k.Secret(t.Context(), ref); err != nil || got != secret {
			t.Errorf("%s: %d bytes, %v", ref, len(got), err)
		}
	}
	noPlainText(t, b.home)
}

// noPlainText looks through all files for the secret.
func noPlainText(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), canary[len(canary)-20:]) {
			t.Errorf("the secret stands in %s", path)
		}
		return err
	})
	if err != nil || files < 2 {
		t.Fatalf("%d files, %v", files, err)
	}
}

// TestGnomeKeyringLocked has a desktop's prompt that nobody answers.
func TestGnomeKeyringLocked(t *testing.T) {
	b := startBus(t)
	daemon := b.startKeyring(t, "password")
	k := New(Options{Timeout: short})
	keeps(t, k)
	if err := k.Put(t.Context(), "kept", canary); err != nil {
		t.Fatal(err)
	}
	daemon = b.lock(t, daemon)
	if _, err := b.conn.RequestName("org.gnome.keyring.SystemPrompter", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	if err := b.conn.Export(silentPrompter{}, "/org/gnome/keyring/Prompter", "org.gnome.keyring.internal.Prompter"); err != nil {
		t.Fatal(err)
	}
	_, err := k.Secret(t.Context(), "kept")
	wantReason(t, err, uploader.VaultLocked)
	wantReason(t, k.Put(t.Context(), "late", canary), uploader.VaultLocked)
	if !k.isStuck() {
		t.Error("nothing hangs: the prompt was not shown")
	}

	// It ends while the prompt stands there. The library never hears of it; the next call works all the same.
	stop(daemon)
	b.wait(t, false)
	idle(k)
	b.startKeyring(t, "password")
	keeps(t, k)
	if got, err := k.Secret(t.Context(), "kept"); err != nil || got != canary {
		t.Fatalf("%q, %v", got, err)
	}
	_, err = k.Secret(t.Context(), "late")
	wantReason(t, err, uploader.VaultMissing)
}

// silentPrompter is a desktop that shows a prompt before which nobody sits.
type silentPrompter struct{}

// BeginPrompting implements org.gnome.keyring.internal.Prompter.
func (silentPrompter) BeginPrompting(dbus.ObjectPath) *dbus.Error { return nil }

// TestGnomeKeyringLockedWithoutDesktop has nothing that could show a prompt, as over ssh.
func TestGnomeKeyringLockedWithoutDesktop(t *testing.T) {
	b := startBus(t)
	daemon := b.startKeyring(t, "password")
	k := New(Options{})
	keeps(t, k)
	b.lock(t, daemon)
	wantReason(t, k.Put(t.Context(), "r", canary), uploader.VaultLocked)
	_, err := k.Secret(t.Context(), "r")
	wantReason(t, err, uploader.VaultLocked)
	wantReason(t, k.Delete(t.Context(), "r"), uploader.VaultLocked)
}

// TestGnomeKeyringNotSetUp has a keyring program without any keyring, which the library can't tell from a locked one.
func TestGnomeKeyringNotSetUp(t *testing.T) {
	b := startBus(t)
	b.startKeyring(t, "")
	wantReason(t, New(Options{}).Put(t.Context(), "r", canary), uploader.VaultLocked)
}

func TestGnomeKeyringFrozen(t *testing.T) {
	b := startBus(t)
	daemon := b.startKeyring(t, "password")
	k := New(Options{Timeout: short})
	keeps(t, k)
	signal(t, daemon, syscall.SIGSTOP)
	wantReason(t, k.Put(t.Context(), "late", canary), uploader.VaultLocked)
	_, err := k.Secret(t.Context(), "late")
	wantReason(t, err, uploader.VaultLocked)
	signal(t, daemon, syscall.SIGCONT)
	idle(k)
	_, err = k.Secret(t.Context(), "late")
	wantReason(t, err, uploader.VaultMissing)
	keeps(t, k)
}

func TestGnomeKeyringDiesDuringACall(t *testing.T) {
	b := startBus(t)
	daemon := b.startKeyring(t, "password")
	k := New(Options{})
	keeps(t, k)
	for _, what := range []string{"keyring", "bus"} {
		signal(t, daemon, syscall.SIGSTOP)
		calls := b.calls(t)
		done := make(chan error, 1)
		go func() { done <- k.Put(t.Context(), "r", canary) }()
		asked(t, calls)
		if what == "keyring" {
			stop(daemon)
		} else {
			stop(b.daemon)
		}
		err := <-done
		if e, ok := errors.AsType[*uploader.Error](err); !ok || e.Reason != uploader.VaultRefused && e.Reason != uploader.VaultAbsent {
			t.Fatalf("the %s died: %v", what, err)
		}
		idle(k)
		if what == "keyring" {
			daemon = b.startKeyring(t, "password")
			keeps(t, k)
		}
	}
	wantReason(t, k.Put(t.Context(), "r", canary), uploader.VaultAbsent)
}

func TestGnomeKeyringAbsent(t *testing.T) {
	b := startBus(t)
	k := New(Options{})
	wantReason(t, k.Put(t.Context(), "r", canary), uploader.VaultAbsent)
	_, err := k.Secret(t.Context(), "r")
	wantReason(t, err, uploader.VaultAbsent)
	wantReason(t, k.Delete(t.Context(), "r"), uploader.VaultAbsent)
	b.startKeyring(t, "password")
	keeps(t, k)
}

// TestNoSessionBus has no bus, and sees to it that none is started.
func TestNoSessionBus(t *testing.T) {
	dir := t.TempDir()
	launched := filepath.Join(dir, "launched")
	script := "#!/bin/sh\ntouch " + launched + "\n"
	if err := os.WriteFile(filepath.Join(dir, "dbus-launch"), []byte(script), 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	for name, address := range map[string]string{
		"none said":      "",
		"socket is gone": "unix:path=" + filepath.Join(dir, "gone"),
		"no address":     "nonsense",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := os.Stat(fmt.Sprintf("/run/user/%d", os.Getuid())); address == "" && err == nil {
				t.Skip("this user has a session, whose keyring is not for tests")
			}
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
			wantReason(t, New(Options{}).Put(t.Context(), "r", canary), uploader.VaultAbsent)
		})
	}
	if _, err := os.Stat(launched); err == nil {
		t.Error("a session bus was started")
	}
}

// TestASilentBusHangsNobody has a bus that accepts connections and says nothing.
func TestASilentBusHangsNobody(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "bus"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+l.Addr().String())
	k := New(Options{Timeout: short})
	wantReason(t, k.Put(t.Context(), "r", canary), uploader.VaultLocked)
	wantReason(t, k.Put(t.Context(), "r", canary), uploader.VaultLocked)
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(conn.Close(), l.Close()); err != nil { // it breaks down; nobody waits any more
		t.Fatal(err)
	}
	idle(k)
	wantReason(t, k.Put(t.Context(), "r", canary), uploader.VaultAbsent)
}

func TestErrorsOfTheSessionBusAreTranslated(t *testing.T) {
	for _, c := range []struct {
		err  error
		want uploader.Reason
	}{
		{dbus.Error{Name: "org.freedesktop.DBus.Error.ServiceUnknown"}, uploader.VaultAbsent},
		{dbus.Error{Name: "org.freedesktop.DBus.Error.NameHasNoOwner"}, uploader.VaultAbsent},
		{dbus.Error{Name: "org.freedesktop.DBus.Error.Spawn.ExecFailed"}, uploader.VaultAbsent},
		{dbus.Error{Name: "org.freedesktop.Secret.Error.NoSuchObject"}, uploader.VaultAbsent},
		{dbus.Error{Name: "org.freedesktop.DBus.Error.UnknownMethod"}, uploader.VaultAbsent},
		{dbus.Error{Name: "org.freedesktop.Secret.Error.IsLocked"}, uploader.VaultLocked},
		{errors.New("failed to unlock correct collection '/org/freedesktop/secrets/collection/login'"), uploader.VaultLocked},
		{dbus.Error{Name: "org.freedesktop.DBus.Error.NoReply"}, uploader.VaultRefused},
		{dbus.Error{Name: "org.freedesktop.DBus.Error.AccessDenied"}, uploader.VaultRefused},
		{dbus.ErrClosed, uploader.VaultRefused},
		{io.EOF, uploader.VaultRefused},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, uploader.VaultAbsent},
	} {
		wantReason(t, translate("keep secret", c.err), c.want)
	}
}
