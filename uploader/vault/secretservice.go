//go:build !darwin && !windows

package vault

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/godbus/dbus/v5"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/problem"
)

// secretService is the name that a keyring has on the session bus
// (specifications.freedesktop.org/secret-service).
const secretService = "org.freedesktop.secrets"

var errNoBus = errors.New("no session bus")

// watchKeyring tells when the keyring or the session bus ends. It uses a connection of its own,
// which never starts a bus: the library would, with dbus-launch, and leave it running.
func watchKeyring() (*watch, error) {
	conn, err := dbus.SessionBusPrivateNoAutoStartup()
	if err != nil {
		return nil, errors.Join(errNoBus, err)
	}
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	err = conn.Auth(nil)
	if err == nil {
		err = conn.Hello()
	}
	if err == nil {
		err = conn.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"),
			dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, secretService))
	}
	if err != nil {
		_ = conn.Close() // it was of no use
		return nil, errors.Join(errNoBus, err)
	}
	ended, done := make(chan struct{}), make(chan struct{})
	stop, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(done)
		defer crash.Catch()
		for {
			select {
			case <-stop.Done():
				return
			case s, ok := <-signals:
				if !ok || ends(s) {
					close(ended)
					return
				}
			}
		}
	}()
	return &watch{ended: ended, stop: func() {
		cancel()
		<-done
		_ = conn.Close() // nothing was written that could be lost
	}}, nil
}

// ends reports whether the signal says that the keyring has ended, or given its name to another.
func ends(s *dbus.Signal) bool {
	if s.Name != "org.freedesktop.DBus.NameOwnerChanged" || len(s.Body) != 3 ||
		s.Body[0] != secretService {
		return false
	}
	return s.Body[1] != "" // it had an owner; without one before, it just starts
}

// busKind says what kind of failure the session bus or the keyring on it answered.
func busKind(err error) (problem.Reason, string) {
	if errors.Is(err, errNoBus) {
		return problem.VaultAbsent, errNoBus.Error()
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return problem.VaultAbsent, "session bus does not answer"
	}
	if e, ok := errors.AsType[dbus.Error](err); ok {
		return busErrorKind(e.Name)
	}
	if strings.HasPrefix(err.Error(), "failed to unlock correct collection") {
		// The library's only word for a prompt that was dismissed, and for a keyring that does not
		// exist.
		return problem.VaultLocked, "keyring was not unlocked"
	}
	return problem.VaultRefused, "keyring library failed"
}

// busErrorKind goes by an error's name on the bus.
func busErrorKind(name string) (problem.Reason, string) {
	last := name[strings.LastIndexByte(name, '.')+1:]
	switch last {
	case "ServiceUnknown", "NameHasNoOwner":
		return problem.VaultAbsent, "no keyring on the session bus"
	case "NoSuchObject", "UnknownObject", "UnknownInterface", "UnknownMethod":
		return problem.VaultAbsent, "no keyring has been set up"
	case "IsLocked":
		return problem.VaultLocked, "keyring is locked"
	case "NoReply", "Disconnected", "Timeout", "TimedOut":
		return problem.VaultRefused, errEnded.Error()
	}
	if strings.HasPrefix(name, "org.freedesktop.DBus.Error.Spawn.") {
		return problem.VaultAbsent, "keyring could not be started"
	}
	return problem.VaultRefused, "keyring refused"
}
