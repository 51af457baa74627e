package azure

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"inboxuploader/uploader/problem"
)

// Proxy is a proxy as a person has set it, or the wish for none, with the sign-in that it may need.
// It prints itself without the sign-in. The zero Proxy is that of the environment, see
// [http.ProxyFromEnvironment].
type Proxy struct {
	address *url.URL
	none    bool
}

var errNoProxyAddress = errors.New("azure: not the address of a proxy")

// ParseProxy reads the address of a proxy: HOST:PORT or http://HOST:PORT, https://… or socks5://…,
// with USER:PASSWORD@ in front of the host where it demands a sign-in; "none" for no proxy at all;
// nothing for that of the environment. The name of the inbox's host is looked up by the proxy. The
// error never contains the text.
func ParseProxy(text string) (Proxy, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return Proxy{}, nil
	case strings.EqualFold(text, "none"):
		return Proxy{none: true}, nil
	case !strings.Contains(text, "://"):
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return Proxy{}, errNoProxyAddress
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		return Proxy{}, errNoProxyAddress
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if u.Hostname() == "" || u.Port() != "" && (err != nil || port == 0) ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return Proxy{}, errNoProxyAddress
	}
	return Proxy{address: u}, nil
}

// For returns the proxy for an address, nil for none. It is meant for [Options.Proxy]. This
// computer's own addresses are never reached through a proxy, as with the environment's.
func (p Proxy) For(address *url.URL) (*url.URL, error) {
	switch {
	case p.none || ownAddress(address.Hostname()):
		return nil, nil
	case p.address == nil:
		return http.ProxyFromEnvironment(&http.Request{URL: address})
	default:
		return p.address, nil
	}
}

func ownAddress(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// String names the proxy without its sign-in.
func (p Proxy) String() string {
	switch {
	case p.none:
		return "none"
	case p.address == nil:
		return "environment"
	default:
		return p.address.Scheme + "://" + p.address.Host
	}
}

// GoString keeps %#v from showing more than String.
func (p Proxy) GoString() string { return p.String() }

// MarshalText keeps encoders from showing more than String.
func (p Proxy) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// LogValue keeps loggers from showing more than String.
func (p Proxy) LogValue() slog.Value { return slog.StringValue(p.String()) }

// proxyAnswer turns a proxy's refusal of a tunnel into an error that says so; the transport's own
// is a bare text.
func proxyAnswer(_ context.Context, proxy *url.URL, _ *http.Request, r *http.Response) error {
	if r.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{proxy: proxy.Host, status: r.StatusCode, schemes: signInSchemes(r.Header)}
}

// proxyError is a proxy's refusal to connect us.
type proxyError struct {
	proxy   string // HOST:PORT
	status  int
	schemes string // the kinds of sign-in that it takes, where Basic is not one of them
}

func (e *proxyError) Error() string { return "proxy refused: " + http.StatusText(e.status) }

// knownSchemes are kinds of sign-in that proxies ask for and this program does not know. Only these
// words are shown.
var knownSchemes = []string{"Negotiate", "NTLM", "Kerberos", "Digest", "Bearer"}

// signInSchemes names the kinds of sign-in that a proxy takes if the one that this program knows,
// Basic, is not one of them.
func signInSchemes(h http.Header) string {
	var found []string
	for _, offer := range h.Values("Proxy-Authenticate") {
		scheme, _, _ := strings.Cut(strings.TrimSpace(offer), " ")
		if strings.EqualFold(scheme, "Basic") {
			return ""
		}
		for _, known := range knownSchemes {
			if strings.EqualFold(scheme, known) {
				found = append(found, known)
			}
		}
	}
	return strings.Join(found, ", ")
}

// signInReason is the reason for a proxy that demands a sign-in, and its value.
func signInReason(schemes string) (problem.Reason, string) {
	if schemes != "" {
		return problem.ProxySignInKind, schemes
	}
	return problem.ProxySignIn, ""
}

// socksRefusals are how net/http says that a SOCKS proxy refused the sign-in, for which it has no
// types.
var socksRefusals = []string{"no acceptable authentication methods", "username/password authentication failed", "invalid username/password"}

// socksRuleset is how it says that a SOCKS proxy does not let anybody, or us, to the storage (RFC
// 1928, reply 2).
const socksRuleset = "unknown error connection not allowed by ruleset"

// socksSaid returns what a SOCKS proxy has against connecting us, "" where err is something else.
func socksSaid(err error) string {
	e, ok := errors.AsType[*net.OpError](err)
	if !ok || e.Op != "socks connect" || e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

// refusingProxy returns the proxy that refused to connect us, HOST:PORT, "" where it is not known.
func refusingProxy(err error) string {
	if e, ok := errors.AsType[*proxyError](err); ok {
		return e.proxy
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Source != nil && socksSaid(err) != "" {
		return e.Source.String()
	}
	return ""
}
