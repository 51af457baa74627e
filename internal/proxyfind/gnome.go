package proxyfind

import (
	"net"
	"strings"

	"inboxuploader/internal/proxydial"
)

// parseGNOME reads what "gsettings list-recursively org.gnome.system.proxy" prints: a line for each
// value, as SCHEMA KEY VALUE.
func parseGNOME(text string) system {
	values := map[string]string{}
	for line := range strings.Lines(text) {
		parts := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(parts) == 3 {
			schema := strings.TrimPrefix(
				strings.TrimPrefix(parts[0], "org.gnome.system.proxy"),
				".",
			)
			values[schema+"/"+parts[1]] = parts[2]
		}
	}
	plain := func(key string) string { return strings.Trim(values[key], "'\"") }
	var s system
	switch plain("/mode") {
	case "auto":
		s.Script = plain("/autoconfig-url")
		s.Discover = s.Script == ""
	case "manual":
		var list []string
		for _, kind := range []string{"http", "https", "socks"} {
			host, port := plain(kind+"/host"), plain(kind+"/port")
			if host == "" || port == "" || port == "0" {
				continue
			}
			list = append(list, kind+"="+net.JoinHostPort(strings.Trim(host, "[]"), port))
		}
		s.Proxy = strings.Join(list, ";")
		hosts := strings.TrimPrefix(values["/ignore-hosts"], "@as ")
		for h := range strings.SplitSeq(strings.Trim(hosts, "[]"), ",") {
			if h = strings.Trim(strings.TrimSpace(h), "'\""); h != "" {
				s.Except = append(s.Except, h)
			}
		}
	}
	return s
}

// parsePortal parses the portal's answers, such as http://proxy.example.org:8080 and direct://. The
// portal does not say where they come from, which may be the network.
func parsePortal(answers []string) []proxydial.Proxy {
	var ways []proxydial.Proxy
	for _, a := range answers {
		if strings.HasPrefix(a, "direct:") {
			ways = append(ways, proxydial.Proxy{})
			continue
		}
		if rest, ok := strings.CutPrefix(a, "socks://"); ok {
			a = "socks5://" + rest
		}
		if p, err := proxydial.ParseProxy(a); err == nil && strings.Contains(a, "://") {
			p.Discovered = true
			ways = append(ways, p)
		}
	}
	return ways
}
