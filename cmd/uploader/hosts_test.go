//go:build !windows

package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inboxuploader/uploader/problem"
)

// allowHosts gives the administrator's file another place, and the test the administrator's part.
func allowHosts(t *testing.T, text string) string {
	t.Helper()
	file, owner := administratorsHosts, administrator
	t.Cleanup(func() { administratorsHosts, administrator = file, owner })
	dir := filepath.Join(t.TempDir(), "inboxuploader")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	administratorsHosts, administrator = filepath.Join(dir, "hosts"), uint32(os.Geteuid())
	if err := os.WriteFile(administratorsHosts, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return administratorsHosts
}

// setPolicy gives the test the administrator's part, with this policy.
func setPolicy(t *testing.T, text string) {
	t.Helper()
	check(t, os.WriteFile(filepath.Join(filepath.Dir(allowHosts(t, "")), "policy.json"),
		[]byte(text), 0o644))
}

func TestAnAdministratorAllowsHostsForEverybody(t *testing.T) {
	for _, test := range []struct {
		name, text string
		allowed    bool
	}{
		{"none", "", false},
		{"this one", "# our own storage\n\n  Inbox.LAB.example # in the cellar\n", true},
		{"all below", "*.lab.example\r\n", true},
		{"another", "lab.example\n", false},
		{"a comment", "#inbox.lab.example\n", false},
		{"everything", "*\n", false},
		{"an address", "https://inbox.lab.example/\n", true},
		{"behind an editor's mark", "\ufeffinbox.lab.example\n", true},
		{"not a host", "inbox lab.example\n", false},
		{"too large", strings.Repeat("#\n", 40_000) + "inbox.lab.example\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			allowHosts(t, test.text)
			_, err := givenToken{text: foreignLink}.parse(nil)
			if test.allowed && err != nil {
				t.Error(err)
			}
			if e, ok := errors.AsType[*problem.Error](err); !test.allowed &&
				(!ok || e.Reason != problem.UnknownHost) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAListThatOthersMayWriteIsNotUsed(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, file string){
		"file":   func(t *testing.T, file string) { check(t, os.Chmod(file, 0o664)) },
		"folder": func(t *testing.T, file string) { check(t, os.Chmod(filepath.Dir(file), 0o777)) },
		"owner":  func(*testing.T, string) { administrator++ },
		"a folder in its place": func(t *testing.T, file string) {
			check(t, os.Remove(file))
			check(t, os.Mkdir(file, 0o755))
		},
	} {
		t.Run(name, func(t *testing.T) {
			spoil(t, allowHosts(t, "inbox.lab.example\n"))
			var errs bytes.Buffer
			if code := run(t.Context(), []string{"token", foreignLink}, strings.NewReader(""), &errs, &errs, noEnvironment); code != exitUsage {
				t.Errorf("exit code %d", code)
			}
			for _, part := range []string{"not a known storage address", "is not used: it"} {
				if !strings.Contains(errs.String(), part) {
					t.Errorf("said %q, without %q", errs.String(), part)
				}
			}
		})
	}
}

// TestAnAdministratorTakesBackAHost: an inbox that was kept while it was allowed gets nothing more.
func TestAnAdministratorTakesBackAHost(t *testing.T) {
	list := allowHosts(t, "inbox.lab.example\n")
	dir := t.TempDir()
	before := openVault
	openVault = testVault
	t.Cleanup(func() { openVault = before })
	file := filepath.Join(dir, "a.txt")
	check(t, os.WriteFile(file, []byte("a"), 0o600))
	env := func(name string) string {
		return map[string]string{"UPLOADER_HOME": filepath.Join(dir, "state"), "KEYRING": filepath.Join(dir, "keyring"), tokenVariable: ""}[name]
	}
	says := func(code int, text string, args ...string) {
		t.Helper()
		var out bytes.Buffer
		if got := run(t.Context(), args, strings.NewReader(foreignLink), &out, &out, env); got != code ||
			!strings.Contains(out.String(), text) {
			t.Errorf("%q: exit code %d, want %d; says %q, want %q", args, got, code, out.String(),
				text)
		}
	}
	says(exitOK, "is saved", "inbox", "add", "Lab", "-")
	says(exitOK, "a.txt", "copy", file, "--to", "Lab", "--dry-run")
	check(t, os.WriteFile(list, nil, 0o600))
	says(exitToken, "“inbox.lab.example” is no longer an allowed storage address", "copy", file,
		"--to", "Lab", "--dry-run")
	says(exitOK, "address no longer allowed", "inbox", "list")
	says(exitOK, "a.txt", "copy", file, "--to", "Lab", "--dry-run", "--allow-host",
		"inbox.lab.example")
}

// TestAnEmptyPolicyIsNoPolicy: who can empty the file must not be rid of its rules.
func TestAnEmptyPolicyIsNoPolicy(t *testing.T) {
	allowHosts(t, "")
	if _, err := readPolicy(); err != nil {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(policyFile(), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readPolicy(); err == nil {
		t.Error("an empty file counts as none")
	}
}
