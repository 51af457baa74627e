package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"sync"

	"inboxuploader/internal/proxydial"
	"inboxuploader/internal/secret"
	"inboxuploader/uploader/inboxes"
)

// proxySignIns are those of this process.
var proxySignIns = &signIns{
	known: map[string]proxydial.SignIn{}, asked: map[string]bool{},
	vault: func() inboxes.Vault { return openVault(os.Getenv) },
}

// signIns are the sign-ins that people entered in the window, each for one proxy's address. They
// last as long as the process, or are in the keyring.
type signIns struct {
	vault func() inboxes.Vault

	mu    sync.Mutex
	known map[string]proxydial.SignIn // by HOST:PORT
	asked map[string]bool             // whether the keyring was
}

// proxyRef is the keyring's name for the sign-in to a proxy. It does not reveal the address.
func proxyRef(host string) string {
	sum := sha256.Sum256([]byte(host))
	return "proxy-" + hex.EncodeToString(sum[:16])
}

// find returns the sign-in for a proxy. It asks the keyring once for each proxy, and never for
// SOCKS: that gets its sign-in before it asks for one.
func (s *signIns) find(ctx context.Context, p proxydial.Proxy) (proxydial.SignIn, bool) {
	s.mu.Lock()
	defer s.mu.Unlock() // concurrent callers wait for the same answer
	found, ok := s.known[p.Host]
	if ok || s.asked[p.Host] || strings.HasPrefix(p.Scheme, "socks") {
		return found, ok
	}
	s.asked[p.Host] = true
	text, err := s.vault().Secret(ctx, proxyRef(p.Host))
	name, password, whole := strings.Cut(text, "\n")
	if err != nil || !whole || name == "" {
		return proxydial.SignIn{}, false
	}
	s.known[p.Host] = proxydial.SignIn{Name: name, Password: secret.New(password)}
	return s.known[p.Host], true
}

// put uses a sign-in from now on and, if keep is true, saves it in the keyring. An error means that
// it was not saved.
func (s *signIns) put(ctx context.Context, host string, sign proxydial.SignIn, keep bool) error {
	s.mu.Lock()
	s.known[host] = sign
	s.mu.Unlock()
	if !keep {
		return nil
	}
	return s.vault().Put(ctx, proxyRef(host), sign.Name+"\n"+sign.Password.Reveal())
}
