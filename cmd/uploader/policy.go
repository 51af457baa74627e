package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"inboxuploader/internal/proxydial"
	"inboxuploader/internal/show"
	"inboxuploader/uploader/azure"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// policy is an administrator's rules for everybody on this computer: the file policy.json beside
// that of the allowed hosts. The zero policy has no rules. The program reads it again each time it
// enforces it, so that a change takes effect at once.
type policy struct {
	// Uploads may go only to these hosts, in the form of --allow-host, and to this computer's own
	// practice inbox. Absent: to all known or allowed hosts.
	AllowedHosts []string `json:"allowed_hosts"`
	// Only the administrator can allow a host.
	ForbidAllowHost bool `json:"forbid_allow_host"`
	// Uploads never replace a file in an inbox.
	ForbidOverwrite bool `json:"forbid_overwrite"`
	// Nobody can create or renew upload tokens.
	ForbidTokenCreation bool `json:"forbid_token_creation"`
	// The proxy, in the form of --proxy. Absent: the person's.
	Proxy string `json:"proxy"`
	// The file of further certificate authorities. Absent: the person's.
	CAFile string `json:"ca_file"`
	// The highest speed, in the form of --limit-rate. Absent: none.
	LimitRate string `json:"limit_rate"`
	// The program never starts at login.
	ForbidLogin bool `json:"forbid_login"`

	proxy proxyFlag // of Proxy
	rate  int64     // of LimitRate, in bytes per second; 0: no limit
}

// policyFile is where the policy is: beside the administrator's hosts.
func policyFile() string {
	if administratorsHosts == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(administratorsHosts), "policy.json")
}

// readPolicy returns the administrator's policy, or the zero policy if there is none. A file that
// is not wholly readable, or that others may have written, is an error: damaging the policy must
// not switch it off.
func readPolicy() (policy, error) {
	path := policyFile()
	text, why := readAdministrators(path)
	if text == nil && why == "" {
		return policy{}, nil
	}
	var p policy
	if why == "" {
		p, why = parsePolicy(text)
	}
	if why != "" {
		return policy{}, policyUnusable(path, why)
	}
	return p, nil
}

// parsePolicy parses a policy, or says as the rest of a sentence what is wrong with it. An unknown
// name is wrong too: a misspelt rule would have no effect.
func parsePolicy(text []byte) (p policy, why string) {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	d.DisallowUnknownFields()
	err := d.Decode(&p)
	if unknown, ok := strings.CutPrefix(errorText(err), "json: unknown field "); ok {
		return policy{}, "it has a rule this version does not know: " + show.Text(unknown) + "."
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return policy{}, "the value of " + show.Text(wrong.Field) + " has the wrong type."
	}
	if _, more := d.Token(); err != nil || !errors.Is(more, io.EOF) {
		return policy{}, "it is not a single JSON object."
	}
	for i, host := range p.AllowedHosts {
		if p.AllowedHosts[i] = bareHost(host); p.AllowedHosts[i] == "" {
			return policy{}, "a host in allowed_hosts is empty."
		}
	}
	if p.Proxy != "" {
		if p.proxy.Set(p.Proxy) != nil {
			return policy{}, "the value of proxy is not a proxy address."
		}
		p.proxy.given, _ = p.proxy.where().Setting().Fixed()
	}
	if p.CAFile != "" {
		if !filepath.IsAbs(p.CAFile) {
			return policy{}, "ca_file must be a full path."
		}
		if _, err := azure.Authorities(p.CAFile); err != nil {
			return policy{}, "the certificates in ca_file can't be read."
		}
	}
	if p.LimitRate != "" {
		rate := newSendFlags().rate
		if err := rate.Set(p.LimitRate); err != nil {
			return policy{}, "limit_rate is not a speed such as 10MB or 80Mbit/s."
		}
		p.rate = rate.bytes
	}
	return p, ""
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func policyUnusable(path, why string) error {
	return &usageError{"Your administrator's rules in “" + show.Text(path) + "” can't be " +
		"used: " + why + " Nothing was sent or changed. Ask your administrator to correct this " +
		"file."}
}

// refuse refuses command-line options that the policy forbids or sets itself.
func (p *policy) refuse(c *cobra.Command) error {
	for _, rule := range []struct {
		flag, value string // any value where it is empty
		forbidden   bool
		words       string
	}{
		{"allow-host", "", p.ForbidAllowHost, "does not permit --allow-host"},
		{"overwrite", "true", p.ForbidOverwrite, "does not permit replacing files in an inbox, " +
			"so --overwrite=true can't be used"},
		{"proxy", "", p.Proxy != "", "has set the proxy, so --proxy can't be used"},
		{"ca-file", "", p.CAFile != "", "has set the certificates, so --ca-file can't be used"},
	} {
		f := c.Flags().Lookup(rule.flag)
		if rule.forbidden && f != nil && f.Changed &&
			(rule.value == "" || f.Value.String() == rule.value) {
			return usagef("Your administrator %s. Nothing was sent or changed. Omit the option.",
				rule.words)
		}
	}
	return nil
}

// permits returns an error if files must not go to the inbox.
func (p *policy) permits(in token.Inbox) error {
	administrators, _ := allowedHosts()
	switch {
	case isThisComputer(in.Host):
		return nil
	case p.AllowedHosts != nil && !token.HostAmong(in.Host, p.AllowedHosts):
	case p.ForbidAllowHost && !in.Allowed(token.AllowHost(administrators...),
		token.AllowHost(p.AllowedHosts...)):
	default:
		return nil
	}
	e := problem.New("open storage", "", problem.HostForbidden)
	e.Value = in.Host
	return e
}

// connection returns how to reach the storage: as the person says, except where the policy decides.
func (p *policy) connection(proxy *proxyFlag, caFile string) azure.Options {
	return connectionOptions(p.way(proxy, caFile))
}

// way is connection's proxy and its file of certificate authorities.
func (p *policy) way(proxy *proxyFlag, caFile string) (*proxyFlag, string) {
	if p.Proxy != "" {
		proxy = &p.proxy
	}
	return proxy, cmp.Or(p.CAFile, caFile)
}

// isThisComputer reports whether a host, perhaps with a port, is this computer itself.
func isThisComputer(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return proxydial.Own(strings.Trim(strings.ToLower(host), "[]"))
}
