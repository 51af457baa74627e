package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/token"
	"inboxuploader/workspace"
)

// connectionName is the file in the state folder that says which workspace this computer's user
// issues tokens for.
const connectionName = "workspace.json"

// connection is what is kept of a connected storage account: all but its key.
type connection struct {
	Address    string   `json:"address"`
	Workspace  string   `json:"workspace"`
	AllowHosts []string `json:"allow_hosts,omitempty"`
	CAFile     string   `json:"ca_file,omitempty"`
	KeyRef     string   `json:"key_ref,omitempty"` // of the key in the keyring
}

// ownAccount is the storage account for which this computer's user issues tokens. Call open for its
// workspace.
type ownAccount struct{ *program }

func (p *program) account() ownAccount { return ownAccount{p} }

// open opens the connected workspace with the key from where it is. The caller closes it.
func (a ownAccount) open(ctx context.Context, keyFile string) (*workspace.Workspace, error) {
	conn, err := a.read()
	if err != nil {
		return nil, err
	}
	text, err := a.storedKey(ctx, conn, keyFile)
	if err != nil {
		return nil, err
	}
	account, err := conn.account(text)
	if err != nil {
		return nil, err
	}
	return a.connect(conn, account)
}

// connect opens the workspace of a connection.
func (a ownAccount) connect(
	conn connection, account workspace.Account,
) (*workspace.Workspace, error) {
	var proxy proxyFlag
	if err := proxy.orVariable(a.env); err != nil {
		return nil, err
	}
	rules, err := readPolicy()
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(conn.Address)
	if err != nil {
		return nil, errNotConnected
	}
	if err := rules.permits(token.Inbox{Host: u.Host}); err != nil {
		return nil, err
	}
	w, err := workspace.Open(account, conn.Workspace, workspace.Options{
		Connection: rules.connection(&proxy, conn.CAFile),
		NoTokens:   rules.ForbidTokenCreation && !isThisComputer(u.Host),
	})
	if _, ours := errors.AsType[*workspace.Error](err); err != nil && !ours {
		return nil, &usageError{
			"The certificates in “" + show.Text(conn.CAFile) + "” can't be read. Nothing was sent.",
		}
	}
	return w, err
}

// keep keeps the connection, once the storage has accepted the key.
func (a ownAccount) keep(
	ctx context.Context, conn connection, keyFile string, noKeyring bool,
) error {
	if conn.Workspace == "" {
		return &usageError{"--workspace is missing: the name that the containers' names begin " +
			"with, such as --workspace ws-0421."}
	}
	if err := workspace.CheckName(conn.Workspace); err != nil {
		return err
	}
	if conn.CAFile != "" {
		abs, err := absolutePath(conn.CAFile)
		if err != nil {
			return err
		}
		conn.CAFile = abs // later commands run elsewhere
	}
	text, err := a.givenKey(ctx, keyFile)
	if err != nil {
		return err
	}
	if text == "" {
		return &usageError{"The account key is missing. Name a file with --key-file, pass it on " +
			"standard input with --key-file -, or set " + keyVariable + "."}
	}
	account, err := conn.account(text)
	if err != nil {
		return err
	}
	conn.Address = account.Address()
	w, err := a.connect(conn, account)
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // idle connections, as the program ends
	if err := w.Check(ctx); err != nil {
		return err
	}
	old, _ := a.read() // if there was one
	kept, err := a.keepKey(ctx, &conn, account.Key(), noKeyring)
	if err != nil {
		return err
	}
	if err := a.save(conn); err != nil {
		return err
	}
	if old.KeyRef != "" {
		_ = a.vault().Delete(ctx, old.KeyRef) // nothing refers to it any more
	}
	return a.print(
		"Connected: workspace " + conn.Workspace + " on " + show.Text(conn.Address) + ".\n" + kept + "\n",
	)
}

func (a ownAccount) forget(ctx context.Context, force bool) error {
	conn, err := a.read()
	if err != nil {
		return err
	}
	if conn.KeyRef != "" {
		err := a.vault().Delete(ctx, conn.KeyRef)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && !force:
			a.say("The key could not be removed from this computer's keyring, which is locked " +
				"or missing. Nothing was changed. Unlock it and try again, or forget only the " +
				"account with --force.")
			return exit(exitNotDelivered)
		case err != nil:
			a.say("The key may still be in this computer's keyring, as an entry of “Inbox " +
				"uploader”.")
		}
	}
	dir, err := a.stateDir()
	if err == nil {
		err = os.Remove(filepath.Join(dir, connectionName))
	}
	if err != nil {
		return fmt.Errorf("disconnect: %w", err)
	}
	return a.print(
		"Disconnected from workspace " + conn.Workspace + " on " + show.Text(conn.Address) + ". " +
			"Issued tokens keep working.\n",
	)
}

// errNotConnected says that no connection is kept.
var errNotConnected = &usageError{"No storage account is connected. Connect one first: uploader " +
	"workspace connect --help"}

// read returns the kept connection. Where there is none it returns errNotConnected.
func (a ownAccount) read() (connection, error) {
	var conn connection
	dir, err := a.stateDir()
	if err != nil {
		return conn, err
	}
	text, err := os.ReadFile(filepath.Join(dir, connectionName))
	if errors.Is(err, fs.ErrNotExist) {
		return conn, errNotConnected
	}
	// Where others can write they could send tokens, and files, to a stranger.
	if _, err := a.openState(); err != nil {
		return conn, err
	}
	switch {
	case err != nil || json.Unmarshal(text, &conn) != nil || conn.Address == "":
		return conn, &usageError{"The connected storage account's entry can't be read. Connect " +
			"it again: uploader workspace connect --help"}
	}
	return conn, nil
}

// save keeps the connection in place of an earlier one, as a whole.
func (a ownAccount) save(conn connection) error {
	dir, err := a.openState()
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(conn, "", "  ")
	if err != nil {
		return fmt.Errorf("keep connection: %w", err)
	}
	return writePrivate(filepath.Join(dir, connectionName), string(text)+"\n")
}

// account reads the key of the connection's account.
func (conn connection) account(text string) (workspace.Account, error) {
	administrators, _ := allowedHosts()
	return workspace.ParseAccount(text, conn.Address, append(administrators, conn.AllowHosts...)...)
}
