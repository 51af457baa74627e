package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"inboxuploader/internal/netcheck"
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
	certificate string // file for the certificates it saw
}

// networkCommand tests the connection to the storage.
func networkCommand(p *program) *cobra.Command {
	r := &networkRun{program: p, sendFlags: newSendFlags()}
	c := &cobra.Command{
		Use: "network [TOKEN|HOST|-]",
		Short: "Test the connection, for you and your IT: proxy, names, certificates, clock, " +
			"speed",
		Long: networkHelp,
		Args: func(_ *cobra.Command, args []string) error { return notSplit(args) },
		RunE: func(c *cobra.Command, args []string) error { return r.run(c.Context(), args) },
	}
	takesToken(c, "0")
	tokenFileFlag(c, &r.tokenFile)
	allowHostFlag(c, &r.hosts)
	f := c.Flags()
	f.BoolVar(&r.asJSON, "json", false, "print one JSON object")
	f.StringVar(&r.caFile, "ca-file", "", "also trust the certificate authorities in this PEM "+
		"`FILE`")
	f.Var(&r.proxy, "proxy", "use this proxy, none, or a script")
	f.StringVar(&r.certificate, "save-certificate", "", "write the certificates to this `FILE`, "+
		"for your IT")
	return c
}

const networkHelp = `Test the connection to the storage, step by step, and say for each step what to ask your IT for.
The output contains no secrets; you can send it to them as it is.

With a token, it also asks the storage whether it accepts the token, and measures the speed: for
some seconds it sends blocks under a random name and never puts them together, so no file appears
in the inbox; the storage discards them within a week. A token that permits only new files, or only
one file, is not measured. With a HOST alone, such as name.blob.core.windows.net, neither is done.

The proxy is found as "uploader copy" does; UPLOADER_PROXY may hold its sign-in. --save-certificate
FILE writes the certificates of the connection, which your IT can recognise if it inspects traffic.

With --json one object is printed: host, version, system, checked (when), proxy (or "none"),
proxy_from (setting, pac, environment, system, system-pac, wpad, none), script, sign_in, addresses,
silent_addresses, connected_to, connect_ms, tls, issuer, valid_from, valid_to, trusted,
round_trip_ms, accepted, clock_ahead_seconds, bytes_per_second, reason and cause (what prevents
it), and steps, a list of objects with step, ok, message and ask.

Exit codes:
    0    everything is well
    1    the storage could not be reached
    2    wrong usage
    3    you or your IT must act: a proxy, a sign-in, a certificate, the clock or the token`

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
	report := r.newReport(address.Host, networkFace{translate: problem.English, explain: explain})
	err = r.look(ctx, &report, tok, address)
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
	case problem.ConcernsToken(err) && problem.ReasonOf(err) != problem.AccountGone,
		problem.NeedsPerson(err):
		return exit(exitToken)
	}
	return exit(exitNotDelivered)
}

// target returns the token from the command line, or the address of a host alone.
func (r *networkRun) target(
	ctx context.Context, args []string,
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
		return token.Token{}, nil, usagef("Name a token or a host. Nothing was sent. For " +
			"example: uploader network name.blob.core.windows.net")
	}
	if t, err = given.parse(r.hosts); err != nil {
		return token.Token{}, nil, err
	}
	return t, &url.URL{Scheme: t.Inbox.Scheme, Host: t.Inbox.Host}, nil
}

// hostAlone reports whether a word is a host name, or a host's address without a path or query.
func hostAlone(word string) bool {
	_, rest, ok := strings.Cut(word, "://")
	if !ok {
		rest = word
	}
	rest = strings.TrimSuffix(rest, "/")
	return rest != "" && rest != "-" && strings.ContainsAny(rest, ".:") &&
		!strings.ContainsAny(rest, "/?&=@ \t\n\"")
}

// newReport begins a report for a face of the program.
func (r *networkRun) newReport(host string, face networkFace) networkReport {
	return networkReport{
		Host: host, Version: version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Checked: r.now().UTC().Truncate(time.Second), face: face,
	}
}

// look goes through the steps. It returns the obstacle to sending, or a mistake in the flags.
func (r *networkRun) look(
	ctx context.Context, report *networkReport, tok token.Token, address *url.URL,
) error {
	var roots *x509.CertPool
	if r.caFile != "" {
		var err error
		if roots, err = azure.Authorities(r.caFile); err != nil {
			return certificatesUnusable(r.caFile)
		}
	}
	finder := r.proxy.where()
	finder.TrustFile(r.caFile)
	way := netcheck.Look(ctx, address.Scheme, address.Host, netcheck.Options{
		Finder: finder, SignIn: r.proxy.signIn, Authorities: roots,
	})
	report.tell(way, r.now())
	if err := r.keepCertificates(report); err != nil {
		return err
	}
	switch {
	case way.Err != nil:
		return report.fail(azure.Unreachable(testConnection, way.Err, address.Host))
	case tok.Inbox.Host == "":
		return r.greet(ctx, report, address)
	default:
		return r.ask(ctx, report, tok)
	}
}

// keepCertificates writes the certificates of the report to the file that the flag names, if any.
func (r *networkRun) keepCertificates(report *networkReport) error {
	if r.certificate == "" || len(report.chain) == 0 {
		return nil
	}
	if err := saveCertificates(r.certificate, report.chain); err != nil {
		return err
	}
	report.step("certificate", true,
		"The certificates are in “"+show.Text(r.certificate)+"”.", "")
	return nil
}

// saveCertificates writes a chain to a file. It replaces nothing but other certificates.
func saveCertificates(file string, chain []byte) error {
	if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
		before, err := os.ReadFile(file)
		if err != nil || !bytes.HasPrefix(before, []byte("-----BEGIN CERTIFICATE")) {
			return usagef("“%s” exists and is not a certificate, so it was not replaced. Name "+
				"another file.", show.Text(file))
		}
	}
	if os.WriteFile(file, chain, 0o600) != nil {
		return usagef("The certificates can't be written to “%s”.", show.Text(file))
	}
	return nil
}

// testConnection is the name of the operation in errors.
const testConnection = "test connection"

// greet requests the host's root, to see who answers and what its clock says.
func (r *networkRun) greet(ctx context.Context, report *networkReport, address *url.URL) error {
	transport, err := azure.NewTransport(connectionOptions(&r.proxy, r.caFile))
	if err != nil {
		return certificatesUnusable(r.caFile)
	}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	root := url.URL{Scheme: address.Scheme, Host: address.Host, Path: "/"}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, root.String(), nil)
	if err != nil {
		return usagef("“%s” is not a host.", show.Text(address.Host))
	}
	begun := time.Now()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return report.fail(azure.Unreachable(testConnection, err, address.Host))
	}
	_ = resp.Body.Close() // only the header matters
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		middle := begun.Add(time.Since(begun) / 2)
		report.clock(middle.Sub(at.Add(time.Second / 2)).Round(time.Second))
	}
	if resp.Header.Get("x-ms-request-id") == "" {
		return report.fail(problem.New(testConnection, "", problem.NotTheService))
	}
	translate := report.face.translate
	report.step("result", true, translate("The storage answers."), "")
	return nil
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
	if err != nil {
		if !errors.Is(err, problem.ErrBusy) { // a busy storage says nothing about the token
			report.Accepted = new(bool)
		}
		return report.fail(err)
	}
	accepted := true
	report.Accepted = &accepted
	translate := report.face.translate
	report.step("token", true, translate("The storage accepts this token."), "")
	switch {
	case tok.Rights.CreateOnly():
		report.step("speed", true, translate("The speed was not measured: this token permits only "+
			"new files."), "")
		return nil
	case tok.Inbox.OneName():
		report.step("speed", true, translate("The speed was not measured: this token permits only "+
			"one file."), "")
		return nil
	}
	if report.Speed, err = measure(ctx, st, tok); err != nil {
		return report.fail(err)
	}
	report.step("speed", true, filled(translate("About {speed}/s upwards. The blocks that were "+
		"sent for this are in no file; the storage discards them within a week."), "speed",
		humanize.Bytes(uint64(report.Speed))), "")
	return nil
}
