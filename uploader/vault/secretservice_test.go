//go:build linux

package vault

import (
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

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/vault/vaulttest"
)

// The tests named TestGnomeKeyring… run against a real keyring on a bus of their own. They need the
// programs dbus-daemon and gnome-keyring-daemon, which .ci/run installs, and are skipped without
// them.

// canary is a secret that must not be found in any file. It opens nothing.
const canary = "sv=2024-11-04&sig=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA%3D"

// short is how long these tests wait for a keyring that will not answer.
const short = 300 * time.Millisecond

// watchCalls returns what programs ask the keyring from now on.
func watchCalls(t *testing.T, b *vaulttest.Bus) <-chan *dbus.Message {
	t.Helper()
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the bus may have ended
	rules := []string{"type='method_call',destination='" + secretService + "'"}
	if err := conn.BusObject().Call("org.freedesktop.DBus.Monitoring.BecomeMonitor", 0, rules,
		uint32(0)).Err; err != nil {
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
		if m.Type == dbus.TypeMethodCall &&
			m.Headers[dbus.FieldDestination].Value() == secretService {
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
	ref := inboxes.NewRef()
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
	wantReason(t, err, problem.VaultMissing)
}

func TestGnomeKeyringKeepsSecrets(t *testing.T) {
	b := vaulttest.StartBus(t)
	daemon := b.StartKeyring(t, "password")
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
	b.StopKeyring(t, daemon)
	b.StartKeyring(t, "password")
	for ref, secret := range secrets {
		if got, err := k.Secret(t.Context(), ref); err != nil || got != secret {
			t.Errorf("%s: %d bytes, %v", ref, len(got), err)
		}
	}
	noPlainText(t, b.Home)
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
	b := vaulttest.StartBus(t)
	daemon := b.StartKeyring(t, "password")
	k := New(Options{Timeout: short})
	keeps(t, k)
	if err := k.Put(t.Context(), "kept", canary); err != nil {
		t.Fatal(err)
	}
	b.StopKeyring(t, daemon)
	daemon = b.StartKeyring(t, "")
	if _, err := b.Conn.RequestName("org.gnome.keyring.SystemPrompter",
		dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	if err := b.Conn.Export(silentPrompter{}, "/org/gnome/keyring/Prompter",
		"org.gnome.keyring.internal.Prompter"); err != nil {
		t.Fatal(err)
	}
	_, err := k.Secret(t.Context(), "kept")
	wantReason(t, err, problem.VaultLocked)
	wantReason(t, k.Put(t.Context(), "late", canary), problem.VaultLocked)
	if !k.isStuck() {
		t.Error("nothing hangs: the prompt was not shown")
	}

	// It ends while the prompt stands there. The library never hears of it; the next call works all
	// the same.
	b.StopKeyring(t, daemon)
	idle(k)
	b.StartKeyring(t, "password")
	keeps(t, k)
	if got, err := k.Secret(t.Context(), "kept"); err != nil || got != canary {
		t.Fatalf("%q, %v", got, err)
	}
	_, err = k.Secret(t.Context(), "late")
	wantReason(t, err, problem.VaultMissing)
}

// silentPrompter is a desktop that shows a prompt before which nobody sits.
type silentPrompter struct{}

// BeginPrompting implements org.gnome.keyring.internal.Prompter.
func (silentPrompter) BeginPrompting(dbus.ObjectPath) *dbus.Error { return nil }

// TestGnomeKeyringLockedWithoutDesktop has nothing that could show a prompt, as over ssh.
func TestGnomeKeyringLockedWithoutDesktop(t *testing.T) {
	b := vaulttest.StartBus(t)
	daemon := b.StartKeyring(t, "password")
	k := New(Options{})
	keeps(t, k)
	b.StopKeyring(t, daemon)
	b.StartKeyring(t, "")
	wantReason(t, k.Put(t.Context(), "r", canary), problem.VaultLocked)
	_, err := k.Secret(t.Context(), "r")
	wantReason(t, err, problem.VaultLocked)
	wantReason(t, k.Delete(t.Context(), "r"), problem.VaultLocked)
}

// TestGnomeKeyringNotSetUp has a keyring program without any keyring, which the library can't tell
// from a locked one.
func TestGnomeKeyringNotSetUp(t *testing.T) {
	b := vaulttest.StartBus(t)
	b.StartKeyring(t, "")
	wantReason(t, New(Options{}).Put(t.Context(), "r", canary), problem.VaultLocked)
}

func TestGnomeKeyringFrozen(t *testing.T) {
	b := vaulttest.StartBus(t)
	daemon := b.StartKeyring(t, "password")
	k := New(Options{Timeout: short})
	keeps(t, k)
	signal(t, daemon, syscall.SIGSTOP)
	wantReason(t, k.Put(t.Context(), "late", canary), problem.VaultLocked)
	_, err := k.Secret(t.Context(), "late")
	wantReason(t, err, problem.VaultLocked)
	signal(t, daemon, syscall.SIGCONT)
	idle(k)
	_, err = k.Secret(t.Context(), "late")
	wantReason(t, err, problem.VaultMissing)
	keeps(t, k)
}

func TestGnomeKeyringDiesDuringACall(t *testing.T) {
	b := vaulttest.StartBus(t)
	daemon := b.StartKeyring(t, "password")
	k := New(Options{})
	keeps(t, k)
	for _, what := range []string{"keyring", "bus"} {
		signal(t, daemon, syscall.SIGSTOP)
		calls := watchCalls(t, b)
		done := make(chan error, 1)
		go func() { done <- k.Put(t.Context(), "r", canary) }()
		asked(t, calls)
		if what == "keyring" {
			b.StopKeyring(t, daemon)
		} else {
			b.Stop()
		}
		err := <-done
		if e, ok := errors.AsType[*problem.Error](err); !ok || e.Reason != problem.VaultRefused &&
			e.Reason != problem.VaultAbsent {
			t.Fatalf("the %s died: %v", what, err)
		}
		idle(k)
		if what == "keyring" {
			daemon = b.StartKeyring(t, "password")
			keeps(t, k)
		}
	}
	wantReason(t, k.Put(t.Context(), "r", canary), problem.VaultAbsent)
}

func TestGnomeKeyringAbsent(t *testing.T) {
	b := vaulttest.StartBus(t)
	k := New(Options{})
	wantReason(t, k.Put(t.Context(), "r", canary), problem.VaultAbsent)
	_, err := k.Secret(t.Context(), "r")
	wantReason(t, err, problem.VaultAbsent)
	wantReason(t, k.Delete(t.Context(), "r"), problem.VaultAbsent)
	b.StartKeyring(t, "password")
	keeps(t, k)
}

// TestNoSessionBus has no bus, and sees to it that none is started.
func TestNoSessionBus(t *testing.T) {
	dir := t.TempDir()
	launched := filepath.Join(dir, "launched")
	script := "#!/bin/sh\ntouch " + launched + "\n"
	if err := os.WriteFile(filepath.Join(dir, "dbus-launch"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	for name, address := range map[string]string{
		"none said":      "",
		"socket is gone": "unix:path=" + filepath.Join(dir, "gone"),
		"no address":     "nonsense",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := os.Stat(fmt.Sprintf("/run/user/%d", os.Getuid())); address == "" &&
				err == nil {
				t.Skip("this user has a session, whose keyring is not for tests")
			}
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
			wantReason(t, New(Options{}).Put(t.Context(), "r", canary), problem.VaultAbsent)
		})
	}
	if _, err := os.Stat(launched); err == nil {
		t.Error("a session bus was started")
	}
}

// TestASilentBusHangsNobody has a bus that accepts connections and says nothing.
func TestASilentBusHangsNobody(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(vaulttest.ShortDir(t), "bus"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+l.Addr().String())
	k := New(Options{Timeout: short})
	wantReason(t, k.Put(t.Context(), "r", canary), problem.VaultLocked)
	wantReason(t, k.Put(t.Context(), "r", canary), problem.VaultLocked)
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(conn.Close(), l.Close()); err != nil { // it breaks down; nobody waits any more
		t.Fatal(err)
	}
	idle(k)
	wantReason(t, k.Put(t.Context(), "r", canary), problem.VaultAbsent)
}

func TestErrorsOfTheSessionBusAreTranslated(t *testing.T) {
	for _, c := range []struct {
		err  error
		want problem.Reason
	}{
		{dbus.Error{Name: "org.freedesktop.DBus.Error.ServiceUnknown"}, problem.VaultAbsent},
		{dbus.Error{Name: "org.freedesktop.DBus.Error.NameHasNoOwner"}, problem.VaultAbsent},
		{dbus.Error{Name: "org.freedesktop.DBus.Error.Spawn.ExecFailed"}, problem.VaultAbsent},
		{dbus.Error{Name: "org.freedesktop.Secret.Error.NoSuchObject"}, problem.VaultAbsent},
		{dbus.Error{Name: "org.freedesktop.DBus.Error.UnknownMethod"}, problem.VaultAbsent},
		{dbus.Error{Name: "org.freedesktop.Secret.Error.IsLocked"}, problem.VaultLocked},
		{errors.New("failed to unlock correct collection '/org/freedesktop/secrets/collection/login'"), problem.VaultLocked},
		{dbus.Error{Name: "org.freedesktop.DBus.Error.NoReply"}, problem.VaultRefused},
		{dbus.Error{Name: "org.freedesktop.DBus.Error.AccessDenied"}, problem.VaultRefused},
		{dbus.ErrClosed, problem.VaultRefused},
		{io.EOF, problem.VaultRefused},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, problem.VaultAbsent},
	} {
		wantReason(t, translate("keep secret", c.err), c.want)
	}
}
