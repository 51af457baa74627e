package main

import (
	"testing"

	"inboxuploader/internal/proxydial"
	"inboxuploader/internal/secret"
	"inboxuploader/uploader/inboxes"
)

// TestASignInIsKeptForOneProxy: a later run finds it in the keyring for that address alone.
func TestASignInIsKeptForOneProxy(t *testing.T) {
	ring := inboxes.NewMemoryVault(nil)
	run := func() *signIns {
		return &signIns{
			known: map[string]proxydial.SignIn{}, asked: map[string]bool{},
			vault: func() inboxes.Vault { return ring },
		}
	}
	ours := proxydial.Proxy{Scheme: "http", Host: "proxy.example.org:8080"}
	sign := proxydial.SignIn{Name: `WARD\ann`, Password: secret.New("a\nb: c")}
	first := run()
	if err := first.put(t.Context(), ours.Host, sign, false); err != nil {
		t.Fatal(err)
	}
	if got, ok := first.find(t.Context(), ours); !ok || got != sign {
		t.Errorf("in the same run: %v, %v", got, ok)
	}
	if got, ok := run().find(t.Context(), ours); ok {
		t.Errorf("it was not to be kept: %v", got)
	}
	if err := run().put(t.Context(), ours.Host, sign, true); err != nil {
		t.Fatal(err)
	}
	later := run()
	got, ok := later.find(t.Context(), ours)
	if !ok || got.Name != sign.Name || got.Password.Reveal() != sign.Password.Reveal() {
		t.Errorf("in a later run: %v, %v", got, ok)
	}
	for _, other := range []string{"proxy.example.org:8081", "other.example.org:8080"} {
		if got, ok := later.find(t.Context(), proxydial.Proxy{Scheme: "http", Host: other}); ok {
			t.Errorf("%s got %v", other, got)
		}
	}
}
