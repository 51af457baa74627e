package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/token"
	"inboxuploader/workspace"
)

// issueRun issues a token; its flags say what that is to be.
type issueRun struct {
	*program
	reason, from, to, rights, ip, folder, by string
	days                                     int
	output, keyFile                          string
	yes                                      bool
}

func (r *issueRun) add(c *cobra.Command) {
	s := c.Flags()
	s.SortFlags = false
	s.StringVar(&r.reason, "reason", "", "reason for the token, a `TEXT` of up to 256 "+
		"characters; anyone with the account's key can see it")
	s.IntVar(&r.days, "valid-days", 30, "number of `DAYS` it is valid, 1 to 30")
	s.StringVar(&r.from, "valid-from", "", "valid from this `DATE`, such as 2026-11-03, "+
		"\"2026-11-03 09:00\" or 2026-11-03T09:00:00Z (default: now)")
	s.StringVar(&r.to, "valid-to", "", "valid to this `DATE`, instead of --valid-days; a day "+
		"alone means its end")
	s.StringVar(&r.rights, "rights", "", "rights, as `LETTERS` of racwdl (default w, which is "+
		"enough to upload)")
	s.StringVar(&r.ip, "ip", "", "accept it only from this `ADDRESS` or range a-b, as the "+
		"storage sees it")
	s.StringVar(&r.folder, "folder", "", "`FOLDER` in the workspace for what arrives; \"inbox "+
		"fetch\" puts it there")
	s.StringVar(&r.by, "by", "", "`NAME` of the issuer (default: your name on this computer)")
	s.StringVar(&r.output, "output", "link", "print it in this `FORM`: link, fields or json")
	keyFileFlag(c, &r.keyFile)
	yesFlag(c, &r.yes)
}

const createHelp = `Create an upload token for the storage account that "uploader workspace connect" connected, and
print it.

It is printed once, on stdout, and kept nowhere: neither on this computer nor in the storage. Send
it through a channel that only its receiver reads. On a terminal you are asked first, unless you
give --yes. Anyone with the token can upload until it expires; "uploader token revoke" stops it
earlier.

Each token gets its own container, an inbox, which "uploader inbox list" and "uploader inbox fetch"
read.

Exit codes:
    0    created
    1    the storage can't be reached
    2    wrong usage, or against a rule
    3    the account's key is refused`

// tokenCreateCommand issues a token.
func tokenCreateCommand(p *program) *cobra.Command {
	r := &issueRun{program: p}
	c := &cobra.Command{
		Use:   "create --reason TEXT",
		Short: "Create an upload token for your own storage account",
		Long:  createHelp,
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			request, err := r.request(c)
			if err == nil {
				err = request.Check(r.now())
			}
			if err != nil {
				return err
			}
			question := "Create an upload token for “" + show.Text(r.reason) + "”?"
			if err := r.confirmed(c.Context(), r.yes, question); err != nil {
				return err
			}
			return r.run(c.Context(), issueNew(request))
		},
	}
	r.add(c)
	return c
}

// tokenRenewCommand issues another token for the container of an earlier one.
func tokenRenewCommand(p *program) *cobra.Command {
	r := &issueRun{program: p}
	c := &cobra.Command{
		Use:   "renew NUMBER",
		Short: "Replace a token with a new one for the same inbox",
		Long: `Replace a token with a new one for the same inbox and what arrived there. Give the new token to the
person who has the earlier one; their upload continues where it stopped. The earlier token stops
working. Settings you don't state stay as they were, except the dates. On a terminal you are asked
first, unless you give --yes.

The exit codes are those of "uploader token create".`,
		Args: oneNumber,
		RunE: func(c *cobra.Command, args []string) error {
			tid, err := number(args[0])
			if err != nil {
				return err
			}
			request, err := r.request(c)
			if err != nil {
				return err
			}
			if err := r.confirmed(c.Context(), r.yes, fmt.Sprintf("Renew token %d? The earlier "+
				"one stops working.", tid)); err != nil {
				return err
			}
			return r.run(c.Context(), renewal(tid, request, c.Flags().Changed))
		},
	}
	r.add(c)
	return c
}

// request reads the flags.
func (r *issueRun) request(c *cobra.Command) (workspace.Request, error) {
	q := workspace.Request{
		Reason: r.reason, Rights: r.rights, IP: r.ip, Folder: r.folder, By: r.by,
		Period: time.Duration(r.days) * 24 * time.Hour,
	}
	if q.By == "" {
		q.By = whoami()
	}
	switch {
	case r.output != "link" && r.output != "fields" && r.output != "json":
		return q, &usageError{"--output can be link, fields or json."}
	case r.days < 1 || r.days > 30:
		return q, &usageError{"--valid-days can be 1 to 30."}
	case r.to != "" && c.Flags().Changed("valid-days"):
		return q, &usageError{"--valid-to and --valid-days both say when the token expires. " +
			"Omit one."}
	}
	var err error
	if q.From, err = parseMoment("--valid-from", r.from, 0, time.Local); err == nil {
		q.To, err = parseMoment("--valid-to", r.to, 1, time.Local)
	}
	return q, err
}

// parseMoment reads the date of a flag, see [workspace.ParseMoment].
func parseMoment(flag, text string, plus int, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, ok := workspace.ParseMoment(text, plus, zone)
	if !ok {
		return t, &usageError{flag + " is not a date. Write it as 2026-11-03, \"2026-11-03 " +
			"09:00\" or 2026-11-03T09:00:00Z."}
	}
	return t, nil
}

// issuer makes a token in a workspace.
type issuer func(context.Context, *workspace.Workspace) (token.Token, workspace.Grant, error)

// issueNew makes one that has a container of its own.
func issueNew(r workspace.Request) issuer {
	return func(ctx context.Context, w *workspace.Workspace) (token.Token, workspace.Grant, error) {
		return w.Issue(ctx, r)
	}
}

// renewal makes one for the container of an earlier token; what no flag says stays as it was.
func renewal(tid int, r workspace.Request, said func(flag string) bool) issuer {
	return func(ctx context.Context, w *workspace.Workspace) (token.Token, workspace.Grant, error) {
		g, err := w.Grant(ctx, tid)
		if err != nil {
			return token.Token{}, workspace.Grant{}, err
		}
		for _, blank := range []struct {
			flag string
			to   *string
			was  string
		}{
			{"reason", &r.Reason, g.Reason},
			{"rights", &r.Rights, g.Rights},
			{"ip", &r.IP, g.IP},
			{"folder", &r.Folder, g.Folder},
		} {
			if !said(blank.flag) {
				*blank.to = blank.was
			}
		}
		return w.Renew(ctx, tid, r)
	}
}

// run issues a token and prints it. It revokes a token that it can't print, since nobody would have
// it.
func (r *issueRun) run(ctx context.Context, issue issuer) error {
	w, err := r.account().open(ctx, r.keyFile)
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // idle connections, as the program ends
	token, g, err := issue(ctx, w)
	if err != nil {
		return err
	}
	text, err := tokenOutput(token, r.output)
	if err == nil {
		err = r.print(text)
	}
	if err != nil {
		revoke, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		words := fmt.Sprintf("Token %d could not be printed, so it was revoked. Create another "+
			"one where the output can be written.", g.TID)
		if err := w.Revoke(revoke, g.TID, whoami()); err != nil {
			words = fmt.Sprintf("Token %d could not be printed, nor revoked: %s Revoke it later.", g.TID, explain(err))
		}
		r.say(words)
		return exit(exitNotDelivered)
	}
	r.say(
		fmt.Sprintf("Token %d of workspace %s is valid from %s to %s. It permits: %s.", g.TID,
			w.ID(), localDate(token.ValidFrom), localDate(token.ValidTo),
			strings.Join(token.Rights.Words(), ", ")),
	)
	r.say(fmt.Sprintf("It can't be shown again. The storage may take up to %d seconds to accept "+
		"it.", int(workspace.PolicyDelay.Seconds())))
	return nil
}

// tokenOutput is a token with its secret, as it is handed over.
func tokenOutput(t token.Token, form string) (string, error) {
	switch form {
	case "fields":
		var b strings.Builder
		for _, f := range secretFields(t) {
			fmt.Fprintf(&b, "%s: %s\n", f[0], f[1])
		}
		return b.String(), nil
	case "json":
		return fieldsJSON(secretFields(t))
	default:
		return t.Link() + "\n", nil
	}
}

// secretFields returns a token in the workspace's field form, in the order of its documentation.
func secretFields(t token.Token) [][2]string {
	f := t.Fields(time.Time{})
	return [][2]string{
		{"inboxid", f.InboxID},
		{"wsid", f.WsID},
		{"tid", f.TID},
		{"date", f.Date},
		{"valid_from", f.ValidFrom},
		{"valid_to", f.ValidTo},
		{"token", t.Link()},
	}
}

// fieldsJSON returns fields as one JSON object in a line. A link stands in it as it is, so that it
// can be copied out.
func fieldsJSON(fields [][2]string) (string, error) {
	object := map[string]string{}
	for _, f := range fields {
		object[f[0]] = f[1]
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(object); err != nil {
		return "", fmt.Errorf("print token: %w", err)
	}
	return b.String(), nil
}

// oneNumber wants a token's number and nothing else.
func oneNumber(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return &usageError{fmt.Sprintf("Give one token's number, as in: %s 7. “uploader token "+
			"list” shows the numbers.", c.CommandPath())}
	}
	return nil
}

// number parses a token's number. Its error does not repeat the text, which may be a token.
func number(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, &usageError{"Give a token's number, such as 7. “uploader token list” shows " +
			"the numbers."}
	}
	return n, nil
}
