// Package proxydial opens connections through proxies: by CONNECT through http and https proxies,
// and through SOCKS 5, with the sign-in that each of them wants. A [Dialer] is meant for
// [net/http.Transport]: what it returns is a connection to the storage like any other, so nothing
// above it knows of proxies.
//
// The sign-in is Basic, NTLM, or Negotiate with Kerberos: with the system's own ticket if there is
// one, else with a name and a password. A password belongs to one proxy's address and goes to no
// other. A proxy that the network itself has named (see [Proxy.Discovered]) gets only a Kerberos
// ticket, unless a person entered a password for its address.
package proxydial

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"

	"inboxuploader/internal/secret"
)

// Proxy is one way to the storage: a proxy, or the direct way. It prints itself without its
// sign-in. The zero Proxy is the direct way.
type Proxy struct {
	// Scheme is http, https, socks5 or socks5h, or empty for the direct way. Names are looked up by
	// the proxy in any case.
	Scheme string
	// Host is the proxy's HOST:PORT.
	Host string
	// SignIn is the sign-in that came with the address; the zero one where none did.
	SignIn SignIn
	// Discovered says that the network named this proxy (WPAD), so that nobody has vouched for it.
	Discovered bool
}

// SignIn is a name, which may be DOMAIN\NAME or NAME@DOMAIN, and its password.
type SignIn struct {
	Name     string
	Password secret.Text
}

func (s SignIn) given() bool { return s.Name != "" }

// Chooser returns the ways by which an address may be reached, the best first. It must return at
// least one, unless it fails. The target is only a scheme and a host, https://HOST/, without what
// is sent there.
type Chooser func(ctx context.Context, target *url.URL) ([]Proxy, error)

var errNoAddress = errors.New("proxydial: not the address of a proxy")

// ParseProxy reads the address of a proxy: HOST:PORT or http://HOST:PORT, https://… or socks5://…,
// with NAME:PASSWORD@ in front of the host where it demands a sign-in. The error never contains the
// text.
func ParseProxy(text string) (Proxy, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return Proxy{}, errNoAddress
	}
	port, known := map[string]string{
		"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080",
	}[u.Scheme]
	if !known || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" ||
		u.ForceQuery || u.Fragment != "" {
		return Proxy{}, errNoAddress
	}
	if u.Port() != "" {
		port = u.Port()
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return Proxy{}, errNoAddress
		}
	}
	p := Proxy{Scheme: u.Scheme, Host: net.JoinHostPort(strings.ToLower(u.Hostname()), port)}
	if u.User.Username() != "" {
		password, _ := u.User.Password()
		p.SignIn = SignIn{Name: u.User.Username(), Password: secret.New(password)}
	}
	return p, nil
}

// Direct reports whether this is the way without a proxy.
func (p Proxy) Direct() bool { return p.Scheme == "" }

// String names the proxy without its sign-in.
func (p Proxy) String() string {
	if p.Direct() {
		return "none"
	}
	return p.Scheme + "://" + p.Host
}

// GoString keeps %#v from showing more than String.
func (p Proxy) GoString() string { return p.String() }

// MarshalText keeps encoders from showing more than String.
func (p Proxy) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// LogValue keeps loggers from showing more than String.
func (p Proxy) LogValue() slog.Value { return slog.StringValue(p.String()) }
