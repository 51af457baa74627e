package inboxes_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/problem"
)

// brokenVault is a keyring that refuses everything.
type brokenVault struct{ asked int }

func (v *brokenVault) Put(context.Context, string, string) error {
	v.asked++
	return problem.New("keep secret", "", problem.VaultLocked)
}

func (v *brokenVault) Secret(context.Context, string) (string, error) {
	v.asked++
	return "", problem.New("read secret", "", problem.VaultLocked)
}

func (v *brokenVault) Delete(context.Context, string) error {
	v.asked++
	return problem.New("remove secret", "", problem.VaultLocked)
}

func wantVault(t *testing.T, err error, want problem.Reason) {
	t.Helper()
	if e, ok := errors.AsType[*problem.Error](err); !ok || e.Reason != want ||
		!errors.Is(err, problem.ErrVault) {
		t.Fatalf("error %v, want %s", err, want)
	}
}

func TestMemoryVaultKeepsSecretsUntilTheProgramEnds(t *testing.T) {
	v := inboxes.NewMemoryVault(nil)
	_, err := v.Secret(t.Context(), "r")
	wantVault(t, err, problem.VaultMissing)
	for _, secret := range []string{"one", "two"} {
		if err := v.Put(t.Context(), "r", secret); err != nil {
			t.Fatal(err)
		}
		if got, err := v.Secret(t.Context(), "r"); err != nil || got != secret {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if s := fmt.Sprintf("%v %+v", v, v); strings.Contains(s, "two") {
		t.Errorf("it prints what it holds: %s", s)
	}
	for range 2 {
		if err := v.Delete(t.Context(), "r"); err != nil {
			t.Fatal(err)
		}
	}
	_, err = v.Secret(t.Context(), "r")
	wantVault(t, err, problem.VaultMissing)
}

// TestMemoryVaultTellsWhatTheKeyringSays keeps a token usable before a locked keyring, and says
// that it is locked.
func TestMemoryVaultTellsWhatTheKeyringSays(t *testing.T) {
	behind := &brokenVault{}
	v := inboxes.NewMemoryVault(behind)
	wantVault(t, v.Put(t.Context(), "r", "secret"), problem.VaultLocked)
	if got, err := v.Secret(t.Context(), "r"); err != nil || got != "secret" {
		t.Fatalf("%q, %v", got, err)
	}
	if behind.asked != 1 {
		t.Errorf("the keyring was asked %d times", behind.asked)
	}
	_, err := v.Secret(t.Context(), "other")
	wantVault(t, err, problem.VaultLocked)
	wantVault(t, v.Delete(t.Context(), "r"), problem.VaultLocked)
}

func TestMemoryVaultAsksTheKeyringOnce(t *testing.T) {
	behind := inboxes.NewMemoryVault(nil)
	if err := behind.Put(t.Context(), "r", "secret"); err != nil {
		t.Fatal(err)
	}
	v := inboxes.NewMemoryVault(behind)
	if got, err := v.Secret(t.Context(), "r"); err != nil || got != "secret" {
		t.Fatalf("%q, %v", got, err)
	}
	if err := behind.Delete(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	if got, err := v.Secret(t.Context(), "r"); err != nil || got != "secret" {
		t.Fatalf("%q, %v", got, err)
	}
	if err := v.Delete(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	_, err := v.Secret(t.Context(), "r")
	wantVault(t, err, problem.VaultMissing)
}

func TestVaultRefsAreRandomAndPlain(t *testing.T) {
	plain := regexp.MustCompile(`^[A-Za-z0-9-]{20,128}$`)
	seen := map[string]bool{}
	for range 1000 {
		ref := inboxes.NewRef()
		if !plain.MatchString(ref) || seen[ref] {
			t.Fatalf("reference %q", ref)
		}
		seen[ref] = true
	}
}
