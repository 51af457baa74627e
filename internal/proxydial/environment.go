package proxydial

import (
	"context"
	"net/netip"
	"net/url"

	"golang.org/x/net/http/httpproxy"
)

// Environment chooses by HTTPS_PROXY, HTTP_PROXY and NO_PROXY, and the direct way if they name no
// proxy.
func Environment(_ context.Context, target *url.URL) ([]Proxy, error) {
	u, err := httpproxy.FromEnvironment().ProxyFunc()(target)
	if err != nil {
		return nil, errNoAddress // the error has the address with its password
	}
	if u == nil {
		return []Proxy{{}}, nil
	}
	p, err := ParseProxy(u.String())
	return []Proxy{p}, err
}

// Own reports whether a host is this computer, which is never reached through a proxy.
func Own(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
