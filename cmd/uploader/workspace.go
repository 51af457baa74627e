package main

import (
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// workspaceCommand is the side of those who run an inbox.
func workspaceCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "workspace",
		Short: "Connect your own storage account, to issue upload tokens for it",
		Args:  noArguments,
		RunE:  showHelp,
	}
	c.AddCommand(connectCommand(p), disconnectCommand(p))
	return c
}

const connectHelp = `Connect your own storage account. Then "uploader token create" issues upload tokens for it, and
"uploader inbox list" shows what arrived.

You need the account's key or connection string, from the account's page "Access keys". Anyone with
it can do anything with the account, so it is not taken as an argument, which other users of this
computer could see. You are asked for it on a terminal, or it is read
    from a file             --key-file FILE
    from standard input     --key-file -
    from the environment    UPLOADER_WORKSPACE_KEY
It is kept in this computer's keyring and nowhere else. Without a keyring, or with --no-keyring,
each command that needs it reads it again in one of these ways.

ADDRESS is the account's address, such as https://NAME.blob.core.windows.net; a connection string
contains it. For a local inbox it is http://127.0.0.1:PORT/localinbox, and the key is in
DIR/.blobserver/key.

The proxy is that of UPLOADER_PROXY, otherwise of HTTPS_PROXY and NO_PROXY, otherwise of the
system's settings, here and for the commands that follow.

Each token gets a container named WORKSPACE-NUMBER. Reasons, dates and issuers' names are stored
with the containers: anyone with the account's key sees the same table. Tokens themselves are kept
nowhere.

Exit codes:
    0    connected
    1    the storage can't be reached
    2    wrong usage, or no readable key
    3    the key is refused`

func connectCommand(p *program) *cobra.Command {
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
				return &usageError{"An address begins with https://. Don't pass the account's " +
					"key or connection string as an argument, which other users of this " +
					"computer can see. See: uploader workspace connect --help"}
			}
			return p.account().keep(c.Context(), conn, keyFile, noKeyring)
		},
	}
	takesToken(c, "0") // it says more of a key
	f := c.Flags()
	f.StringVar(&conn.Workspace, "workspace", "", "workspace `NAME`, with which the containers' "+
		"names begin: lower-case letters, digits, single hyphens (required)")
	keyFileFlag(c, &keyFile)
	f.BoolVar(&noKeyring, "no-keyring", false, "don't save the key; each command reads it again")
	allowHostFlag(c, &conn.AllowHosts)
	f.StringVar(&conn.CAFile, "ca-file", "", "also trust the certificate authorities in this "+
		"PEM `FILE`")
	return c
}

func disconnectCommand(p *program) *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "disconnect",
		Short: "Forget the storage account and remove its key from the keyring",
		Long: `Forget the storage account and remove its key from the keyring. Issued tokens keep working, and
files that arrived stay. To disable all tokens of the account at once, renew its key in the Azure
portal.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.account().forget(c.Context(), force)
		},
	}
	c.Flags().BoolVar(&force, "force", false, "forget the account even if the keyring won't "+
		"release the key")
	return c
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
