package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"inboxuploader/uploader/azure"
	"inboxuploader/workspace"
)

// connectionName is the file in the state folder that says which workspace this computer's user issues tokens for.
const connectionName = "workspace.json"

// connection is what is kept of a connected storage account: all but its key.
type connection struct {
	Address    string   `json:"address"`
	Workspace  string   `json:"workspace"`
	AllowHosts []string `json:"allow_hosts,omitempty"`
	CAFile     string   `json:"ca_file,omitempty"`
	KeyRef     string   `json:"key_ref,omitempty"` // of the key in the keyring
}

// workspaceCommand is the side of those who run an inbox.
func (p *program) workspaceCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "workspace",
		Short: "Connect a storage account of your own, to issue upload tokens for it",
		Args:  noArguments,
		RunE:  showHelp,
	}
	c.AddCommand(p.connectCommand(), p.disconnectCommand())
	return c
}

const connectHelp = `Connect a storage account of your own: from then on "uploader token create" issues upload tokens for it, and
"uploader inbox list" shows what arrived.

Needed is the account's key, or its connection string, from the account's page "Access keys". Whoever has it can do anything
with the account, so it is not taken as an argument, which other users of this computer could see. It is asked for on a
terminal, or read
    from a file             --key-file FILE
    from standard input     --key-file -
    from the environment    UPLOADER_WORKSPACE_KEY
and kept in this computer's keyring, nowhere else. Without a keyring, or with --no-keyring, each command that needs it reads
it again in one of these ways.

ADDRESS is the account's address, such as https://NAME.blob.core.windows.net; a connection string says it already. For a local
inbox it is http://127.0.0.1:PORT/localinbox, and the key is in DIR/.blobserver/key.

The proxy is that of UPLOADER_PROXY, else of HTTPS_PROXY and NO_PROXY, here and for the commands that follow.

Each token gets a container named WORKSPACE-NUMBER. Reasons, dates and names of those who issue tokens are kept with the
containers: whoever has the account's key sees the same table. A token itself is kept nowhere.

Exit codes: 0 connected, 1 the storage can't be reached, 2 wrong usage or no readable key, 3 the key is refused.`

func (p *program) connectCommand() *cobra.Command {
	var conn connection
	var keyFile string
	var noKeyring bool
	c := &cobra.Command{
		Use:   "connect [ADDRESS] --workspace NAME",
		Short: "Connect a storage account with its key",
		Long:  connectHelp,
		Args:  cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) == 1 && strings.HasPrefix(args[0], "http"):
				conn.Address = args[0]
			case len(args) > 0:
				return &usageError{"An address begins with https://. If the account's key or connection string was meant: it is not taken as an argument, which other users of this computer can see. See: uploader workspace connect --help"}
			}
			return p.connect(c.Context(), conn, keyFile, noKeyring)
		},
	}
	takesToken(c, "0") // it says more of a key
	f := c.Flags()
	f.StringVar(&conn.Workspace, "workspace", "", "the workspace's `NAME`, which begins the containers' names: small letters, digits, single hyphens (required)")
	keyFileFlag(c, &keyFile)
	f.BoolVar(&noKeyring, "no-keyring", false, "don't keep the key; each command reads it again")
	allowHostFlag(c, &conn.AllowHosts)
	f.StringVar(&conn.CAFile, "ca-file", "", "trust the certificate authorities in this PEM `FILE` besides the system's")
	return c
}

func (p *program) disconnectCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "disconnect",
		Short: "Forget the storage account and remove its key from the keyring",
		Long: `Forget the storage account and remove its key from the keyring. Tokens that were issued go on working, and what arrived
stays. To make all tokens of the account useless at once, renew its key in Azure's portal.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return p.disconnect(c.Context(), force) },
	}
	c.Flags().BoolVar(&force, "force", false, "forget the account even if the keyring does not let go of the key")
	return c
}

// connect finds out whether the key works and keeps the connection.
func (p *program) connect(ctx context.Context, conn connection, keyFile string, noKeyring bool) error {
	if conn.Workspace == "" {
		return &usageError{"--workspace is missing. Say which name the containers are to begin with, such as --workspace ws-0421."}
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
	text, err := p.givenKey(ctx, keyFile)
	if err != nil {
		return err
	}
	if text == "" {
		return &usageError{"No account key was given. Name a file with --key-file, pass it on standard input with --key-file -, or set " + keyVariable + "."}
	}
	account, err := conn.account(text)
	if err != nil {
		return err
	}
	conn.Address = account.Address()
	w, err := p.open(conn, account)
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // idle connections, as the program ends
	if err := w.Check(ctx); err != nil {
		return err
	}
	old, _ := p.readConnection() // if there was one
	kept, err := p.keepKey(ctx, &conn, account.Key(), noKeyring)
	if err != nil {
		return err
	}
	if err := p.writeConnection(conn); err != nil {
		return err
	}
	if old.KeyRef != "" {
		_ = p.vault().Delete(ctx, old.KeyRef) // nothing refers to it any more
	}
	return p.print("Connected: workspace " + conn.Workspace + " on " + shown(conn.Address) + ".\n" + kept + "\n")
}

// account reads the key of the connection's account.
func (conn connection) account(text string) (workspace.Account, error) {
	administrators, _ := allowedHosts()
	return workspace.ParseAccount(text, conn.Address, append(administrators, conn.AllowHosts...)...)
}

// open opens the workspace of a connection.
func (p *program) open(conn connection, account workspace.Account) (*workspace.Workspace, error) {
	var proxy proxyFlag
	if err := proxy.orVariable(p.env); err != nil {
		return nil, err
	}
	w, err := workspace.Open(account, conn.Workspace, workspace.Options{Connection: azure.Options{
		CAFile: conn.CAFile, Proxy: proxy.For, UserAgent: "inbox-uploader/" + version(),
	}})
	if _, ours := errors.AsType[*workspace.Error](err); err != nil && !ours {
		return nil, &usageError{"The certificates in “" + shown(conn.CAFile) + "” can't be read. Nothing was sent."}
	}
	return w, err
}

func (p *program) disconnect(ctx context.Context, force bool) error {
	conn, err := p.readConnection()
	if err != nil {
		return err
	}
	if conn.KeyRef != "" {
		err := p.vault().Delete(ctx, conn.KeyRef)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && !force:
			p.say("The key could not be removed from this computer's keyring, which is locked or not there, and nothing was changed. Unlock it and try again, or forget the account alone with --force.")
			return exit(exitNotDelivered)
		case err != nil:
			p.say("The key may still be in this computer's keyring, as an entry of “Inbox uploader”.")
		}
	}
	dir, err := p.stateDir()
	if err == nil {
		err = os.Remove(filepath.Join(dir, connectionName))
	}
	if err != nil {
		return fmt.Errorf("disconnect: %w", err)
	}
	return p.print("Disconnected from workspace " + conn.Workspace + " on " + shown(conn.Address) + ". Tokens that were issued go on working.\n")
}

// openWorkspace opens the connected workspace with the key from where it is. The caller closes it.
func (p *program) openWorkspace(ctx context.Context, keyFile string) (*workspace.Workspace, error) {
	conn, err := p.readConnection()
	if err != nil {
		return nil, err
	}
	text, err := p.storedKey(ctx, conn, keyFile)
	if err != nil {
		return nil, err
	}
	account, err := conn.account(text)
	if err != nil {
		return nil, err
	}
	return p.open(conn, account)
}

// errNotConnected says that connect kept nothing.
var errNotConnected = &usageError{"No storage account is connected. Connect one first: uploader workspace connect --help"}

// readConnection reads what connect kept. Where that is nothing it returns errNotConnected.
func (p *program) readConnection() (connection, error) {
	var conn connection
	dir, err := p.stateDir()
	if err != nil {
		return conn, err
	}
	text, err := os.ReadFile(filepath.Join(dir, connectionName))
	if errors.Is(err, fs.ErrNotExist) {
		return conn, errNotConnected
	}
	// Where others can write they could send tokens, and files, to a stranger.
	if _, err := p.openState(); err != nil {
		return conn, err
	}
	switch {
	case err != nil || json.Unmarshal(text, &conn) != nil || conn.Address == "":
		return conn, &usageError{"What is known of the connected storage account can't be read. Connect it again: uploader workspace connect --help"}
	}
	return conn, nil
}

// writeConnection replaces what readConnection reads, as a whole.
func (p *program) writeConnection(conn connection) error {
	dir, err := p.openState()
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(conn, "", "  ")
	if err != nil {
		return fmt.Errorf("keep connection: %w", err)
	}
	return writePrivate(filepath.Join(dir, connectionName), string(text)+"\n")
}

// print writes to stdout.
func (p *program) print(text string) error {
	if _, err := fmt.Fprint(p.stdout, text); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// whoami is the name that the table gets of who uses the program.
func whoami() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

// localTime says a moment in the local time zone, for a column.
func localTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}
