package inboxes

import (
	"context"
	"crypto/rand"
	"sync"

	"inboxuploader/internal/secret"
	"inboxuploader/uploader/problem"
)

// Vault keeps secrets where other programs and other users can't read them: in the operating
// system's keyring, which package vault speaks to, or in the process, see [NewMemoryVault].
//
// What every implementation promises:
//
//   - Methods may be called from any goroutine and block for as long as the keyring takes, which may be as long as a
//     person needs to type a password, but not beyond the implementation's own time limit or the end of the context.
//   - A secret is given back whole, byte for byte as it was put, or not at all; also where the program, the keyring or the
//     computer ended in the middle of a Put.
//   - Errors are the context's cause or [*problem.Error]s that wrap ErrVault, whose Reason tells the cases apart. They never
//     contain a secret.
//
// A reference names one secret. It is shown in logs and kept in files, so it says nothing of the
// secret; it consists of 1 to 128 ASCII letters, digits and hyphens. Whoever keeps it makes it up,
// see [NewRef].
type Vault interface {
	// Put keeps the secret under the reference and replaces what stood there. After an error nobody
	// should count on the reference, whichever of the two stands there; the surest is a new
	// reference for each secret.
	Put(ctx context.Context, ref, secret string) error
	// Secret returns the secret of the reference; without one the error's Reason is VaultMissing.
	Secret(ctx context.Context, ref string) (string, error)
	// Delete removes the secret of the reference. It returns nil where there is none.
	Delete(ctx context.Context, ref string) error
}

// NewRef returns a random reference that nobody else has.
func NewRef() string { return rand.Text() }

// MemoryVault is a [Vault] that ends with the process, for computers without a keyring. Given
// another Vault it keeps each secret there too: a token can then be used for as long as the program
// runs, whatever the keyring says.
type MemoryVault struct {
	behind Vault

	mu      sync.Mutex
	secrets map[string]secret.Text
}

// NewMemoryVault returns an empty MemoryVault in front of another Vault, which may be nil.
func NewMemoryVault(behind Vault) *MemoryVault {
	return &MemoryVault{behind: behind, secrets: map[string]secret.Text{}}
}

// Put keeps the secret in memory, where it can't fail, and then in the Vault behind. The error is
// that Vault's: the secret can be used until the program ends, and the person should be told that
// it is not kept beyond.
func (m *MemoryVault) Put(ctx context.Context, ref, text string) error {
	m.mu.Lock()
	m.secrets[ref] = secret.New(text)
	m.mu.Unlock()
	if m.behind == nil {
		return nil
	}
	return m.behind.Put(ctx, ref, text)
}

// Secret returns the secret from memory, else from the Vault behind, which is asked once for each
// reference.
func (m *MemoryVault) Secret(ctx context.Context, ref string) (string, error) {
	m.mu.Lock()
	known, ok := m.secrets[ref]
	m.mu.Unlock()
	if ok {
		return known.Reveal(), nil
	}
	if m.behind == nil {
		return "", problem.New("read secret", "", problem.VaultMissing)
	}
	text, err := m.behind.Secret(ctx, ref)
	if err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secrets[ref] = secret.New(text)
	return text, nil
}

// Delete removes the secret from memory and from the Vault behind, whose error it returns.
func (m *MemoryVault) Delete(ctx context.Context, ref string) error {
	m.mu.Lock()
	delete(m.secrets, ref)
	m.mu.Unlock()
	if m.behind == nil {
		return nil
	}
	return m.behind.Delete(ctx, ref)
}
