package main

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// command is a word that may be a mistyped command, and no token.
var command = regexp.MustCompile(`^[a-z]{1,12}$`)

// tokenRun is one run of token.
type tokenRun struct {
	*program
	sendFlags
	askStorage bool
}

// tokenCommand shows what a token says, without a network.
func tokenCommand(p *program) *cobra.Command {
	r := &tokenRun{program: p, sendFlags: newSendFlags()}
	c := &cobra.Command{
		Use:   "token [TEXT|-]",
		Short: "Show what an upload token says without using it, or issue tokens of your own",
		Long: `Show what an upload token says: where it leads, how long it is valid and what it permits. Nothing
is sent, and the signature is never shown. --check asks the storage whether it accepts the token;
that leaves nothing in the inbox and needs only the right to write.

TEXT is what the workspace gave you: the link, an AzCopy command, the fields, or the e-mail they
came in. Put it in quotes, because shells cut it at & and ?. With - it is read from standard input,
with --token-file from a file, otherwise from UPLOADER_TOKEN:
    uploader token - < token.txt
While the program runs, an argument can be seen by other users of this machine in its list of
processes, and your shell may keep it in its history. The other ways avoid both.

With --json one object is printed: inboxid, wsid, tid, date, valid_from, valid_to, state (active,
expired, not_yet_valid, unknown), seconds_left, storage, container, prefix, rights, policy, ip,
https_only and warnings; with --check also accepted, reason (why not) and clock_ahead_seconds (of
this computer's clock).

If you run an inbox on your own storage account, the commands below create, list, renew and revoke
its tokens.

Exit codes:
    0    the token is valid (or does not say how long)
    1    the storage could not be reached
    2    the token can't be used
    3    it has expired, is not valid yet, or the storage does not accept it`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 1 && command.MatchString(args[0]) {
				return unknownCommand(c, args[0])
			}
			return notSplit(args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			given, err := r.givenToken(c.Context(), r.tokenFile, args)
			if err != nil {
				return err
			}
			if given.text == "" {
				return &usageError{"The token is missing. Nothing was sent. Put it in quotes " +
					"after “uploader token”, pass it on standard input with -, or name its file " +
					"with --token-file."}
			}
			token, err := given.parse(r.hosts)
			if err != nil {
				return err
			}
			if !r.askStorage {
				return r.show(token, nil)
			}
			if err := r.sendFlags.check(r.env); err != nil {
				return err
			}
			return r.check(c.Context(), token)
		},
	}
	takesToken(c, "0")
	tokenFileFlag(c, &r.tokenFile)
	c.Flags().BoolVar(&r.asJSON, "json", false, "print one JSON object")
	c.Flags().BoolVar(&r.askStorage, "check", false, "ask the storage whether it accepts the "+
		"token and whether this computer's clock is right")
	c.Flags().StringVar(&r.caFile, "ca-file", "", "with --check: also trust the certificate "+
		"authorities in this PEM `FILE`")
	c.Flags().Var(&r.proxy, "proxy", "with --check: use this proxy, or none")
	allowHostFlag(c, &r.hosts)
	c.AddCommand(tokenCreateCommand(p), tokenListCommand(p), tokenRenewCommand(p),
		tokenRevokeCommand(p))
	return c
}

// tokenFileFlag adds --token-file, for every command that takes a token.
func tokenFileFlag(c *cobra.Command, path *string) {
	c.Flags().StringVar(path, "token-file", "", "read the token from this `FILE`")
}

// allowHostFlag adds --allow-host, which every command with a token has.
func allowHostFlag(c *cobra.Command, hosts *[]string) {
	c.Flags().Var((*hostsFlag)(hosts), "allow-host", "accept tokens for this `HOST` although it is not a known "+
		"storage address; *.example.org allows all below it (repeatable)")
}

// hostsFlag is --allow-host, which may be given several times.
type hostsFlag []string

// Set implements pflag.Value.
func (f *hostsFlag) Set(text string) error {
	*f = append(*f, bareHost(text))
	return nil
}

// String implements pflag.Value. It is empty, as the default is.
func (f *hostsFlag) String() string { return "" }

// Type implements pflag.Value.
func (f *hostsFlag) Type() string { return "HOST" }

// checkedJSON is what the storage said, as JSON shows it. Nothing of it is there without --check.
type checkedJSON struct {
	Accepted bool           `json:"accepted"`
	Reason   problem.Reason `json:"reason,omitempty"` // why not
	// Of this computer; absent where nothing answered.
	ClockAhead *int64 `json:"clock_ahead_seconds,omitempty"`
}

// check asks the storage whether it accepts the token and prints both.
func (r *tokenRun) check(ctx context.Context, token token.Token) error {
	st, err := openStore(&r.sendFlags, token)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	c, err := store.CheckToken(ctx, st, token)
	said := &checkedJSON{Accepted: err == nil}
	if e, ok := errors.AsType[*problem.Error](err); ok {
		said.Reason = e.Reason
	}
	if c.ClockKnown {
		ahead := int64(c.ClockAhead / time.Second)
		said.ClockAhead = &ahead
	}
	shown := r.show(token, said)
	if !r.asJSON && err == nil {
		r.say("The storage accepts this token. The test left nothing behind.")
	}
	if words := clockWords(c.ClockAhead); words != "" && !r.asJSON {
		r.say(words)
	}
	if err != nil {
		return err
	}
	return shown
}

// wrongClock is how far off a clock must be before the program mentions it.
const wrongClock = time.Minute

// clockWords says that this computer's clock is wrong, or nothing.
func clockWords(ahead time.Duration) string {
	return clockWordsIn(ahead, show.Remaining(ahead.Abs()).Words(), problem.English)
}

// clockWordsIn is clockWords in another language, with the length of time as written there.
func clockWordsIn(ahead time.Duration, written string, translate problem.Translate) string {
	switch {
	case ahead >= wrongClock:
		return filled(translate("This computer's clock is {time} ahead of the storage's. Set it "+
			"correctly."), "time", written)
	case ahead <= -wrongClock:
		return filled(translate("This computer's clock is {time} behind the storage's. Set it "+
			"correctly."), "time", written)
	default:
		return ""
	}
}

// show prints the token, with what the storage said of it if that is not nil, and returns exit 3
// where it is not valid now.
func (r *tokenRun) show(tok token.Token, said *checkedJSON) error {
	now := r.now()
	var err error
	if r.asJSON {
		err = r.printJSONIndented(struct {
			token.Fields
			*checkedJSON
		}{tok.Fields(now), said}, "  ")
	} else {
		err = r.print(describeToken(tok, now))
	}
	if err != nil {
		return err
	}
	var reason problem.Reason
	var when time.Time
	switch tok.StateAt(now) {
	case token.StateExpired:
		reason, when = problem.Expired, tok.ValidTo
	case token.StateNotYetValid:
		reason, when = problem.NotYetValid, tok.ValidFrom
	default:
		return nil
	}
	e := problem.New("show token", "", reason)
	e.When = when
	return e
}

// describeToken returns the token's fields in aligned lines: plain words first, the documentation's
// name behind them.
func describeToken(token token.Token, now time.Time) string {
	f := token.Fields(now)
	var rows [][3]string
	row := func(words, value, name string) {
		if value != "" {
			// A forged token may say anything.
			rows = append(rows, [3]string{words, show.Text(value), name})
		}
	}
	row("State", stateWords(token, now), "state")
	row("Valid from", localDate(token.ValidFrom), "valid_from")
	row("Valid to", localDate(token.ValidTo), "valid_to")
	row("Rights", rightsWords(token.Rights), "rights")
	row("Inbox", f.InboxID, "inboxid")
	row("Workspace", f.WsID, "wsid")
	row("Token", f.TID, "tid")
	row("Storage", f.Storage, "storage")
	row("Container", f.Container, "container")
	row("Folder", f.Prefix, "prefix")
	row("File", token.Inbox.Blob, "")
	row("Storage policy", f.Policy, "policy")
	row("Accepted from", f.IP, "ip")
	if f.HTTPSOnly {
		row("Connection", "https only", "https_only")
	}
	row("Made for version", f.Date, "date")

	words, value := 0, 0
	for _, r := range rows {
		words = max(words, utf8.RuneCountInString(r[0]))
		value = max(value, min(utf8.RuneCountInString(r[1]), 60))
	}
	var b strings.Builder
	for _, r := range rows {
		line := pad(r[0], words) + "  " + pad(r[1], value)
		if r[2] != "" {
			line += "  (" + r[2] + ")"
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	if name := token.FileName(); name != "" {
		b.WriteString("Note: The link ends in a file name. “uploader copy” sends a single file " +
			"as “" + show.Text(name) + "”; anything else goes to a folder of that name.\n")
	}
	for _, w := range f.Warnings {
		b.WriteString("Note: " + w + "\n")
	}
	return b.String()
}

func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(n-utf8.RuneCountInString(s), 0))
}

// stateWords says whether the token is valid and for how long.
func stateWords(tok token.Token, now time.Time) string {
	switch tok.StateAt(now) {
	case token.StateExpired:
		return "expired " + show.Remaining(now.Sub(tok.ValidTo)).Words() + " ago"
	case token.StateNotYetValid:
		return "not valid yet, starts in " + show.Remaining(tok.ValidFrom.Sub(now)).Words()
	case token.StateActive:
		return "valid, " + show.Remaining(tok.ValidTo.Sub(now)).Words() + " left"
	default:
		return "unknown, only the storage knows when it expires"
	}
}

// localDate says a moment in the local time zone, or nothing for the zero time.
func localDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2 January 2006, 15:04 MST")
}

// rightsWords says what the token permits of what people ask about. A token that permits writing
// permits adding.
func rightsWords(r token.Rights) string {
	if r.Unknown {
		return "unknown, only the storage knows"
	}
	var words []string
	for _, w := range []struct {
		word string
		may  bool
	}{
		{"add", r.Has('w') || r.Has('c')},
		{"overwrite", r.Has('w')},
		{"list", r.Has('l')},
		{"read", r.Has('r')},
		{"delete", r.Has('d')},
	} {
		sign := "✗ "
		if w.may {
			sign = "✓ "
		}
		words = append(words, sign+w.word)
	}
	return strings.Join(words, "  ")
}
