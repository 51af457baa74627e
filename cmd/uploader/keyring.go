package main

import (
	"context"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/vault"
)

// openVault returns the keyring of the user who runs the program.
var openVault = func(func(string) string) inboxes.Vault { return vault.New(vault.Options{}) }

// keyringSilence is how long the program waits for the keyring before saying so.
const keyringSilence = 2 * time.Second

// announced is a Vault that tells the person when it keeps the program waiting.
type announced struct {
	vault inboxes.Vault
	say   func(line string)
}

func (a announced) waiting() func() bool {
	return time.AfterFunc(keyringSilence, func() {
		defer crash.Catch()
		a.say("Waiting for this computer's keyring. Look for a window that asks for its " +
			"password.")
	}).Stop
}

// Put implements [inboxes.Vault].
func (a announced) Put(ctx context.Context, ref, secret string) error {
	defer a.waiting()()
	return a.vault.Put(ctx, ref, secret)
}

// Secret implements [inboxes.Vault].
func (a announced) Secret(ctx context.Context, ref string) (string, error) {
	defer a.waiting()()
	return a.vault.Secret(ctx, ref)
}

// Delete implements [inboxes.Vault].
func (a announced) Delete(ctx context.Context, ref string) error {
	defer a.waiting()()
	return a.vault.Delete(ctx, ref)
}

// vault returns the keyring.
func (p *program) vault() inboxes.Vault { return announced{openVault(p.env), p.say} }

// inboxes returns the inboxes saved under names.
func (p *program) inboxes() (inboxes.Book, error) {
	if _, err := p.stateDir(); err != nil {
		return inboxes.Book{}, err
	}
	administrators, _ := allowedHosts()
	return inboxes.Book{Records: inboxRecords{p}, Vault: p.vault(), Hosts: administrators}, nil
}
