package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inboxuploader/internal/desktop"
	"inboxuploader/uploader/journal"
)

// TestPurgeRemovesWhatTheProgramKeeps: all of it, and nothing else.
func TestPurgeRemovesWhatTheProgramKeeps(t *testing.T) {
	before := openVault
	openVault = testVault
	t.Cleanup(func() { openVault = before })
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "config")) // where the start at login is
	t.Setenv("HOME", dir)
	state, keyring := filepath.Join(dir, "state"), filepath.Join(dir, "keyring")
	env := func(name string) string {
		return map[string]string{"UPLOADER_HOME": state, "KEYRING": keyring}[name]
	}
	says := func(code int, text string, args ...string) {
		t.Helper()
		var out bytes.Buffer
		if got := run(t.Context(), args, strings.NewReader(azureLink), &out, &out, env); got != code ||
			!strings.Contains(out.String(), text) {
			t.Errorf("%q: exit code %d, want %d; says %q, want %q", args, got, code, out.String(),
				text)
		}
	}
	write := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(state, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	says(exitOK, "keeps nothing", "purge", "--yes")
	says(exitOK, "is saved", "inbox", "add", "Study", "-")
	for _, name := range []string{logName, "settings.json", "settings.json.damaged", "mine.txt"} {
		write(name)
	}
	says(exitUsage, "1 inbox name, 1 keyring entry. Nothing was removed. To confirm, add --yes",
		"purge")

	j, _, err := journal.Open(t.Context(), state, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	says(exitNotDelivered, "The program is running", "purge", "--yes")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	window, _, err := desktop.Claim(state, func([]string) {}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	says(exitNotDelivered, "The program is running", "purge", "--yes")
	if err := window.Close(); err != nil {
		t.Fatal(err)
	}
	secrets, err := os.ReadFile(keyring)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(keyring, []byte("locked"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(exitNotDelivered, "So nothing was removed.", "purge", "--yes")
	if err := os.WriteFile(keyring, secrets, 0o600); err != nil {
		t.Fatal(err)
	}
	says(exitOK, "Study", "inbox", "list") // all is there still

	says(exitOK, "Files in an inbox and receipts you saved stay", "purge", "--yes")
	left, err := os.ReadDir(state)
	if err != nil || len(left) != 1 || left[0].Name() != "mine.txt" {
		t.Errorf("left in the state folder: %v, %v", left, err)
	}
	if text, err := os.ReadFile(keyring); err != nil || strings.TrimSpace(string(text)) != "{}" {
		t.Errorf("left in the keyring: %s, %v", text, err)
	}
	says(exitOK, "keeps nothing", "purge", "--yes")

	// Without the keyring only where that is wanted; then the folder goes too.
	if err := os.Remove(filepath.Join(state, "mine.txt")); err != nil {
		t.Fatal(err)
	}
	says(exitOK, "is saved", "inbox", "add", "Study", "-")
	if err := os.WriteFile(keyring, []byte("locked"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(exitOK, "may still be there", "purge", "--yes", "--force")
	if _, err := os.Stat(state); err == nil {
		t.Error("the state folder is there still")
	}
}

// azureLink is a token for a storage of Azure's.
const azureLink = "https://labinbox.blob.core.windows.net/ws-1?sv=2021-12-02" +
	"&se=2099-01-01T00%3A00%3A00Z&sr=c&sp=cw&sig=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA%3D"
