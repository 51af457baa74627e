//go:build linux

package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"inboxuploader/uploader/vault/vaulttest"
)

// TestGnomeKeyringScripts runs the scripts below testdata/script/keyring against a real keyring on
// a session bus of its own. Beside the commands of [TestCopyScripts] there is
//
//	keyring start|lock|end
//
// which starts and unlocks it, locks it without a desktop that could ask for the password, or ends
// it.
func TestGnomeKeyringScripts(t *testing.T) {
	b := vaulttest.StartBus(t)
	daemon := b.StartKeyring(t, "password")
	params := copyScripts(t, "testdata/script/keyring")
	setup := params.Setup
	params.Setup = func(e *testscript.Env) error {
		e.Setenv("DBUS_SESSION_BUS_ADDRESS", b.Address)
		if err := setup(e); err != nil {
			return err
		}
		e.Setenv("KEYRING", "system")
		return nil
	}
	params.Cmds["keyring"] = func(ts *testscript.TestScript, _ bool, args []string) {
		if daemon.ProcessState == nil {
			b.StopKeyring(t, daemon)
		}
		switch args[0] {
		case "start":
			daemon = b.StartKeyring(t, "password")
		case "lock":
			daemon = b.StartKeyring(t, "")
		case "end":
		default:
			ts.Fatalf("keyring %s?", args[0])
		}
	}
	testscript.Run(t, params)
}
