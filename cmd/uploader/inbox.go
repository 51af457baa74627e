package main

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// inboxCommand returns "inbox" with its sub-commands.
func inboxCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "inbox",
		Short: "Save inboxes under names, see what arrived in your own, or run a local one",
		Args:  noArguments,
		RunE:  showHelp,
	}
	c.AddCommand(inboxAddCommand(p), inboxListCommand(p), inboxRenameCommand(p),
		inboxRemoveCommand(p), inboxFetchCommand(p), inboxVerifyCommand(p), inboxServeCommand(p))
	return c
}

// inboxAdd is one run of "inbox add".
type inboxAdd struct {
	*program
	tokenFile         string
	hosts             []string
	replace, nameOnly bool
}

func inboxAddCommand(p *program) *cobra.Command {
	o := inboxAdd{program: p}
	c := &cobra.Command{
		Use:   "add NAME [TOKEN|-]",
		Short: "Save an inbox under a name, with its token in this computer's keyring",
		Long: `Save an inbox under a name, with its token in this computer's keyring. Then you can send with:
    uploader copy data --recursive --to NAME

NAME has 1 to 64 characters in any script; upper and lower case are the same. Give the token on
standard input with -, with --token-file or in UPLOADER_TOKEN; as an argument, other users of this
machine can see it:
    uploader inbox add "Cardio study" --token-file token.txt

The token's signature is kept only in the keyring: GNOME Keyring, KWallet or KeePassXC on Linux,
the Keychain on macOS, the Credential Manager on Windows. If there is no keyring, if it is locked
or if the token has expired, the name is saved anyway and you give the token each time:
    uploader copy data --to NAME --token-file token.txt

An address you allow with --allow-host stays allowed for this inbox until you remove the inbox or
the address, in the window's settings. An address your administrator allows stays allowed as long
as it is on their list.

Exit codes:
    0    the inbox and its token are saved
    1    the name is saved, but not the token
    2    wrong usage, no readable token, or the name is taken
    3    the name is saved, but the token has expired`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return &usageError{"The name is missing. Use: uploader inbox add NAME - < " +
					"TOKEN-FILE"}
			case len(args) > 2:
				return &usageError{"There are more arguments than a name and a token. Put each " +
					"in quotes, or the shell splits it."}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	takesToken(c, "1")
	f := c.Flags()
	tokenFileFlag(c, &o.tokenFile)
	f.BoolVar(&o.replace, "replace", false, "replace the token saved under this name")
	f.BoolVar(&o.nameOnly, "no-keyring", false, "save the name only; you give the token each "+
		"time")
	allowHostFlag(c, &o.hosts)
	return c
}

// run carries out "inbox add".
func (o *inboxAdd) run(ctx context.Context, args []string) error {
	name, err := inboxName(args[0])
	if err != nil {
		return err
	}
	given, err := o.givenToken(ctx, o.tokenFile, args[1:])
	if err != nil {
		return err
	}
	if given.text == "" {
		return &usageError{"The token is missing. Nothing was saved. Pass it on standard input " +
			"with -, or name its file with --token-file."}
	}
	tok, err := given.parse(o.hosts)
	if err != nil {
		return err
	}
	kept, err := o.inboxes()
	if err != nil {
		return err
	}
	r, err := kept.Add(ctx, name, tok, o.now(),
		inboxes.AddOptions{Replace: o.replace, NameOnly: o.nameOnly})
	if e, ok := errors.AsType[*problem.Error](err); ok && e.Reason == problem.InboxNameTaken {
		return &usageError{explain(err).String() + " Or replace its token with this one: " +
			"--replace"}
	}
	if err != nil && !errors.Is(err, problem.ErrVault) {
		return err
	}
	o.printf("“%s” is saved.\n%s", r.Name, indented(describeToken(tok, o.now())))
	each := "Give it each time: uploader copy FILES --to " + quoted(r.Name) + " --token-file FILE"
	switch {
	case err != nil:
		o.say(explain(err).What + " So the name is saved, but not the token. " + each)
		return exit(exitNotDelivered)
	case tok.StateAt(o.now()) == token.StateExpired:
		o.say("This token has expired, so it is not saved. Ask the workspace for a new one, " +
			"then: uploader inbox add " +
			quoted(r.Name) + " --replace --token-file FILE")
		return exit(exitToken)
	case r.Ref == "":
		o.printf("The token is not saved. %s\n", each)
	default:
		o.printf("Its token is in this computer's keyring. To send: uploader copy FILES --to %s\n",
			quoted(r.Name))
	}
	return nil
}

// inboxName refuses a token in place of a name, before anything can show or save it.
func inboxName(argument string) (string, error) {
	if looksLikeToken(argument) {
		return "", &usageError{"There is a token where the inbox's name is expected. Nothing was " +
			"changed or sent. The name comes first."}
	}
	return argument, nil
}

// quoted quotes a name if a shell needs it.
func quoted(name string) string {
	plain := func(c rune) bool {
		return c == '-' || c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' ||
			c >= 'a' && c <= 'z' ||
			c > utf8.RuneSelf
	}
	if strings.IndexFunc(name, func(c rune) bool { return !plain(c) }) < 0 {
		return name
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").
		Replace(name) +
		`"`
}

// listedInbox is an inbox as "inbox list --json" shows it.
type listedInbox struct {
	Name      string `json:"name"`
	TokenKept bool   `json:"token_kept"` // in the keyring; else each command needs it
	token.Fields
}

// inboxList lists the saved inboxes, or the files that arrived in an inbox of your own.
type inboxList struct {
	*program
	keyFile string
	asJSON  bool
	choice  choice
}

func inboxListCommand(p *program) *cobra.Command {
	o := inboxList{program: p}
	c := &cobra.Command{
		Use: "list [NUMBER]",
		Short: "List your saved inboxes; or with a token's number, what arrived in your own " +
			"account",
		Long: `List your saved inboxes: where they lead, how long their tokens are valid, and whether the tokens
are in this computer's keyring. The keyring itself is not asked.

With --json one object is printed: inboxes, a list of objects with name, token_kept and the fields
of "uploader token --json".

With the NUMBER of a token of your own storage account ("uploader workspace connect"), list what
arrived with it: size in bytes, time of arrival, MD5 checksum if the storage has one (it has none
for files sent in several blocks), and name. --include and --since choose files, --sort orders
them. "uploader inbox verify" compares them with the sender's receipt. With --json one object is
printed: tid, wsid, container, files (name, bytes, arrived, md5, etag), files_total, bytes_total.

Exit codes:
    0    listed
    1    there is no such token, or the storage can't be reached
    2    wrong usage
    3    the account's key is refused`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return oneNumber(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				tid, err := number(args[0])
				if err != nil {
					return err
				}
				if err := o.choice.check(); err != nil {
					return err
				}
				return o.arrived(c.Context(), tid)
			}
			if !o.choice.all() || o.choice.sort != "" {
				return &usageError{"Choosing and sorting files needs a token's number. Use: " +
					"uploader inbox list NUMBER"}
			}
			inboxes, err := p.inboxes()
			if err != nil {
				return err
			}
			all, err := inboxes.List(c.Context())
			if err != nil {
				return err
			}
			return o.kept(all)
		},
	}
	c.Flags().BoolVar(&o.asJSON, "json", false, "print one JSON object")
	o.choice.add(c.Flags(), "list")
	keyFileFlag(c, &o.keyFile)
	return c
}

func (o *inboxList) kept(all []inboxes.Record) error {
	now := o.now()
	administrators, _ := allowedHosts()
	if o.asJSON {
		list := struct {
			Inboxes []listedInbox `json:"inboxes"`
		}{[]listedInbox{}}
		for _, r := range all {
			list.Inboxes = append(list.Inboxes,
				listedInbox{r.Name, r.Ref != "", r.TokenWithoutSecret().Fields(now)})
		}
		return o.printJSONIndented(list, "  ")
	}
	if len(all) == 0 {
		o.say("You have no saved inboxes yet. See: uploader inbox add --help")
	}
	rows := make([][4]string, len(all))
	var widths [4]int
	for i, r := range all {
		kept := "token in the keyring"
		switch {
		case !r.Inbox.Allowed(token.AllowHost(r.AllowedHost), token.AllowHost(administrators...)):
			kept = "address no longer allowed"
		case r.Ref == "":
			kept = "token not saved"
		}
		rows[i] = [4]string{
			r.Name, show.Text(r.Inbox.String()), stateWords(r.TokenWithoutSecret(), now), kept,
		}
		for j, cell := range rows[i] {
			widths[j] = max(widths[j], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for j, cell := range row {
			line += pad(cell, widths[j]) + "  "
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return o.print(b.String())
}

func inboxRenameCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "rename OLD NEW",
		Short: "Rename a saved inbox",
		Args:  names(2, "uploader inbox rename OLD NEW"),
		RunE: func(c *cobra.Command, args []string) error {
			inboxes, err := p.inboxes()
			if err != nil {
				return err
			}
			before, err := inboxes.Find(c.Context(), args[0])
			if err != nil {
				return err
			}
			after, err := inboxes.Rename(c.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			p.printf("“%s” is now “%s”.\n", before.Name, after.Name)
			return nil
		},
	}
}

func inboxRemoveCommand(p *program) *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "remove NAME",
		Short: "Forget a saved inbox and its token",
		Long: `Forget a saved inbox and remove its token from this computer's keyring. Files in the inbox stay
there, and the token stays valid until it expires: only the workspace can revoke it.`,
		Args: names(1, "uploader inbox remove NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			inboxes, err := p.inboxes()
			if err != nil {
				return err
			}
			r, err := inboxes.Remove(c.Context(), args[0], force)
			switch {
			case errors.Is(err, problem.ErrVault) && !force:
				p.say(explain(err).What + " So nothing was removed. Try again when it answers, " +
					"or remove only the name with --force.")
				return exit(exitNotDelivered)
			case errors.Is(err, problem.ErrVault):
				p.printf("“%s” is removed.\n", r.Name)
				p.say(explain(err).What + " Its token may still be there, as an entry of “Inbox " +
					"uploader”.")
				return exit(exitNotDelivered)
			case err != nil:
				return err
			}
			p.printf("“%s” and its token are removed.\n", r.Name)
			return nil
		},
	}
	c.Flags().BoolVar(&force, "force", false, "remove the name even if the keyring won't "+
		"release the token")
	return c
}

// names requires n arguments that are names of inboxes.
func names(n int, usage string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return &usageError{"Use: " + usage + " — put names with spaces in quotes."}
		}
		for _, a := range args {
			if _, err := inboxName(a); err != nil {
				return err
			}
		}
		return nil
	}
}
