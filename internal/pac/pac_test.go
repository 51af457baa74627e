package pac

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// names is a network of a test's own.
func names(_ context.Context, host string) ([]string, error) {
	found := map[string][]string{
		"inside.example.org": {"10.1.2.3"}, "both.example.org": {"2001:db8::1", "192.0.2.1"},
		"six.example.org": {"2001:db8::6"},
	}[host]
	if found == nil {
		return nil, errors.New("no such host")
	}
	return found, nil
}

// friday is 27 November 2026, 09:30:15 UTC.
var friday = time.Date(2026, time.November, 27, 9, 30, 15, 0, time.UTC)

// storage has more than a script may see.
var storage = &url.URL{
	Scheme: "https", Host: "storage.example.org", Path: "/secret", RawQuery: "sig=x",
}

func find(t *testing.T, script string) ([]Way, error) {
	t.Helper()
	s, err := New(script)
	if err != nil {
		return nil, err
	}
	return evaluate(t.Context(), s.text, storage, lookup{
		host: names, own: func() []string { return []string{"10.0.0.7", "2001:db8::7"} },
		now: func() time.Time { return friday },
	})
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		answer string
		want   []Way
	}{
		{"DIRECT", []Way{{}}},
		{"", []Way{{}}},
		{"PROXY Proxy.Example.org:8080; DIRECT", []Way{{"http", "proxy.example.org:8080"}, {}}},
		{"HTTPS p:443;SOCKS s;SOCKS5 [2001:db8::1]:1081 ; HTTP h", []Way{
			{"https", "p:443"}, {"socks5", "s:1080"}, {"socks5", "[2001:db8::1]:1081"}, {"http", "h:80"},
		}},
		{"SOCKS4 old:1080; quic q:1; direct", []Way{{}}},
		{"PROXY user@evil:80; PROXY good:1", []Way{{"http", "good:1"}}},
	} {
		got, err := find(t, fmt.Sprintf("function FindProxyForURL(u, h) { return %q }", c.answer))
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", c.answer, err, diff)
		}
	}
}

// TestAScriptSeesTheHostAlone: neither a path nor a query.
func TestAScriptSeesTheHostAlone(t *testing.T) {
	got, err := find(t, `function FindProxyForURL(url, host) {
		return url == "https://storage.example.org/" && host == "storage.example.org" ? "PROXY ok:1" : "PROXY bad:1";
	}`)
	if err != nil || len(got) != 1 || got[0].Host != "ok:1" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestFunctions(t *testing.T) {
	for expression, want := range map[string]bool{
		`isPlainHostName("www")`:                                                true,
		`isPlainHostName("www.example.org")`:                                    false,
		`isPlainHostName("::1")`:                                                false,
		`dnsDomainIs("www.Example.org", ".example.ORG")`:                        true,
		`dnsDomainIs("www.example.com", ".example.org")`:                        false,
		`localHostOrDomainIs("www", "www.example.org")`:                         true,
		`localHostOrDomainIs("www.example.org", "www.example.org")`:             true,
		`localHostOrDomainIs("home.example.org", "www.example.org")`:            false,
		`isResolvable("inside.example.org")`:                                    true,
		`isResolvable("six.example.org")`:                                       false,
		`isResolvableEx("six.example.org")`:                                     true,
		`isResolvable("outside.example.org")`:                                   false,
		`isInNet("inside.example.org", "10.0.0.0", "255.0.0.0")`:                true,
		`isInNet("10.1.2.3", "10.1.2.3", "255.255.255.255")`:                    true,
		`isInNet("outside.example.org", "0.0.0.0", "0.0.0.0")`:                  false,
		`isInNet("inside.example.org", "192.168.0.0", "255.255.0.0")`:           false,
		`isInNetEx("six.example.org", "2001:db8::/32")`:                         true,
		`isInNetEx("six.example.org", "10.0.0.0/8")`:                            false,
		`dnsResolve("both.example.org") == "192.0.2.1"`:                         true,
		`dnsResolve("outside.example.org") === null`:                            true,
		`dnsResolveEx("both.example.org") == "2001:db8::1;192.0.2.1"`:           true,
		`convert_addr("104.16.41.2") == 1745889538`:                             true,
		`myIpAddress() == "10.0.0.7"`:                                           true,
		`myIpAddressEx() == "10.0.0.7;2001:db8::7"`:                             true,
		`dnsDomainLevels("www.example.org") == 2`:                               true,
		`shExpMatch("https://a.example.org/x", "*.example.org/*")`:              true,
		`shExpMatch("a", "b*")`:                                                 false,
		`shExpMatch("abcabd", "a*b?")`:                                          true,
		`sortIpAddressList("10.0.0.1;2001:db8::1") == "2001:db8::1;10.0.0.1"`:   true,
		`getClientVersion() == "1.0"`:                                           true,
		`weekdayRange("FRI", "GMT")`:                                            true,
		`weekdayRange("MON", "FRI", "GMT")`:                                     true,
		`weekdayRange("SAT", "THU", "GMT")`:                                     false,
		`weekdayRange("THU", "SUN", "GMT")`:                                     true,
		`dateRange(27, "GMT")`:                                                  true,
		`dateRange("NOV", "GMT")`:                                               true,
		`dateRange(2025, "GMT")`:                                                false,
		`dateRange(20, 30, "GMT")`:                                              true,
		`dateRange("OCT", "JAN", "GMT")`:                                        true,
		`dateRange(1, "DEC", 31, "DEC", "GMT")`:                                 false,
		`dateRange(1, "NOV", 28, "FEB", "GMT")`:                                 true,
		`dateRange("JUN", 2026, "DEC", 2026, "GMT")`:                            true,
		`dateRange(28, "NOV", 2026, 30, "NOV", 2027, "GMT")`:                    false,
		`dateRange(1, "JAN", 2026, 27, "NOV", 2026, "GMT")`:                     true,
		`timeRange(9, "GMT")`:                                                   true,
		`timeRange(8, 9, "GMT")`:                                                true,
		`timeRange(10, 8, "GMT")`:                                               false,
		`timeRange(22, 10, "GMT")`:                                              true,
		`timeRange(9, 0, 9, 30, "GMT")`:                                         true,
		`timeRange(9, 31, 17, 0, "GMT")`:                                        false,
		`timeRange(9, 30, 16, 9, 31, 0, "GMT")`:                                 false,
		`(alert("hello"), true)`:                                                true,
		`typeof XMLHttpRequest == "undefined" && typeof require == "undefined"`: true,
	} {
		got, err := find(
			t,
			`function FindProxyForURL(url, host) { return (`+expression+`) ? "PROXY yes:1" : "PROXY no:1" }`,
		)
		if err != nil || len(got) != 1 || (got[0].Host == "yes:1") != want {
			t.Errorf("%s: %v, %v", expression, got, err)
		}
	}
}

func TestScriptsThatGiveNoAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		want   error
	}{
		"a web page":        {"<html>FindProxyForURL</html>", ErrScript},
		"nothing":           {"", ErrScript},
		"no function":       {"var FindProxyForURL = 1", ErrScript},
		"it throws":         {`function FindProxyForURL() { throw "sig=x" }`, ErrAnswer},
		"a number":          {`function FindProxyForURL() { return 1 }`, ErrAnswer},
		"words":             {`function FindProxyForURL() { return "somewhere" }`, ErrAnswer},
		"endless calls":     {`function FindProxyForURL(u, h) { return FindProxyForURL(u, h) }`, ErrAnswer},
		"an endless answer": {`function FindProxyForURL() { return new Array(100000).join("DIRECT;") }`, ErrAnswer},
		"too large":         {"function FindProxyForURL() {}" + strings.Repeat(" ", MaxSize), ErrScript},
	} {
		if got, err := find(t, c.script); !errors.Is(err, c.want) ||
			strings.Contains(err.Error(), "sig") {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// FuzzAScriptNeverPanics: it is a stranger's program.
func FuzzAScriptNeverPanics(f *testing.F) {
	f.Add(
		"function FindProxyForURL(u, h) { return isInNet(h, '10.0.0.0', '255.0.0.0') ? 'DIRECT' : 'PROXY p:1' }",
	)
	f.Add(
		"function FindProxyForURL() { return dateRange(1, 2, 3, 'GMT') + timeRange() + weekdayRange() }",
	)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := New(text)
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		ways, err := evaluate(ctx, s.text, &url.URL{Scheme: "https", Host: "a.example.org"}, lookup{
			host: names, own: func() []string { return nil },
		})
		if err == nil && len(ways) == 0 {
			t.Error("no way and no error")
		}
	})
}
