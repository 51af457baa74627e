package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"inboxuploader/internal/netcheck"
	"inboxuploader/internal/proxydial"
	"inboxuploader/internal/proxyfind"
	"inboxuploader/internal/show"
	"inboxuploader/uploader/azure"
	"inboxuploader/uploader/problem"
)

// networkStep is one step of the test.
type networkStep struct {
	Step    string `json:"step"`
	OK      bool   `json:"ok"`
	Message string `json:"message"`
	Ask     string `json:"ask,omitempty"` // the question for your IT
}

// networkReport is everything that the test found.
type networkReport struct {
	Host      string     `json:"host"`
	Version   string     `json:"version"`
	System    string     `json:"system"`
	Checked   time.Time  `json:"checked"`
	Proxy     string     `json:"proxy"`
	From      string     `json:"proxy_from"`
	Script    string     `json:"script,omitempty"`
	SignIn    string     `json:"sign_in,omitempty"`
	Addresses []string   `json:"addresses,omitempty"`
	Silent    []string   `json:"silent_addresses,omitempty"`
	Connected string     `json:"connected_to,omitempty"`
	Connect   int64      `json:"connect_ms,omitempty"`
	TLS       string     `json:"tls,omitempty"`
	Issuer    string     `json:"issuer,omitempty"`
	ValidFrom *time.Time `json:"valid_from,omitempty"` // the certificate
	ValidTo   *time.Time `json:"valid_to,omitempty"`
	Trusted   bool       `json:"trusted"`
	Trip      float64    `json:"round_trip_ms,omitempty"`
	Accepted  *bool      `json:"accepted,omitempty"`
	Clock     *int64     `json:"clock_ahead_seconds,omitempty"`
	Speed     int64      `json:"bytes_per_second,omitempty"`

	Reason problem.Reason `json:"reason,omitempty"`
	Cause  string         `json:"cause,omitempty"` // what broke, where nothing answered
	Steps  []networkStep  `json:"steps"`

	chain []byte // the certificates that were seen, as PEM
	face  networkFace
}

// networkFace is how a report reaches its reader: the command line or the window.
type networkFace struct {
	translate problem.Translate
	explain   func(error) problem.Explanation
	heard     func(networkStep) // is called with each step at once; may be nil
}

func (n *networkReport) step(name string, ok bool, message, ask string) {
	s := networkStep{name, ok, message, ask}
	n.Steps = append(n.Steps, s)
	if n.face.heard != nil {
		n.face.heard(s)
	}
}

// host is the host without its port.
func (n *networkReport) host() string { return (&url.URL{Host: n.Host}).Hostname() }

// port is the port that is connected to.
func (n *networkReport) port() string { return cmp.Or((&url.URL{Host: n.Host}).Port(), "443") }

// tell reports what netcheck found on the way to the host.
func (n *networkReport) tell(w netcheck.Way, now time.Time) {
	n.From, n.Script = string(w.Choice.Origin), w.Choice.Script
	n.Addresses, n.Silent = w.Addresses, w.Silent
	n.Connected, n.Connect = w.Address, w.Connect.Milliseconds()
	n.Issuer, n.Trusted, n.chain = show.Text(w.Issuer), w.Trusted, w.Chain
	n.Proxy, n.SignIn = w.Proxy.String(), w.SignIn
	blamed, _ := errors.AsType[*proxydial.Error](w.Err)
	switch {
	case w.Address != "":
	case blamed != nil && !blamed.Proxy.Direct():
		n.Proxy = blamed.Proxy.String()
	case len(w.Choice.Ways) > 0:
		n.Proxy = w.Choice.Ways[0].String()
	}
	n.tellProxy(w, blamed)
	n.tellNames(w)
	if w.Address != "" {
		translate := n.face.translate
		words := translate("Connected to {address} in {time} ms.")
		if n.Proxy != "none" {
			words = translate("Connected through the proxy in {time} ms.")
		}
		n.step("connection", true, filled(words, "address", show.Text(w.Address), "time",
			strconv.FormatInt(n.Connect, 10)), "")
	}
	if w.TLS != 0 {
		n.tellTLS(w, now)
	}
}

// from says which setting names the proxy; "" if none does.
func (n *networkReport) from() string {
	translate := n.face.translate
	words := map[proxyfind.Origin]string{
		proxyfind.FromSetting:     translate("as set for this program"),
		proxyfind.FromScript:      translate("by the script set for this program"),
		proxyfind.FromEnvironment: translate("from HTTPS_PROXY"),
		proxyfind.FromSystem:      translate("from the system's settings"),
		proxyfind.FromSystemPAC:   translate("by the script of the system's settings"),
		proxyfind.FromNetwork:     translate("by the script that the network names (WPAD)"),
	}[proxyfind.Origin(n.From)]
	if n.Script != "" {
		words += ", " + show.Text(n.Script)
	}
	return words
}

// tellProxy says which proxy was found, where, and what it answered.
func (n *networkReport) tellProxy(w netcheck.Way, blamed *proxydial.Error) {
	translate, from := n.face.translate, n.from()
	if w.Choice.Err != nil {
		n.tellUnread(blamed == nil)
		return
	}
	words := translate("The proxy is {proxy}, {from}.")
	switch {
	case n.Proxy == "none" && from == "":
		n.step("proxy", true, translate("No proxy is set."), "")
		return
	case w.Choice.Origin == proxyfind.FromSetting && w.Choice.Ways[0].Direct():
		n.step("proxy", true, filled(translate("No proxy, {from}."), "from", from), "")
		return
	case n.Proxy == "none":
		n.step("proxy", true, filled(translate("No proxy for this host, {from}."), "from", from), "")
		return
	case w.Address != "" && w.SignIn != "":
		words += " " + filled(translate("It took a sign-in by {kind}."), "kind", w.SignIn)
	case w.Address != "":
		words += " " + translate("It wanted no sign-in.")
	case blamed == nil:
	case blamed.Failure == proxydial.SignInNeeded, blamed.Failure == proxydial.SignInLapsed:
		words += " " + translate("It wants a sign-in; none was given, or it was refused.")
	case blamed.Failure == proxydial.Garbled:
		words += " " + translate("What answers there is no proxy.")
	case blamed.Schemes != "":
		words += " " + filled(translate("It wants a sign-in by {kind}."), "kind", blamed.Schemes)
	case blamed.Status != 0:
		words += " " + filled(translate("It answered {answer}."), "answer",
			strconv.Itoa(blamed.Status)+" "+http.StatusText(blamed.Status))
	}
	n.step("proxy", blamed == nil, filled(words, "proxy", show.Text(n.Proxy), "from", from), "")
}

// tellUnread says that the proxy is unknown. direct is whether the program then tries without one.
func (n *networkReport) tellUnread(direct bool) {
	translate := n.face.translate
	words := translate("The proxy settings can't be read.")
	switch {
	case n.Script != "" && direct:
		words = translate("The proxy script {script} can't be read, or gives no answer; the direct " +
			"way is tried.")
	case n.Script != "":
		words = translate("The proxy script {script} can't be read, or gives no answer.")
	case direct:
		words = translate("The proxy settings can't be read; the direct way is tried.")
	}
	n.step("proxy", false, filled(words, "script", show.Text(n.Script)), filled(translate("Which "+
		"proxy should this computer use for https://{host}/, and can its script be read?"), "host",
		show.Text(n.Host)))
}

// tellNames says which addresses the host's name resolves to.
func (n *networkReport) tellNames(w netcheck.Way) {
	translate, host := n.face.translate, show.Text(n.host())
	address := net.ParseIP(n.host()) != nil
	dns, _ := errors.AsType[*net.DNSError](w.LookupErr)
	switch {
	case address:
	case dns != nil && dns.IsNotFound:
		n.step("names", false, filled(translate("The name service knows no “{host}”."), "host", host),
			filled(translate("Should this computer look up {host} itself, or is there a proxy that "+
				"does?"), "host", host))
	case w.LookupErr != nil:
		n.step("names", false, translate("The name service does not answer."),
			translate("Which name service should this computer use?"))
	case len(w.Addresses) > 0:
		n.step("names", true, filled(translate("The name leads to {addresses}."), "addresses",
			show.Text(strings.Join(w.Addresses, ", "))), "")
	case w.Address != "":
		n.step("names", true, translate("The proxy looks up the name."), "")
	}
	if len(w.Silent) > 0 {
		silent := show.Text(strings.Join(w.Silent, ", "))
		n.step("addresses", false, filled(translate("No answer from {addresses}; another address "+
			"answers, so files go there."), "addresses", silent),
			filled(translate("Why is port {port} of {addresses} not reachable from here?"), "port",
				n.port(), "addresses", silent))
	}
}

// tellTLS says what protects the connection.
func (n *networkReport) tellTLS(w netcheck.Way, now time.Time) {
	translate := n.face.translate
	n.TLS, n.Trip = tls.VersionName(w.TLS), float64(w.Trip.Microseconds())/1000
	from, to := w.From.UTC(), w.To.UTC()
	n.ValidFrom, n.ValidTo = &from, &to
	words := translate("{version}, with a certificate by {issuer}, which is not trusted here.")
	ask := translate("Do you inspect traffic to {host}? If so: the certificate of your authority as " +
		"a file, or an exception for this host.")
	_, another := errors.AsType[x509.HostnameError](w.Err)
	switch {
	case w.Trusted:
		words, ask = translate("{version}, with a certificate by {issuer}, which is trusted here."), ""
	case now.Before(from) || now.After(to):
		words = translate("{version}, with a certificate by {issuer}, which is valid from {from} to " +
			"{to}; this computer's clock says {now}.")
		ask = translate("Is this computer's clock right? If so: why is this certificate shown for " +
			"{host}?")
	case another && len(w.Names) > 0:
		words = translate("{version}, with a certificate by {issuer}, which is for another host " +
			"({names}).")
		ask = translate("What answers in place of {host}?")
	case another:
		words = translate("{version}, with a certificate by {issuer}, which is for another host.")
		ask = translate("What answers in place of {host}?")
	}
	const day = "2 January 2006"
	n.step("tls", w.Trusted, filled(words, "version", n.TLS, "issuer", n.Issuer, "from",
		from.Format(day), "to", to.Format(day), "now", now.UTC().Format(day+", 15:04 MST"), "names",
		show.Text(strings.Join(w.Names[:min(len(w.Names), 3)], ", "))),
		filled(ask, "host", show.Text(n.Host)))
	n.step("round trip", true, filled(translate("A round trip takes about {time} ms."), "time",
		strconv.FormatFloat(n.Trip, 'f', 1, 64)), "")
}

// clock reports how far this computer's clock is ahead of the storage's.
func (n *networkReport) clock(ahead time.Duration) {
	seconds := int64(ahead / time.Second)
	n.Clock = &seconds
	translate := n.face.translate
	words := clockWordsIn(ahead, show.Remaining(ahead.Abs()).String(), translate)
	n.step("clock", words == "", cmp.Or(words, translate("This computer's clock is right.")), "")
}

// filled replaces names by their values: filled("{a} of {b}", "a", "1", "b", "2").
func filled(text string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// fail reports the obstacle, in the words with which sending would end, and what to ask for. It
// returns err.
func (n *networkReport) fail(err error) error {
	x := n.face.explain(err)
	n.Reason = problem.ReasonOf(err)
	what, do := x.What, x.Do
	if e, ok := errors.AsType[*problem.Error](err); ok {
		switch e.Reason {
		case problem.NetworkDown, problem.ProxyDown:
			n.Cause = e.Cause
			if e.Cause != "" && what == explain(err).What { // the causes are English
				what = strings.TrimSuffix(what, ".") + ": " + e.Cause + "."
			}
		}
		do = cmp.Or(n.askOf(e), do)
	}
	n.step("result", false, what, do)
	return err
}

// askOf says what to ask your IT for, or what to do, about a failure that sending would wait out;
// "" if the advice for sending fits here as well.
func (n *networkReport) askOf(e *problem.Error) string {
	translate, words := n.face.translate, ""
	switch e.Reason {
	case problem.NetworkDown:
		words = translate("May this computer reach {name} on port {port}, and by which proxy?")
		if e.Cause == azure.CauseNoNames {
			words = translate("Check that this computer is connected to a network.")
		}
	case problem.ProxyDown:
		words = translate("Is {proxy} the right proxy for {host}, and is it running?")
	case problem.ProxyRefused:
		words = translate("Let CONNECT to {name} on port {port} through the proxy {proxy}.")
	case problem.ProxyTicket:
		words = translate("Run “{value}” in a terminal, then test again.")
	case problem.ProxySignInLapsed:
		words = translate("Why does the proxy {proxy} ask again for a sign-in that it took before?")
	case problem.ProxyUnknown:
		words = translate("Which proxy leads to {host}?")
	case problem.CertificateDates:
		words = translate("Check this computer's date and time, then test again.")
	case problem.NotTheService:
		words = translate("Open a web browser, sign in to the network if it asks, then test again. " +
			"If it asks nothing: what answers in place of {host}?")
	case problem.NoProgress, problem.AnswerGarbled, problem.AnswerForeign:
		words = translate("What stands between this computer and {host}, and does it hold back or " +
			"change what goes through?")
	case problem.ServiceBusy, problem.ServiceFault:
		words = translate("Test again in some minutes.")
	}
	return filled(words, "name", show.Text(n.host()), "port", n.port(), "host", show.Text(n.Host),
		"proxy", show.Text(e.Proxy), "value", show.Text(e.Value))
}

// text returns the report for a person and their IT.
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
