package proxyfind

import (
	"net/netip"
	"path"
	"strings"
)

// excepted reports whether a host is on a list of hosts to reach without a proxy. Systems write
// such lists differently: *.example.org, .example.org, 10.*, 10.0.0.0/8, 169.254/16 (macOS),
// <local> (Windows). A bare name matches itself and, if it has dots, everything below it.
func excepted(host string, list []string, simple bool) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	ip, err := netip.ParseAddr(host)
	isIP := err == nil
	if simple && !isIP && !strings.Contains(host, ".") {
		return true
	}
	for _, p := range list {
		p = strings.ToLower(strings.TrimSpace(p))
		if _, rest, ok := strings.Cut(p, "://"); ok {
			p = rest
		}
		switch prefix, isPrefix := parsePrefix(p); {
		case p == "":
		case p == "<local>":
			if !isIP && !strings.Contains(host, ".") {
				return true
			}
		case isPrefix:
			if isIP && prefix.Contains(ip.Unmap()) {
				return true
			}
		case strings.Contains(p, "*"):
			if ok, _ := path.Match(p, host); ok {
				return true
			}
			if domain, ok := strings.CutPrefix(p, "*."); ok && host == domain {
				return true
			}
		case strings.HasPrefix(p, "."):
			if strings.HasSuffix(host, p) || host == p[1:] {
				return true
			}
		case host == p || strings.Trim(p, "[]") == host:
			return true
		case !isIP && strings.Contains(p, ".") && strings.HasSuffix(host, "."+p):
			return true
		}
	}
	return false
}

// parsePrefix reads 10.0.0.0/8, and 169.254/16 as macOS writes it.
func parsePrefix(text string) (netip.Prefix, bool) {
	address, bits, ok := strings.Cut(text, "/")
	if !ok {
		return netip.Prefix{}, false
	}
	for strings.Count(address, ".") < 3 && !strings.Contains(address, ":") {
		address += ".0"
	}
	p, err := netip.ParsePrefix(address + "/" + bits)
	return p.Masked(), err == nil
}
