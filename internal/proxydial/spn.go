package proxydial

import (
	"errors"
	"net"
	"strings"
)

// errNoMore says that a sign-in has nothing to answer to a challenge.
var errNoMore = errors.New("proxydial: the sign-in is over")

// servicePrincipal names the service that a Kerberos ticket for a proxy is for. A short name is
// completed by the name service, since tickets are issued for whole ones.
func servicePrincipal(proxy string) string {
	host, _, err := net.SplitHostPort(proxy)
	if err != nil {
		host = proxy
	}
	if !strings.ContainsAny(host, ".:") && host != "localhost" {
		if whole, err := net.LookupCNAME(host); err == nil && strings.Contains(whole, ".") {
			host = whole
		}
	}
	return "HTTP/" + strings.ToLower(strings.TrimSuffix(host, "."))
}
