//go:build linux

package vaulttest

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

// SecretService is the name that a keyring has on the bus.
const SecretService = "org.freedesktop.secrets"

// addressVariable names a process's session bus.
const addressVariable = "DBUS_SESSION_BUS_ADDRESS"

// Bus is a private session bus on which nothing is started by itself. Its methods are for the
// test's goroutine.
type Bus struct {
	Address string
	Home    string     // a folder for all that the programs write
	Conn    *dbus.Conn // the test's own connection

	daemon *exec.Cmd
	owners chan *dbus.Signal
}

// StartBus starts a bus and makes it the session bus of this process as long as the test runs. It
// skips the test where there is no dbus-daemon.
func StartBus(t *testing.T) *Bus {
	t.Helper()
	need(t, "dbus-daemon")
	b := &Bus{Home: ShortDir(t)}
	config := filepath.Join(b.Home, "bus.conf")
	text := fmt.Sprintf(`<busconfig><type>session</type><listen>unix:dir=%s</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`, b.Home)
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
	t.Cleanup(func() { Kill(b.daemon) })
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	b.Address = strings.TrimSpace(address)
	t.Setenv(addressVariable, b.Address)
	if b.Conn, err = dbus.Connect(b.Address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Stop) // runs before the variable above is restored
	b.owners = make(chan *dbus.Signal, 100)
	b.Conn.Signal(b.owners)
	if err := b.Conn.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"),
		dbus.WithMatchArg(0, SecretService)); err != nil {
		t.Fatal(err)
	}
	return b
}

// ShortDir is a folder for sockets, whose paths have at most 107 bytes: t.TempDir puts the test's
// name into its own.
func ShortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bus")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// need skips the test where a program is missing.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skip("there is no " + program + " on this system; .ci/run installs what this test needs")
	}
}

// Stop ends the bus and waits until every connection of this process to it has noticed. A second
// time it does nothing.
func (b *Bus) Stop() {
	if b.daemon.ProcessState != nil {
		return
	}
	shared := b.shared()
	Kill(b.daemon)
	if shared != nil {
		<-shared.Context().Done()
	}
	<-b.Conn.Context().Done()
}

// shared is the connection that libraries share in this process, or nil where it leads to another
// bus, such as that of the person who runs the tests: that one does not end with ours.
func (b *Bus) shared() *dbus.Conn {
	if os.Getenv(addressVariable) != b.Address {
		return nil // asking for it would connect to another bus, or launch one
	}
	shared, err := dbus.SessionBus()
	if err != nil || busID(shared) != busID(b.Conn) {
		return nil
	}
	return shared
}

// busID is the unique id of the bus that a connection leads to, "" where the bus does not say.
func busID(c *dbus.Conn) string {
	var id string
	if c.BusObject().Call("org.freedesktop.DBus.GetId", 0).Store(&id) != nil {
		return ""
	}
	return id
}

// StartKeyring starts a GNOME Keyring and waits until it is on the bus. With a password it creates
// or unlocks the keyring "login"; without one, what was created before is locked. It ends with the
// test at the latest. It skips the test where there is no gnome-keyring-daemon.
func (b *Bus) StartKeyring(t *testing.T, password string) *exec.Cmd {
	t.Helper()
	need(t, "gnome-keyring-daemon")
	c := exec.Command("gnome-keyring-daemon", "--foreground", "--components=secrets",
		"--control-directory="+filepath.Join(b.Home, "control"))
	if password != "" {
		c.Args = append(c.Args, "--unlock")
		c.Stdin = strings.NewReader(password)
	}
	c.Env = append(os.Environ(), "HOME="+b.Home, "XDG_DATA_HOME="+b.Home, "XDG_CONFIG_HOME="+b.Home,
		"XDG_RUNTIME_DIR="+b.Home)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Kill(c) })
	if err := b.wait(true); err != nil {
		t.Fatal(err)
	}
	return c
}

// StopKeyring ends a keyring and waits until it has left the bus.
func (b *Bus) StopKeyring(t *testing.T, c *exec.Cmd) {
	t.Helper()
	Kill(c)
	if err := b.wait(false); err != nil {
		t.Fatal(err)
	}
}

// wait returns when the keyring's name on the bus has got an owner, or lost it.
func (b *Bus) wait(owned bool) error {
	for s := range b.owners {
		if len(s.Body) == 3 && s.Body[0] == SecretService && (s.Body[2] != "") == owned {
			return nil
		}
	}
	return errors.New("the bus has ended")
}

// Kill ends a program and waits for it. A second time it does nothing.
func Kill(c *exec.Cmd) {
	if c.ProcessState == nil {
		_ = c.Process.Kill() // may have ended by itself
		_ = c.Wait()         // it was killed
	}
}
