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
		Short: "Connect a storage account of your own, to issue upload tokens for it",
		Args:  noArguments,
		RunE:  showHelp,
	}
	c.AddCommand(connectCommand(p), disconnectCommand(p))
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

The proxy is that of UPLOADER_PROXY, else of HTTPS_PROXY and NO_PROXY, else of the system's settings, here and for the commands that follow.

Each token gets a container named WORKSPACE-NUMBER. Reasons, dates and names of those who issue tokens are kept with the
containers: whoever has the account's key sees the same table. A token itself is kept nowhere.

Exit codes: 0 connected, 1 the storage can't be reached, 2 wrong usage or no readable key, 3 the key is refused.`

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
				return &usageError{"An address begins with https://. If the account's key or " +
					"connection string was meant: it is not taken as an argument, which other " +
					"users of this computer can see. See: uploader workspace connect --help"}
			}
			return p.account().keep(c.Context(), conn, keyFile, noKeyring)
		},
	}
	takesToken(c, "0") // it says more of a key
	f := c.Flags()
	f.StringVar(&conn.Workspace, "workspace", "", "the workspace's `NAME`, which begins the "+
		"containers' names: small letters, digits, single hyphens (required)")
	keyFileFlag(c, &keyFile)
	f.BoolVar(&noKeyring, "no-keyring", false, "don't keep the key; each command reads it again")
	allowHostFlag(c, &conn.AllowHosts)
	f.StringVar(&conn.CAFile, "ca-file", "", "trust the certificate authorities in this PEM "+
		"`FILE` besides the system's")
	return c
}

func disconnectCommand(p *program) *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "disconnect",
		Short: "Forget the storage account and remove its key from the keyring",
		Long: `Forget the storage account and remove its key from the keyring. Tokens that were issued go on working, and what arrived
stays. To make all tokens of the account useless at once, renew its key in Azure's portal.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.account().forget(c.Context(), force)
		},
	}
	c.Flags().BoolVar(&force, "force", false, "forget the account even if the keyring does not "+
		"let go of the key")
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
