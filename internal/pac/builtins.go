package pac

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/dop251/goja"
)

// builtins are the functions that a script may call, those of Netscape's specification and
// Microsoft's additions for IPv6, with the arguments of one run.
type builtins struct {
	ctx    context.Context //nolint:containedctx // of one run, whose functions take none
	vm     *goja.Runtime
	lookup lookup
}

func (l lookup) complete() lookup {
	if l.host == nil {
		l.host = net.DefaultResolver.LookupHost
	}
	if l.own == nil {
		l.own = ownAddresses
	}
	if l.now == nil {
		l.now = time.Now
	}
	return l
}

// ownAddresses returns the addresses of this computer, IPv4 first. It asks the system alone.
func ownAddresses() []string {
	var found []netip.Addr
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range all {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() {
			if addr, ok := netip.AddrFromSlice(ip.IP); ok {
				found = append(found, addr.Unmap())
			}
		}
	}
	slices.SortStableFunc(found, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	var texts []string
	for _, a := range found {
		texts = append(texts, a.String())
	}
	return texts
}

func (b *builtins) define() error {
	for name, f := range map[string]any{
		"isPlainHostName":     func(host string) bool { return !strings.ContainsAny(host, ".:") },
		"dnsDomainIs":         dnsDomainIs,
		"localHostOrDomainIs": localHostOrDomainIs,
		"isResolvable":        func(host string) bool { return b.resolve(host, true) != nil },
		"isResolvableEx":      func(host string) bool { return b.resolve(host, false) != nil },
		"isInNet":             b.isInNet,
		"isInNetEx":           b.isInNetEx,
		"dnsResolve":          b.dnsResolve,
		"dnsResolveEx":        func(host string) string { return join(b.resolve(host, false)) },
		"convert_addr":        convertAddr,
		"myIpAddress":         b.myIPAddress,
		"myIpAddressEx":       func() string { return strings.Join(b.lookup.own(), ";") },
		"dnsDomainLevels":     func(host string) int { return strings.Count(host, ".") },
		"shExpMatch":          shExpMatch,
		"sortIpAddressList":   sortIPAddressList,
		"getClientVersion":    func() string { return "1.0" },
		"weekdayRange":        b.weekdayRange,
		"dateRange":           b.dateRange,
		"timeRange":           b.timeRange,
		"alert":               func(string) {},
	} {
		if err := b.vm.Set(name, f); err != nil {
			return err
		}
	}
	return nil
}

// dnsDomainIs compares ends of names, as browsers do: "notexample.org" ends in "example.org".
func dnsDomainIs(host, domain string) bool {
	return strings.HasSuffix(strings.ToLower(host), strings.ToLower(domain))
}

func localHostOrDomainIs(host, whole string) bool {
	host, whole = strings.ToLower(host), strings.ToLower(whole)
	return host == whole || !strings.Contains(host, ".") && strings.HasPrefix(whole, host+".")
}

// resolve returns the addresses of a name, or of an address itself; nil where there are none.
func (b *builtins) resolve(host string, only4 bool) []netip.Addr {
	texts := []string{host}
	if _, err := netip.ParseAddr(host); err != nil {
		if texts, err = b.lookup.host(b.ctx, host); err != nil {
			return nil
		}
	}
	var found []netip.Addr
	for _, t := range texts {
		if a, err := netip.ParseAddr(t); err == nil && (!only4 || a.Unmap().Is4()) {
			found = append(found, a.Unmap())
		}
	}
	return found
}

func join(addrs []netip.Addr) string {
	var texts []string
	for _, a := range addrs {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, ";")
}

func (b *builtins) dnsResolve(host string) goja.Value {
	if addrs := b.resolve(host, true); len(addrs) > 0 {
		return b.vm.ToValue(addrs[0].String())
	}
	return goja.Null()
}

func (b *builtins) myIPAddress() string {
	for _, text := range b.lookup.own() {
		if a, err := netip.ParseAddr(text); err == nil && a.Is4() {
			return text
		}
	}
	return "127.0.0.1"
}

func (b *builtins) isInNet(host, pattern, mask string) bool {
	addrs := b.resolve(host, true)
	p, perr := netip.ParseAddr(pattern)
	m, merr := netip.ParseAddr(mask)
	if len(addrs) == 0 || perr != nil || merr != nil || !p.Is4() || !m.Is4() {
		return false
	}
	a4, p4, m4 := addrs[0].As4(), p.As4(), m.As4()
	for i := range a4 {
		if a4[i]&m4[i] != p4[i]&m4[i] {
			return false
		}
	}
	return true
}

func (b *builtins) isInNetEx(host, prefix string) bool {
	p, err := netip.ParsePrefix(prefix)
	return err == nil && slices.ContainsFunc(b.resolve(host, false), p.Masked().Contains)
}

func convertAddr(text string) int64 {
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is4() {
		return 0
	}
	n := int64(0)
	for _, octet := range a.As4() {
		n = n<<8 | int64(octet)
	}
	return n
}

// shExpMatch matches a shell's pattern, in which * stands for anything, slashes included.
func shExpMatch(text, pattern string) bool {
	t, p := 0, 0
	star, from := -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// sortIPAddressList puts IPv6 before IPv4, as Microsoft's function does.
func sortIPAddressList(list string) string {
	var addrs []netip.Addr
	for text := range strings.SplitSeq(list, ";") {
		a, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return ""
		}
		addrs = append(addrs, a)
	}
	slices.SortStableFunc(addrs, func(a, c netip.Addr) int {
		if d := c.BitLen() - a.BitLen(); d != 0 {
			return d
		}
		return a.Compare(c)
	})
	return join(addrs)
}
