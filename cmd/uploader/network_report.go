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
	"strings"
	"time"

	"inboxuploader/internal/netcheck"
	"inboxuploader/internal/proxydial"
	"inboxuploader/internal/proxyfind"
	"inboxuploader/internal/show"
	"inboxuploader/uploader/azure"
	"inboxuploader/uploader/problem"
)

// networkStep is one thing that was looked at.
type networkStep struct {
	Step    string `json:"step"`
	OK      bool   `json:"ok"`
	Message string `json:"message"`
	Ask     string `json:"ask,omitempty"` // of the person's IT
}

// networkReport is all that was seen.
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
}

func (n *networkReport) step(name string, ok bool, message, ask string) {
	n.Steps = append(n.Steps, networkStep{name, ok, message, ask})
}

// host is the host without its port.
func (n *networkReport) host() string { return (&url.URL{Host: n.Host}).Hostname() }

// port is the port that is connected to.
func (n *networkReport) port() string { return cmp.Or((&url.URL{Host: n.Host}).Port(), "443") }

// tell says what was seen of the way.
func (n *networkReport) tell(w netcheck.Way, now time.Time) {
	n.From, n.Script = string(w.Choice.Origin), w.Choice.Script
	n.Addresses, n.Silent = w.Addresses, w.Silent
	n.Connected, n.Connect = w.Address, w.Connect.Milliseconds()
	n.Issuer, n.Trusted = show.Text(w.Issuer), w.Trusted
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
		words := "Connected to " + show.Text(w.Address)
		if n.Proxy != "none" {
			words = "Connected through the proxy"
		}
		n.step("connection", true, fmt.Sprintf("%s in %d ms.", words, n.Connect), "")
	}
	if w.TLS != 0 {
		n.tellTLS(w, now)
	}
}

// origins are the words for where a proxy comes from.
var origins = map[proxyfind.Origin]string{
	proxyfind.FromSetting:     "as set for this program",
	proxyfind.FromScript:      "by the script set for this program",
	proxyfind.FromEnvironment: "from HTTPS_PROXY",
	proxyfind.FromSystem:      "from the system's settings",
	proxyfind.FromSystemPAC:   "by the script of the system's settings",
	proxyfind.FromNetwork:     "by the script that the network names (WPAD)",
}

// tellProxy says which proxy was found, where, and what it answered.
func (n *networkReport) tellProxy(w netcheck.Way, blamed *proxydial.Error) {
	from := origins[w.Choice.Origin]
	if n.Script != "" {
		from += ", " + show.Text(n.Script)
	}
	address := "https://" + n.Host + "/"
	if w.Choice.Err != nil {
		words := "The proxy settings can't be read"
		if n.Script != "" {
			words = "The proxy script " + show.Text(n.Script) + " can't be read, or gives no answer"
		}
		if blamed == nil {
			words += "; the direct way is tried"
		}
		n.step("proxy", false, words+".", "Which proxy should this computer use for "+address+
			", and can its script be read?")
		return
	}
	switch {
	case n.Proxy == "none" && from == "":
		n.step("proxy", true, "No proxy is set.", "")
		return
	case w.Choice.Origin == proxyfind.FromSetting && w.Choice.Ways[0].Direct():
		n.step("proxy", true, "No proxy, "+from+".", "")
		return
	case n.Proxy == "none":
		n.step("proxy", true, "No proxy for this host, "+from+".", "")
		return
	}
	words := "The proxy is " + show.Text(n.Proxy) + ", " + from + "."
	switch {
	case w.Address != "" && w.SignIn != "":
		words += " It took a sign-in by " + w.SignIn + "."
	case w.Address != "":
		words += " It wanted no sign-in."
	case blamed == nil:
	case blamed.Failure == proxydial.SignInNeeded, blamed.Failure == proxydial.SignInLapsed:
		words += " It wants a sign-in; none was given, or it was refused."
	case blamed.Failure == proxydial.Garbled:
		words += " What answers there is no proxy."
	case blamed.Schemes != "":
		words += " It wants a sign-in by " + blamed.Schemes + "."
	case blamed.Status != 0:
		words += fmt.Sprintf(" It answered %d %s.", blamed.Status, http.StatusText(blamed.Status))
	}
	n.step("proxy", blamed == nil, words, "")
}

// tellNames says where the host's name leads.
func (n *networkReport) tellNames(w netcheck.Way) {
	address := net.ParseIP(n.host()) != nil
	dns, _ := errors.AsType[*net.DNSError](w.LookupErr)
	switch {
	case address:
	case dns != nil && dns.IsNotFound:
		n.step("names", false, "The name service knows no “"+show.Text(n.host())+"”.",
			"Should this computer look up "+n.host()+" itself, or is there a proxy that does?")
	case w.LookupErr != nil:
		n.step("names", false, "The name service does not answer.",
			"Which name service should this computer use?")
	case len(w.Addresses) > 0:
		n.step("names", true,
			"The name leads to "+show.Text(strings.Join(w.Addresses, ", "))+".", "")
	case w.Address != "":
		n.step("names", true, "The proxy looks up the name.", "")
	}
	if len(w.Silent) > 0 {
		n.step("addresses", false, "No answer from "+show.Text(strings.Join(w.Silent, ", "))+
			"; another address answers, so files go there.",
			"Why is port "+n.port()+" of "+strings.Join(w.Silent, ", ")+" not reachable from here?")
	}
}

// tellTLS says what the connection is protected by.
func (n *networkReport) tellTLS(w netcheck.Way, now time.Time) {
	n.TLS, n.Trip = tls.VersionName(w.TLS), float64(w.Trip.Microseconds())/1000
	from, to := w.From.UTC(), w.To.UTC()
	n.ValidFrom, n.ValidTo = &from, &to
	words := n.TLS + ", with a certificate by " + n.Issuer + ", which is "
	ask := "Do you inspect traffic to " + n.Host + "? If so: the certificate of your authority as " +
		"a file, or an exception for this host."
	_, another := errors.AsType[x509.HostnameError](w.Err)
	const day = "2 January 2006"
	switch {
	case w.Trusted:
		words, ask = words+"trusted here.", ""
	case now.Before(from) || now.After(to):
		words += "valid from " + from.Format(day) + " to " + to.Format(day) +
			"; this computer's clock says " + now.UTC().Format(day+", 15:04 MST") + "."
		ask = "Is this computer's clock right? If so: why is this certificate shown for " + n.Host +
			"?"
	case another:
		words += "for another host"
		if len(w.Names) > 0 {
			words += " (" + show.Text(strings.Join(w.Names[:min(len(w.Names), 3)], ", ")) + ")"
		}
		words += "."
		ask = "What answers in place of " + n.Host + "?"
	default:
		words += "not trusted here."
	}
	n.step("tls", w.Trusted, words, ask)
	n.step("round trip", true, fmt.Sprintf("A round trip takes about %.1f ms.", n.Trip), "")
}

// clock says by how much this computer's clock is ahead of the storage's.
func (n *networkReport) clock(ahead time.Duration) {
	seconds := int64(ahead / time.Second)
	n.Clock = &seconds
	words := clockWords(ahead)
	n.step("clock", words == "", cmp.Or(words, "This computer's clock is right."), "")
}

// fail says what stands in the way, in the words that sending would end with, and what to ask for.
func (n *networkReport) fail(err error) error {
	x := explain(err)
	n.Reason = problem.ReasonOf(err)
	what, do := x.What, x.Do
	if e, ok := errors.AsType[*problem.Error](err); ok {
		switch e.Reason {
		case problem.NetworkDown, problem.ProxyDown:
			n.Cause = e.Cause
			if e.Cause != "" {
				what = strings.TrimSuffix(what, ".") + ": " + e.Cause + "."
			}
		}
		do = cmp.Or(n.askOf(e), do)
	}
	n.step("result", false, what, do)
	return err
}

// askOf is what to ask the IT for, or to do, about a failure that sending would wait for by itself;
// "" where the sentence of sending holds here as well.
func (n *networkReport) askOf(e *problem.Error) string {
	host, proxy := show.Text(n.Host), show.Text(e.Proxy)
	switch e.Reason {
	case problem.NetworkDown:
		if e.Cause == azure.CauseNoNames {
			return "Check that this computer is connected to a network."
		}
		return "May this computer reach " + n.host() + " on port " + n.port() + ", and by which " +
			"proxy?"
	case problem.ProxyDown:
		return "Is " + proxy + " the right proxy for " + host + ", and is it running?"
	case problem.ProxyRefused:
		return "Let CONNECT to " + n.host() + " on port " + n.port() + " through the proxy " +
			proxy + "."
	case problem.ProxyTicket:
		return "Run “" + show.Text(e.Value) + "” in a terminal, then test again."
	case problem.ProxySignInLapsed:
		return "Why does the proxy " + proxy + " ask again for a sign-in that it took before?"
	case problem.ProxyUnknown:
		return "Which proxy leads to " + host + "?"
	case problem.CertificateDates:
		return "Check this computer's date and time, then test again."
	case problem.NotTheService:
		return "Open a web browser, sign in to the network if it asks, then test again. If it " +
			"asks nothing: what answers in place of " + host + "?"
	case problem.NoProgress, problem.AnswerGarbled, problem.AnswerForeign:
		return "What stands between this computer and " + host + ", and does it hold back or " +
			"change what goes through?"
	case problem.ServiceBusy, problem.ServiceFault:
		return "Test again in some minutes."
	}
	return ""
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
