package proxyfind

import (
	"strings"
)

// parseKDE parses KDE's kioslaverc. It may name environment variables instead of addresses
// (ProxyType 4), which env looks up.
func parseKDE(text string, env func(string) string) system {
	values := map[string]string{}
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = line
			continue
		}
		if key, value, ok := strings.Cut(line, "="); ok && section == "[Proxy Settings]" {
			key, _, _ = strings.Cut(strings.TrimSpace(key), "[") // [$e] and such
			values[key] = strings.TrimSpace(value)
		}
	}
	var s system
	kind := values["ProxyType"]
	switch kind {
	case "2":
		s.Script = values["Proxy Config Script"]
		if strings.HasPrefix(s.Script, "/") {
			s.Script = "file://" + s.Script
		}
		return s
	case "3":
		s.Discover = true
		return s
	case "1", "4":
	default:
		return s
	}
	value := func(key string) string {
		if kind == "4" {
			return env(values[key])
		}
		return values[key]
	}
	var list []string
	for _, scheme := range []string{"http", "https", "socks"} {
		address := value(scheme + "Proxy")
		if host, port, ok := strings.Cut(strings.TrimSpace(address), " "); ok { // HOST PORT
			address = host + ":" + strings.TrimSpace(port)
		}
		if address == "" {
			continue
		}
		if scheme == "socks" {
			_, rest, ok := strings.Cut(address, "://")
			if !ok {
				rest = address
			}
			address = "socks5://" + strings.TrimSuffix(rest, "/")
		}
		list = append(list, scheme+"="+strings.TrimSuffix(address, "/"))
	}
	s.Proxy = strings.Join(list, ";")
	if values["ReversedException"] != "true" {
		s.Except = splitList(value("NoProxyFor"))
	}
	return s
}
