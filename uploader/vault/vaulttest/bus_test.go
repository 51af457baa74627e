//go:build linux

package vaulttest

import (
	"os"
	"path/filepath"
	"testing"
)

// TestABusLeavesTheBusOfThePersonAlone starts a bus while another one is the session bus of whoever
// runs the tests, as on each desktop. The test's bus ends without a word to the other, and without
// waiting for it.
func TestABusLeavesTheBusOfThePersonAlone(t *testing.T) {
	persons := StartBus(t)
	t.Run("a test", func(t *testing.T) { StartBus(t) })
	if got := os.Getenv(addressVariable); got != persons.Address {
		t.Errorf("the session bus is %q afterwards, not %q", got, persons.Address)
	}
	if !persons.Conn.Connected() {
		t.Error("the person's bus has ended, too")
	}
}

// TestABusLaunchesNoOther has no session bus before and after the test's, and a program that would
// launch one.
func TestABusLaunchesNoOther(t *testing.T) {
	need(t, "dbus-daemon")
	dir := t.TempDir()
	launched := filepath.Join(dir, "launched")
	if err := os.WriteFile(filepath.Join(dir, "dbus-launch"),
		[]byte("#!/bin/sh\ntouch "+launched+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv(addressVariable, "")
	t.Run("a test", func(t *testing.T) { StartBus(t) })
	if _, err := os.Stat(launched); err == nil {
		t.Error("a session bus was launched")
	}
}
