package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/token"
	"inboxuploader/workspace"
)

// listedToken is a token of the table as --json shows it. It contains no secret.
type listedToken struct {
	TID       string `json:"tid"`
	WsID      string `json:"wsid"`
	Container string `json:"container"`
	// Active, expired, not_yet_valid, revoked; unknown if the table was altered.
	State       token.State `json:"state"`
	Reason      string      `json:"reason"`
	ValidFrom   string      `json:"valid_from"` // RFC 3339 in UTC, as all dates
	ValidTo     string      `json:"valid_to"`
	SecondsLeft int64       `json:"seconds_left"` // 0 when it is over or revoked
	Rights      []string    `json:"rights"`       // words
	IP          string      `json:"ip"`
	Folder      string      `json:"folder"`
	Created     string      `json:"created"`
	CreatedBy   string      `json:"created_by"`
	Revoked     string      `json:"revoked"` // empty if it was not
	RevokedBy   string      `json:"revoked_by"`
	*arrivedWith
}

// tokenListCommand shows the workspace's tokens.
func tokenListCommand(p *program) *cobra.Command {
	var keyFile string
	var asJSON, arrived bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the upload tokens of your own storage account, newest first",
		Long: `List the upload tokens of the storage account that "uploader workspace connect" connected, newest
first. The tokens themselves are kept nowhere and can't be shown.

--arrived looks into each token's inbox and adds how many files arrived and how large they are,
when the last one arrived, and whether the delivery is complete: “yes” if every delivery note from
the senders says so, “no” if one says that something was not delivered, and nothing if there is no
note. The number of files includes notes and lists of checksums.

With --json a list of objects is printed: tid, wsid, container, state (active, expired,
not_yet_valid, revoked, unknown), reason, valid_from, valid_to, seconds_left, rights, ip, folder,
created, created_by, revoked and revoked_by; with --arrived also files, bytes, last_arrived,
complete (null if no note says so) and notes (name, message, from, time, version, files, bytes,
not_delivered, complete), which are the senders' words.

Exit codes:
    0    listed
    1    the storage can't be reached
    2    wrong usage
    3    the account's key is refused`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return listTokens(c.Context(), p, keyFile, asJSON, arrived)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON array")
	c.Flags().BoolVar(&arrived, "arrived", false, "also show what arrived with each token; "+
		"takes a request per 5,000 files")
	keyFileFlag(c, &keyFile)
	return c
}

func listTokens(
	ctx context.Context, p *program, keyFile string, asJSON, withArrived bool,
) error {
	w, err := p.account().open(ctx, keyFile)
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // idle connections, as the program ends
	grants, err := w.List(ctx)
	if err != nil {
		return err
	}
	var arrived []workspace.Arrived
	if withArrived {
		if arrived, err = arrivedWithEach(ctx, w, grants); err != nil {
			return err
		}
	}
	now := p.now()
	if asJSON {
		rows := make([]listedToken, len(grants))
		for i, g := range grants {
			rows[i] = describeGrant(g, w.ID(), now)
			if withArrived {
				rows[i].arrivedWith = describeArrived(arrived[i])
			}
		}
		return p.printJSONIndented(rows, "  ")
	}
	if len(grants) == 0 {
		p.say("Workspace " + w.ID() + " has no upload tokens yet. Create one: uploader token " +
			"create --reason \"…\"")
		return nil
	}
	return p.print(grantTable(grants, arrived, now))
}

func describeGrant(g workspace.Grant, wsid string, now time.Time) listedToken {
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	return listedToken{
		TID: strconv.Itoa(g.TID), WsID: wsid, Container: g.Container, State: g.StateAt(now),
		Reason: g.Reason, ValidFrom: stamp(g.ValidFrom), ValidTo: stamp(g.ValidTo),
		SecondsLeft: int64(left(g, now) / time.Second),
		Rights:      token.Rights{Letters: g.Rights}.Words(), IP: g.IP, Folder: g.Folder,
		Created: stamp(g.Created), CreatedBy: g.CreatedBy, Revoked: stamp(g.Revoked),
		RevokedBy: g.RevokedBy,
	}
}

// left is how long a token is still valid.
func left(g workspace.Grant, now time.Time) time.Duration {
	if !g.Revoked.IsZero() || g.ValidTo.IsZero() {
		return 0
	}
	return max(g.ValidTo.Sub(now), 0)
}

// grantTable returns the table for a person, in columns, with what arrived where that is known.
func grantTable(grants []workspace.Grant, arrived []workspace.Arrived, now time.Time) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(cells ...string) {
		for i := range cells {
			cells[i] = show.Text(cells[i])
		}
		_, _ = fmt.Fprintln(t, strings.Join(cells, "\t")) // into memory
	}
	more := func(int) []string { return nil }
	head := []string{"TOKEN", "STATE", "VALID FROM", "VALID TO", "LEFT", "RIGHTS", "BY", "FOLDER"}
	if arrived != nil {
		head = append(head, arrivedHead...)
		more = func(i int) []string { return arrivedCells(arrived[i]) }
	}
	row(append(head, "REASON")...)
	for i, g := range grants {
		words := map[token.State]string{
			token.StateActive: "active", token.StateExpired: "over",
			token.StateNotYetValid: "not yet", workspace.StateRevoked: "revoked",
		}
		state, ok := words[g.StateAt(now)]
		if !ok {
			state = "unknown"
		}
		remains := "-"
		if d := left(g, now); d > 0 {
			remains = show.Remaining(d).Words()
		}
		cells := append([]string{
			fmt.Sprint(g.TID), state, localTime(g.ValidFrom), localTime(g.ValidTo), remains,
			orDash(g.Rights), orDash(g.CreatedBy), orDash(g.Folder),
		}, more(i)...)
		row(append(cells, g.Reason)...)
	}
	_ = t.Flush() // into memory
	return b.String()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// tokenRevokeCommand ends a token before its time.
func tokenRevokeCommand(p *program) *cobra.Command {
	var keyFile, by string
	var yes bool
	c := &cobra.Command{
		Use:   "revoke NUMBER",
		Short: "Revoke an upload token of your own storage account",
		Long: `Make the storage refuse an upload token before it expires. Files that arrived stay. Uploads with it
stop and wait for another token; "uploader token renew" can't bring it back. On a terminal you are
asked first, unless you give --yes.

Exit codes:
    0    revoked
    1    there is no such token, or the storage can't be reached
    2    wrong usage
    3    the account's key is refused`,
		Args: oneNumber,
		RunE: func(c *cobra.Command, args []string) error {
			tid, err := number(args[0])
			if err != nil {
				return err
			}
			if err := p.confirmed(c.Context(), yes, fmt.Sprintf("Revoke token %d? Uploads with "+
				"it stop. This can't be undone.", tid)); err != nil {
				return err
			}
			return revokeToken(c.Context(), p, keyFile, tid, by)
		},
	}
	c.Flags().StringVar(&by, "by", "", "`NAME` of the person who revokes it (default: your name "+
		"on this computer)")
	keyFileFlag(c, &keyFile)
	yesFlag(c, &yes)
	return c
}

func revokeToken(ctx context.Context, p *program, keyFile string, tid int, by string) error {
	w, err := p.account().open(ctx, keyFile)
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // idle connections, as the program ends
	if by == "" {
		by = whoami()
	}
	if err := w.Revoke(ctx, tid, by); err != nil {
		return err
	}
	return p.print(fmt.Sprintf("Token %d is revoked. The storage may take up to %d seconds to "+
		"refuse it. Files that arrived stay.\n", tid, int(workspace.PolicyDelay.Seconds())))
}
