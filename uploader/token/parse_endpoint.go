package token

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"inboxuploader/uploader/problem"
)

// clouds are the domains of Azure's clouds below which storage accounts live: public, China, US
// government, Germany (closed in 2021, its names are still reserved), the two US clouds that are
// cut off from the internet, and the sovereign clouds in France, Germany and Singapore. The list is
// AzCopy's and the SDKs'.
var clouds = []string{
	"core.windows.net",
	"core.chinacloudapi.cn",
	"core.usgovcloudapi.net",
	"core.cloudapi.de",
	"core.eaglex.ic.gov",
	"core.microsoft.scloud",
	"core.sovcloud-api.fr",
	"core.sovcloud-api.de",
	"core.sovcloud-api.sg",
}

var (
	serviceHost = expression(`^(.+)\.(blob|dfs|file|queue|table|web)\.([a-z0-9.-]+)$`)
	// zoneHost is an account with Azure DNS zone endpoints: account.z01.blob.storage.azure.net.
	zoneHost = expression(`^(.+)\.(z[0-9]+)\.(blob|dfs|file|queue|table|web)\.storage\.azure\.net$`)
	// routed are names of the same account over a chosen route
	// (learn.microsoft.com/azure/storage/common/network-routing-preference).
	routed   = expression(`-(?:internetrouting|microsoftrouting)$`)
	hostName = expression(`^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$`)
)

// endpoint is what a link's host says.
type endpoint struct {
	host      string // to send to, with port
	inboxID   string // the account's part of the host; empty in path style
	service   string // blob, dfs, file, …
	pathStyle bool   // the account is the first segment of the path
	loopback  bool
	secondary bool // the read-only copy of an account
	private   bool // was the name of a private link, which certificates don't cover
}

// ParseEndpoint reads the address of a storage account's blob service:
// https://NAME.blob.core.windows.net in any of Azure's clouds, or in path style
// http://127.0.0.1:10000/NAME on loopback. What it accepts is what [Parse] accepts before the
// container, so an account at this address can issue tokens that this program takes. The Inbox has
// Scheme, Host, InboxID and in path style Account. It needs no network. Errors are
// [*problem.Error]s that wrap ErrTokenInvalid: NoAddress, InsecureAddress, PortInvalid,
// UnknownHost, WrongService.
func ParseEndpoint(address string, options ...Option) (Inbox, error) {
	var p parser
	for _, o := range options {
		o(&p)
	}
	scheme, host, path, ok := splitAddress(strings.TrimSpace(address))
	path = strings.Trim(path, "/")
	switch {
	case !ok:
		return Inbox{}, notSplit(strings.ToLower(strings.TrimSpace(address)), problem.NoAddress)
	case strings.ContainsAny(path, "?#%"):
		return Inbox{}, refuse(problem.NoAddress, "")
	}
	e, known := p.endpoint(host)
	switch {
	case scheme == "http" && !e.loopback:
		return Inbox{}, refuse(problem.InsecureAddress, "")
	case !known:
		return Inbox{}, refuse(problem.UnknownHost, host)
	case e.pathStyle && !isContainer(path), !e.pathStyle && path != "":
		return Inbox{}, refuse(problem.NoAddress, "")
	}
	if err := e.check(); err != nil {
		return Inbox{}, err
	}
	i := Inbox{Scheme: scheme, Host: e.host, InboxID: e.inboxID}
	if e.pathStyle {
		i.Account, i.InboxID = path, path
	}
	return i, nil
}

// isEndpoint reports whether the address leads to a storage service that the parser knows or was
// told of.
func (p *parser) isEndpoint(address string) bool {
	_, host, _, ok := splitAddress(address)
	if !ok {
		return false
	}
	_, ok = p.endpoint(host)
	return ok
}

// splitAddress splits an address without looking at its meaning. The host is in lower case.
func splitAddress(address string) (scheme, host, path string, ok bool) {
	scheme, rest, ok := strings.Cut(address, "://")
	scheme = strings.ToLower(scheme)
	if !ok || scheme != "https" && scheme != "http" {
		return "", "", "", false
	}
	host, path, _ = strings.Cut(rest, "/")
	host = strings.ToLower(host)
	if !validHost(host) {
		return "", "", "", false
	}
	return scheme, host, path, true
}

// validHost reports whether host, with or without port, is a host name or an address; user names
// are none.
func validHost(host string) bool {
	name, ok := hostWithoutPort(host)
	if !ok {
		return false
	}
	if a, err := netip.ParseAddr(name); err == nil {
		return a.Zone() == ""
	}
	return len(name) <= 253 && hostName().MatchString(name) && !strings.Contains(name, "..")
}

// hostWithoutPort returns the host's name or its bare address.
func hostWithoutPort(host string) (string, bool) {
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		return host[1 : len(host)-1], true
	}
	if !strings.Contains(host, ":") {
		return host, host != ""
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil || !validPort(port) {
		return "", false
	}
	return name, name != ""
}

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0 && len(port) <= 5
}

// notSplit says what is wrong with an address that splitAddress does not read: its port, or all of
// it, for which otherwise is the reason.
func notSplit(address string, otherwise problem.Reason) error {
	_, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	i := strings.LastIndexByte(host, ':')
	if i < 0 || !validHost(host[:i]) || strings.Trim(host[i+1:], "0123456789") != "" ||
		validPort(host[i+1:]) {
		return refuse(otherwise, "")
	}
	return refuse(problem.PortInvalid, host[i+1:])
}

// endpoint reads a valid host. It returns false for one that is no storage endpoint and was not
// allowed.
func (p *parser) endpoint(host string) (endpoint, bool) {
	name, _ := hostWithoutPort(host)
	e := endpoint{host: host, service: "blob"}
	if a, err := netip.ParseAddr(name); err == nil {
		e.pathStyle, e.loopback = true, a.IsLoopback()
		return e, e.loopback || HostAmong(host, p.allowed)
	}
	if name == "localhost" {
		e.pathStyle, e.loopback = true, true
		return e, true
	}
	if m := zoneHost().FindStringSubmatch(name); m != nil {
		e.service = m[3]
		e.account(m[1])
		return e, true
	}
	m := serviceHost().FindStringSubmatch(name)
	if m != nil && slices.Contains(clouds, m[3]) {
		e.service = m[2]
		if account, ok := strings.CutSuffix(m[1], ".privatelink"); ok {
			e.private = true
			e.host = strings.Replace(host, ".privatelink.", ".", 1)
			m[1] = account
		}
		e.account(m[1])
		return e, true
	}
	if !HostAmong(host, p.allowed) {
		return e, false
	}
	switch before, _, ok := strings.Cut(name, ".blob."); {
	case ok:
		e.account(before)
	case !strings.Contains(name, "."): // an emulator's name inside a private network
		e.pathStyle = true
	default:
		e.inboxID, _, _ = strings.Cut(name, ".")
	}
	return e, true
}

func (e *endpoint) account(labels string) {
	e.secondary = strings.HasSuffix(labels, "-secondary")
	e.inboxID = routed().ReplaceAllString(labels, "")
}

// HostAmong reports whether a host, with or without a port, is one of these, in the form of
// [AllowHost].
func HostAmong(host string, hosts []string) bool {
	host = strings.ToLower(host)
	name, _ := hostWithoutPort(host)
	for _, a := range hosts {
		a = strings.ToLower(strings.TrimSpace(a))
		if below, ok := strings.CutPrefix(a, "*."); ok {
			if below != "" && strings.HasSuffix(name, "."+below) {
				return true
			}
			continue
		}
		if a != "" && (a == host || a == name) {
			return true
		}
	}
	return false
}
