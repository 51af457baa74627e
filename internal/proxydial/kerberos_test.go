//go:build !windows

package proxydial

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestATicketCacheIsNamed: where there is none that can be read, the person is told the command that
// makes one.
func TestATicketCacheIsNamed(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ variable, want string }{
		{"FILE:" + dir + "/cc", "kinit -c FILE:" + dir + "/cc"},
		{dir + "/cc", "kinit -c FILE:" + dir + "/cc"},
		{"KEYRING:persistent:1000", "kinit -c FILE:" + defaultCache()},
		{"KCM:", "kinit -c FILE:" + defaultCache()},
		{"", "kinit -c FILE:" + defaultCache()},
	} {
		t.Setenv("KRB5CCNAME", c.variable)
		if got := renewal(); got != c.want {
			t.Errorf("%q: %q", c.variable, got)
		}
	}
	t.Setenv("KRB5CCNAME", "FILE:"+dir+"/none")
	p := newFakeProxy(t, func(int, string) string { return demand("Negotiate") })
	err := open(t, through(p, SignIn{}, true))
	e, _ := errors.AsType[*Error](err)
	if e == nil || e.Failure != TicketNeeded || e.Renew != "kinit -c FILE:"+dir+"/none" {
		t.Errorf("%#v", e)
	}
}

// TestADamagedTicketCacheIsNoPanic: the library trusts the lengths in the file.
func TestADamagedTicketCacheIsNoPanic(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cc")
	t.Setenv("KRB5CCNAME", "FILE:"+file)
	for _, text := range []string{"", "\x05", "\x05\x04", "\x05\x04\x00\x0c\x00\x01\x7f\xff", "no cache"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if x, err := (&tickets{}).make("proxy.example.org:3128"); err == nil {
			t.Errorf("%q: %v", text, x)
		}
	}
}
