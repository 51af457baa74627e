package proxyfind

import (
	"bufio"
	"net"
	"strings"
)

// parseScutil reads what "scutil --proxy" prints: a dictionary, a line for each value, with a list
// of exceptions within.
func parseScutil(text string) system {
	var s system
	values := map[string]string{}
	inExceptions := false
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		key, value, ok := strings.Cut(line, " : ")
		switch {
		case line == "}":
			inExceptions = false
		case !ok:
		case key == "ExceptionsList":
			inExceptions = true
		case inExceptions:
			s.Except = append(s.Except, value)
		default:
			values[key] = value
		}
	}
	address := func(kind string) string {
		if values[kind+"Enable"] != "1" || values[kind+"Proxy"] == "" {
			return ""
		}
		host, port := values[kind+"Proxy"], values[kind+"Port"]
		if port == "" || port == "0" {
			return host
		}
		return net.JoinHostPort(strings.Trim(host, "[]"), port)
	}
	var list []string
	for kind, scheme := range map[string]string{"HTTP": "http", "HTTPS": "https", "SOCKS": "socks"} {
		if a := address(kind); a != "" {
			list = append(list, scheme+"="+a)
		}
	}
	s.Proxy = strings.Join(list, ";")
	s.Simple = values["ExcludeSimpleHostnames"] == "1"
	s.Discover = values["ProxyAutoDiscoveryEnable"] == "1"
	if values["ProxyAutoConfigEnable"] == "1" {
		s.Script = values["ProxyAutoConfigURLString"]
	}
	return s
}
