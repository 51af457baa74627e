package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/vault"
)

// testVault is what stands for the keyring of whoever runs the tests, which must not be touched:
// the file that KEYRING names. It is locked where the file contains the word "locked", and absent
// without that variable. With KEYRING=system it is the system's after all, for tests that run on a
// session bus of their own.
func testVault(env func(string) string) inboxes.Vault {
	if env("KEYRING") == "system" {
		return vault.New(vault.Options{})
	}
	return vaultFile(env("KEYRING"))
}

// vaultFile keeps secrets in a JSON object.
type vaultFile string

func (v vaultFile) read(op string) (map[string]string, error) {
	if v == "" {
		return nil, problem.New(op, "", problem.VaultAbsent)
	}
	text, err := os.ReadFile(string(v))
	secrets := map[string]string{}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return secrets, nil
	case err != nil || json.Unmarshal(text, &secrets) != nil:
		return nil, problem.New(op, "", problem.VaultLocked)
	}
	return secrets, nil
}

func (v vaultFile) write(secrets map[string]string) error {
	text, err := json.Marshal(secrets)
	if err != nil {
		return err
	}
	return os.WriteFile(string(v), text, 0o600)
}

func (v vaultFile) Put(_ context.Context, ref, secret string) error {
	secrets, err := v.read("keep secret")
	if err != nil {
		return err
	}
	secrets[ref] = secret
	return v.write(secrets)
}

func (v vaultFile) Secret(_ context.Context, ref string) (string, error) {
	secrets, err := v.read("read secret")
	if err != nil {
		return "", err
	}
	secret, ok := secrets[ref]
	if !ok {
		return "", problem.New("read secret", "", problem.VaultMissing)
	}
	return secret, nil
}

func (v vaultFile) Delete(_ context.Context, ref string) error {
	secrets, err := v.read("remove secret")
	if err != nil {
		return err
	}
	delete(secrets, ref)
	return v.write(secrets)
}
