// Package proxyfind finds the proxies through which to reach the storage: from the setting of a
// person or an administrator, the environment, the system's settings, or a PAC script. It opens no
// connection to the storage itself; package proxydial does, by a [Finder]'s Choose.
package proxyfind

import (
	"errors"
	"log/slog"
	"net/url"
	"strings"

	"inboxuploader/internal/proxydial"
)

// Setting is a person's or administrator's choice of proxy. It prints itself without a sign-in. The
// zero Setting is "auto".
type Setting struct {
	none   bool
	fixed  proxydial.Proxy // where it is not direct
	script string          // URL of a PAC script, http, https or file
}

var errNoSetting = errors.New("proxyfind: not the address of a proxy")

// Parse reads a setting: "auto" or nothing for the environment, else the system's settings; "none";
// pac+https://…, pac+http://… or pac+file:///… for a PAC script; or a proxy's address, as
// [proxydial.ParseProxy] reads it. The error never contains the text.
func Parse(text string) (Setting, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "" || strings.EqualFold(text, "auto"):
		return Setting{}, nil
	case strings.EqualFold(text, "none"):
		return Setting{none: true}, nil
	}
	if script, ok := strings.CutPrefix(text, "pac+"); ok {
		u, err := url.Parse(script)
		if err != nil || u.User != nil || u.Fragment != "" {
			return Setting{}, errNoSetting
		}
		switch {
		case u.Scheme == "file" && (u.Host == "" || u.Host == "localhost") && u.Path != "":
		case (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
		default:
			return Setting{}, errNoSetting
		}
		return Setting{script: script}, nil
	}
	p, err := proxydial.ParseProxy(text)
	if err != nil {
		return Setting{}, errNoSetting
	}
	return Setting{fixed: p}, nil
}

// Auto reports whether nothing was set.
func (s Setting) Auto() bool { return s == Setting{} }

// Fixed returns the proxy that was set; ok is false where none was.
func (s Setting) Fixed() (p proxydial.Proxy, ok bool) { return s.fixed, !s.fixed.Direct() }

// String names the setting without a sign-in, and without the query of a script's address.
func (s Setting) String() string {
	switch {
	case s.none:
		return "none"
	case s.script != "":
		address, _, _ := strings.Cut(s.script, "?")
		return "pac+" + address
	case s.fixed.Direct():
		return "auto"
	default:
		return s.fixed.String()
	}
}

// GoString keeps %#v from showing more than String.
func (s Setting) GoString() string { return s.String() }

// MarshalText keeps encoders from showing more than String.
func (s Setting) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue keeps loggers from showing more than String.
func (s Setting) LogValue() slog.Value { return slog.StringValue(s.String()) }
