package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"inboxuploader/internal/netcheck"
	"inboxuploader/internal/proxydial"
	"inboxuploader/internal/proxyfind"
	"inboxuploader/internal/show"
	"inboxuploader/uploader/azure"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// networkRun is one run of network.
type networkRun struct {
	*program
	sendFlags
	certificate string // file for the certificates that were seen
}

// networkCommand looks at the way to the storage.
func networkCommand(p *program) *cobra.Command {
	r := &networkRun{program: p, sendFlags: newSendFlags()}
	c := &cobra.Command{
		Use:   "network [TOKEN|HOST|-]",
		Short: "Test the connection: proxy, names, certificates, clock and speed, for you and your IT",
		Long:  networkHelp,
		Args:  func(_ *cobra.Command, args []string) error { return notSplit(args) },
		RunE:  func(c *cobra.Command, args []string) error { return r.run(c.Context(), args) },
	}
	takesToken(c, "0")
	tokenFileFlag(c, &r.tokenFile)
	allowHostFlag(c, &r.hosts)
	f := c.Flags()
	f.BoolVar(&r.asJSON, "json", false, "print one JSON object")
	f.StringVar(&r.caFile, "ca-file", "", "trust the certificate authorities in this PEM `FILE` "+
		"besides the system's")
	f.Var(
		&r.proxy,
		"proxy",
		"reach the storage through this proxy, through none, or as a script says",
	)
	f.StringVar(&r.certificate, "save-certificate", "", "write the certificates that were seen to "+
		"this `FILE`, for your IT")
	return c
}

const networkHelp = `Test the connection to the storage, step by step, and say of each step what to ask your IT for.
What it prints holds no secret and can be sent to them as it is.

With a token the storage is also asked whether it accepts it, and the speed is measured: for some seconds blocks are sent under
a random name and never put together, so no file appears in the inbox; the storage discards them within a week. A token that
permits only new files is not measured. With a HOST alone, such as name.blob.core.windows.net, neither is done.

The proxy is found as by "uploader copy"; UPLOADER_PROXY may hold its sign-in. --save-certificate FILE writes the certificates
that the connection was protected with, which your IT can recognise if it inspects traffic.

With --json one object is printed: host, version, system, checked (when), proxy (or "none"), proxy_from (setting, pac,
environment, system, system-pac, wpad, none), script, sign_in, addresses, connected_to, connect_ms, tls, issuer, trusted,
round_trip_ms, accepted, clock_ahead_seconds, bytes_per_second, reason (what stands in the way), and steps, a list of objects
with step, ok, message and ask.

Exit codes: 0 all is well, 1 the storage could not be reached, 2 wrong usage, 3 you or your IT must act: a sign-in, a
certificate or the token.`

// networkStep is one thing that was looked at.
type networkStep struct {
	Step    string `json:"step"`
	OK      bool   `json:"ok"`
	Message string `json:"message"`
	Ask     string `json:"ask,omitempty"` // of the person's IT
}

// networkReport is all that was seen.
type networkReport struct {
	Host      string    `json:"host"`
	Version   string    `json:"version"`
	System    string    `json:"system"`
	Checked   time.Time `json:"checked"`
	Proxy     string    `json:"proxy"`
	From      string    `json:"proxy_from"`
	Script    string    `json:"script,omitempty"`
	SignIn    string    `json:"sign_in,omitempty"`
	Addresses []string  `json:"addresses,omitempty"`
	Connected string    `json:"connected_to,omitempty"`
	Connect   int64     `json:"connect_ms,omitempty"`
	TLS       string    `json:"tls,omitempty"`
	Issuer    string    `json:"issuer,omitempty"`
	Trusted   bool      `json:"trusted"`
	Trip      float64   `json:"round_trip_ms,omitempty"`
	Accepted  *bool     `json:"accepted,omitempty"`
	Clock     *int64    `json:"clock_ahead_seconds,omitempty"`
	Speed     int64     `json:"bytes_per_second,omitempty"`

	Reason problem.Reason `json:"reason,omitempty"`
	Steps  []networkStep  `json:"steps"`
}

func (n *networkReport) step(name string, ok bool, message, ask string) {
	n.Steps = append(n.Steps, networkStep{name, ok, message, ask})
}

func (r *networkRun) run(ctx context.Context, args []string) error {
	if err := r.check(r.env); err != nil {
		return err
	}
	rules, err := readPolicy()
	if err != nil {
		return err
	}
	proxy, caFile := rules.way(&r.proxy, r.caFile)
	r.proxy, r.caFile = *proxy, caFile
	tok, address, err := r.target(ctx, args)
	if err != nil {
		return err
	}
	report, err := r.look(ctx, tok, address)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if usage, ok := errors.AsType[*usageError](err); ok {
		return usage
	}
	var perr error
	if r.asJSON {
		perr = r.printJSONIndented(report, "  ")
	} else {
		perr = r.print(report.text())
	}
	switch {
	case perr != nil:
		return perr
	case err == nil:
		return nil
	case problem.ConcernsToken(err) && !errors.Is(err, problem.ErrInboxNotFound):
		return exit(exitToken)
	}
	return exit(exitNotDelivered)
}

// target returns the token that was given, or the address of a host alone.
func (r *networkRun) target(
	ctx context.Context,
	args []string,
) (t token.Token, address *url.URL, err error) {
	if len(args) == 1 && hostAlone(args[0]) {
		text := args[0]
		if !strings.Contains(text, "://") {
			text = "https://" + text
		}
		if address, err = url.Parse(text); err == nil && address.Host != "" {
			return token.Token{}, address, nil
		}
	}
	given, err := r.givenToken(ctx, r.tokenFile, args)
	if err != nil {
		return token.Token{}, nil, err
	}
	if given.text == "" {
		return token.Token{}, nil, &usageError{
			"Neither a token nor a host was given. Nothing was " +
				"sent. For example: uploader network name.blob.core.windows.net",
		}
	}
	if t, err = given.parse(r.hosts); err != nil {
		return token.Token{}, nil, err
	}
	return t, &url.URL{Scheme: t.Inbox.Scheme, Host: t.Inbox.Host}, nil
}

// hostAlone reports whether a word is the name of a host, or its address with nothing behind it.
func hostAlone(word string) bool {
	_, rest, ok := strings.Cut(word, "://")
	if !ok {
		rest = word
	}
	rest = strings.TrimSuffix(rest, "/")
	return rest != "" && rest != "-" && strings.ContainsAny(rest, ".:") &&
		!strings.ContainsAny(rest, "/?&=@ \t\n\"")
}

// look goes through the steps. The error is what stands in the way, or a mistake in the flags.
func (r *networkRun) look(
	ctx context.Context, tok token.Token, address *url.URL,
) (report networkReport, err error) {
	report = networkReport{
		Host: address.Host, Version: version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Checked: r.now().UTC().Truncate(time.Second),
	}
	var roots *x509.CertPool
	if r.caFile != "" {
		if roots, err = azure.Authorities(r.caFile); err != nil {
			return report, certificatesUnusable(r.caFile)
		}
	}
	finder := r.proxy.where()
	finder.TrustFile(r.caFile)
	way := netcheck.Look(ctx, address.Scheme, address.Host, netcheck.Options{
		Finder: finder, SignIn: r.proxy.signIn, Authorities: roots,
	})
	report.tell(way)
	if r.certificate != "" && len(way.Chain) > 0 {
		if werr := os.WriteFile(r.certificate, way.Chain, 0o600); werr != nil {
			return report, usagef(
				"The certificates can't be written to “%s”.",
				show.Text(r.certificate),
			)
		}
		report.step("certificate", true,
			"The certificates that were seen are in “"+show.Text(r.certificate)+"”.", "")
	}
	if way.Err != nil {
		reason, _ := azure.Category(way.Err, address.Host)
		e := problem.New("test connection", "", reason)
		e.Value = address.Host
		if p, ok := errors.AsType[*proxydial.Error](way.Err); ok {
			e.Proxy = p.Proxy.Host
			switch {
			case p.Renew != "":
				e.Value = p.Renew
			case p.Schemes != "":
				e.Value = p.Schemes
			}
		}
		report.fail(e)
		return report, e
	}
	if tok.Inbox.Host == "" {
		return report, r.greet(ctx, &report, address)
	}
	return report, r.ask(ctx, &report, tok)
}

// tell says what was seen of the way.
func (n *networkReport) tell(w netcheck.Way) {
	n.From, n.Script = string(w.Choice.Origin), w.Choice.Script
	n.Addresses, n.Connected, n.Connect = w.Addresses, w.Address, w.Connect.Milliseconds()
	n.Issuer, n.Trusted = show.Text(w.Issuer), w.Trusted
	n.Proxy, n.SignIn = w.Proxy.String(), w.SignIn
	if w.Address == "" && len(w.Choice.Ways) > 0 {
		n.Proxy = w.Choice.Ways[0].String()
	}
	from := map[proxyfind.Origin]string{
		proxyfind.FromSetting: "as it was set", proxyfind.FromScript: "by the script that was set",
		proxyfind.FromEnvironment: "from HTTPS_PROXY", proxyfind.FromSystem: "from the system's settings",
		proxyfind.FromSystemPAC: "by the script of the system's settings",
		proxyfind.FromNetwork:   "by the script that the network names (WPAD)",
	}[w.Choice.Origin]
	switch {
	case w.Choice.Err != nil:
		n.step(
			"proxy",
			false,
			"The proxy settings can't be read, or their script gives no answer.",
			"Which proxy should this computer use for https://"+n.Host+"/, and is its script reachable?",
		)
	case n.Proxy == "none" && from == "":
		n.step("proxy", true, "No proxy is set.", "")
	case n.Proxy == "none":
		n.step("proxy", true, "No proxy for this host, "+from+".", "")
	default:
		words := "The proxy is " + show.Text(n.Proxy) + ", " + from + "."
		if w.SignIn != "" {
			words += " It took a sign-in by " + w.SignIn + "."
		} else if w.Address != "" {
			words += " It wanted no sign-in."
		}
		n.step("proxy", true, words, "")
	}
	if len(w.Addresses) > 0 {
		n.step(
			"names",
			true,
			"The name leads to "+show.Text(strings.Join(w.Addresses, ", "))+".",
			"",
		)
	} else if w.LookupErr != nil {
		n.step("names", false, "The name can't be looked up.",
			"Is "+n.Host+" known to the name service of this network?")
	}
	if w.Address != "" {
		n.step("connection", true, fmt.Sprintf("Connected to %s in %d ms.", show.Text(w.Address),
			w.Connect.Milliseconds()), "")
	}
	if w.TLS != 0 {
		n.TLS, n.Trip = tls.VersionName(w.TLS), float64(w.Trip.Microseconds())/1000
		ask := ""
		words := n.TLS + ", with a certificate by " + n.Issuer + ", which is "
		if w.Trusted {
			words += "trusted here."
		} else {
			words += "not trusted here."
			ask = "Do you inspect traffic to " + n.Host + "? If so: the certificate of your " +
				"authority as a file, or an exception for this host."
		}
		n.step("tls", w.Trusted, words, ask)
		n.step("round trip", true, fmt.Sprintf("A round trip takes about %.1f ms.", n.Trip), "")
	}
}

// fail says what stands in the way, in the words that sending would end with.
func (n *networkReport) fail(err error) {
	x := explain(err)
	n.Reason = problem.ReasonOf(err)
	n.step("result", false, x.What, x.Do)
}

// greet asks the host for nothing in particular, to see who answers and what time it is there.
func (r *networkRun) greet(ctx context.Context, report *networkReport, address *url.URL) error {
	transport, err := azure.NewTransport(connectionOptions(&r.proxy, r.caFile))
	if err != nil {
		return certificatesUnusable(r.caFile)
	}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(
		ctx,
		http.MethodGet,
		address.Scheme+"://"+address.Host+"/",
		nil,
	)
	if err != nil {
		return usagef("“%s” is no host.", show.Text(address.Host))
	}
	begun := time.Now()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		reason, _ := azure.Category(err, address.Host)
		e := problem.New("test connection", "", reason)
		e.Value = address.Host
		report.fail(e)
		return e
	}
	_ = resp.Body.Close() // nothing of it is looked at
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		report.clock(
			begun.Add(time.Since(begun) / 2).Sub(at.Add(time.Second / 2)).Round(time.Second),
		)
	}
	if resp.Header.Get("x-ms-request-id") == "" {
		e := problem.New("test connection", "", problem.NotTheService)
		report.fail(e)
		return e
	}
	report.step("result", true, "The storage answers.", "")
	return nil
}

func (n *networkReport) clock(ahead time.Duration) {
	seconds := int64(ahead / time.Second)
	n.Clock = &seconds
	words := clockWords(ahead)
	n.step("clock", words == "", cmp.Or(words, "This computer's clock is right."), "")
}

// ask asks the storage whether it accepts the token, and measures the speed.
func (r *networkRun) ask(ctx context.Context, report *networkReport, tok token.Token) error {
	st, err := openStore(&r.sendFlags, tok)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() // idle connections
	c, err := store.CheckToken(ctx, st, tok)
	if c.ClockKnown {
		report.clock(c.ClockAhead)
	}
	accepted := err == nil
	report.Accepted = &accepted
	if err != nil {
		report.fail(err)
		return err
	}
	report.step("token", true, "The storage accepts this token.", "")
	if tok.Rights.CreateOnly() {
		report.step("speed", true, "Not measured: this token permits only new files.", "")
		return nil
	}
	report.Speed, err = measure(ctx, st, tok)
	if err != nil {
		report.fail(err)
		return err
	}
	report.step(
		"speed",
		true,
		fmt.Sprintf("About %s/s upwards. The blocks that were sent for this "+
			"are in no file; the storage discards them within a week.",
			humanize.Bytes(uint64(report.Speed))),
		"",
	)
	return nil
}

// text is the report for a person, and for their IT.
func (n *networkReport) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Connection to %s, %s, uploader %s on %s\n\n", show.Text(n.Host),
		n.Checked.Format("2 January 2006, 15:04 MST"), n.Version, n.System)
	for _, s := range n.Steps {
		mark := "✓"
		if !s.OK {
			mark = "✗"
		}
		fmt.Fprintf(&b, "%s %s\n", mark, s.Message)
		if s.Ask != "" {
			fmt.Fprintf(&b, "  → %s\n", s.Ask)
		}
	}
	return b.String()
}
