package proxyfind

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Settings as the systems print or store them.
const (
	scutilManual = `<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
    2 : intranet.example.org
  }
  ExcludeSimpleHostnames : 1
  FTPPassive : 1
  HTTPEnable : 1
  HTTPPort : 8080
  HTTPProxy : proxy.example.org
  HTTPSEnable : 1
  HTTPSPort : 8443
  HTTPSProxy : secure.example.org
  SOCKSEnable : 0
  SOCKSProxy : old.example.org
}
`
	scutilPAC = `<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
  }
  HTTPEnable : 0
  ProxyAutoConfigEnable : 1
  ProxyAutoConfigURLString : http://wpad.example.org/proxy.pac
  ProxyAutoDiscoveryEnable : 1
}
`
	scutilNone = "<dictionary> {\n  FTPPassive : 1\n}\n"

	gnomeManual = `org.gnome.system.proxy autoconfig-url ''
org.gnome.system.proxy ignore-hosts ['localhost', '127.0.0.0/8', '::1', '*.example.com']
org.gnome.system.proxy mode 'manual'
org.gnome.system.proxy use-same-proxy true
org.gnome.system.proxy.ftp host ''
org.gnome.system.proxy.ftp port 0
org.gnome.system.proxy.http authentication-password ''
org.gnome.system.proxy.http authentication-user ''
org.gnome.system.proxy.http enabled false
org.gnome.system.proxy.http host 'proxy.example.org'
org.gnome.system.proxy.http port 8080
org.gnome.system.proxy.http use-authentication false
org.gnome.system.proxy.https host 'proxy.example.org'
org.gnome.system.proxy.https port 8443
org.gnome.system.proxy.socks host ''
org.gnome.system.proxy.socks port 0
`
	gnomeAuto = `org.gnome.system.proxy autoconfig-url 'https://example.org/proxy.pac'
org.gnome.system.proxy ignore-hosts @as []
org.gnome.system.proxy mode 'auto'
`
	gnomeWPAD = "org.gnome.system.proxy autoconfig-url ''\norg.gnome.system.proxy mode 'auto'\n"
	gnomeNone = "org.gnome.system.proxy mode 'none'\norg.gnome.system.proxy.https host 'proxy.example.org'\norg.gnome.system.proxy.https port 8443\n"

	kdeManual = `[$Version]
update_info=kioslave.upd:kde2.2/r1

[Proxy Settings]
NoProxyFor=localhost,.example.com,10.0.0.0/8
ProxyType=1
ReversedException=false
ftpProxy=
httpProxy=http://proxy.example.org 8080
httpsProxy=http://proxy.example.org:8443/
socksProxy=socks://old.example.org:1080
`
	kdePAC         = "[Proxy Settings]\nProxy Config Script=file:///etc/proxy.pac\nProxyType=2\n"
	kdeWPAD        = "[Proxy Settings]\nProxyType=3\n"
	kdeEnvironment = "[Proxy Settings]\nNoProxyFor=NO_THANKS\nProxyType=4\nhttpsProxy=MY_PROXY\n"
	kdeNone        = "[Proxy Settings]\nProxyType=0\nhttpsProxy=http://proxy.example.org:8443\n"
)

func TestRecordedSettings(t *testing.T) {
	env := func(name string) string {
		return map[string]string{"MY_PROXY": "http://env.example.org:3128", "NO_THANKS": "a.example"}[name]
	}
	type want struct {
		Proxy, Script string // the proxy for https
		Discover      bool
		Except        []string
		Simple        bool
	}
	for name, c := range map[string]struct {
		got  system
		want want
	}{
		"macOS, by hand": {parseScutil(scutilManual), want{
			Proxy: "http://secure.example.org:8443", Simple: true,
			Except: []string{"*.local", "169.254/16", "intranet.example.org"},
		}},
		"macOS, a script": {parseScutil(scutilPAC), want{
			Script: "http://wpad.example.org/proxy.pac", Discover: true, Except: []string{"*.local"},
		}},
		"macOS, none": {parseScutil(scutilNone), want{}},
		"GNOME, by hand": {parseGNOME(gnomeManual), want{
			Proxy:  "http://proxy.example.org:8443",
			Except: []string{"localhost", "127.0.0.0/8", "::1", "*.example.com"},
		}},
		"GNOME, a script":   {parseGNOME(gnomeAuto), want{Script: "https://example.org/proxy.pac"}},
		"GNOME, discovered": {parseGNOME(gnomeWPAD), want{Discover: true}},
		"GNOME, none":       {parseGNOME(gnomeNone), want{}},
		"KDE, by hand": {parseKDE(kdeManual, env), want{
			Proxy: "http://proxy.example.org:8443", Except: []string{"localhost", ".example.com", "10.0.0.0/8"},
		}},
		"KDE, a script":   {parseKDE(kdePAC, env), want{Script: "file:///etc/proxy.pac"}},
		"KDE, discovered": {parseKDE(kdeWPAD, env), want{Discover: true}},
		"KDE, variables": {parseKDE(kdeEnvironment, env), want{
			Proxy: "http://env.example.org:3128", Except: []string{"a.example"},
		}},
		"KDE, none": {parseKDE(kdeNone, env), want{}},
		"Windows, by hand": {windowsSettings{
			Proxy: "proxy.example.org:8080", Bypass: "*.example.com;10.*;<local>",
		}.system(), want{
			Proxy: "http://proxy.example.org:8080", Except: []string{"*.example.com", "10.*", "<local>"},
		}},
		"Windows, by scheme": {windowsSettings{
			Proxy: "http=a.example.org:80;https=b.example.org:8443;socks=c.example.org:1080",
		}.system(), want{Proxy: "http://b.example.org:8443"}},
		"Windows, SOCKS alone": {windowsSettings{Proxy: "socks=c.example.org:1080"}.system(), want{
			Proxy: "socks5://c.example.org:1080",
		}},
		"Windows, a script": {windowsSettings{
			Script: "http://example.org/proxy.pac", AutoDetect: true, MachineProxy: "m.example.org:1",
		}.system(), want{Script: "http://example.org/proxy.pac", Discover: true}},
		"Windows, the machine's": {windowsSettings{
			MachineProxy: "m.example.org:3128", MachineBypass: "<local>",
		}.system(), want{Proxy: "http://m.example.org:3128", Except: []string{"<local>"}}},
		"Windows, none": {windowsSettings{}.system(), want{}},
	} {
		got := want{
			Script: c.got.Script, Discover: c.got.Discover, Except: c.got.Except, Simple: c.got.Simple,
		}
		if p, ok := listed(c.got.Proxy, "https"); ok {
			got.Proxy = p.String()
		}
		if len(got.Except) == 0 {
			got.Except = nil
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestExceptions(t *testing.T) {
	for _, c := range []struct {
		host, list string
		simple     bool
		want       bool
	}{
		{"a.example.com", "*.example.com", false, true},
		{"example.com", "*.example.com", false, true},
		{"example.com", ".example.com", false, true},
		{"a.example.com", "example.com", false, true},
		{"notexample.com", "example.com", false, false},
		{"notexample.com", ".example.com", false, false},
		{"A.Example.com", "a.example.com", false, true},
		{"10.1.2.3", "10.*", false, true},
		{"10.1.2.3", "10.0.0.0/8", false, true},
		{"169.254.7.7", "169.254/16", false, true},
		{"11.1.2.3", "10.0.0.0/8", false, false},
		{"2001:db8::1", "2001:db8::/32", false, true},
		{"2001:db8::1", "[2001:db8::1]", false, true},
		{"intranet", "<local>", false, true},
		{"intranet.example.com", "<local>", false, false},
		{"intranet", "", true, true},
		{"10.0.0.1", "", true, false},
		{"a.example.com", "https://a.example.com", false, true},
		{"a.example.com", "b.example.com,,", false, false},
	} {
		if got := excepted(c.host, splitList(c.list), c.simple); got != c.want {
			t.Errorf("%s on %q: %v", c.host, c.list, got)
		}
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []struct{ text, want string }{ // want is empty where it is refused
		{"", "auto"},
		{" Auto ", "auto"},
		{"None", "none"},
		{"ann:s3cret@proxy.example.org:8080", "http://proxy.example.org:8080"},
		{"pac+https://example.org/proxy.pac?key=s3cret", "pac+https://example.org/proxy.pac"},
		{"pac+file:///etc/proxy.pac", "pac+file:///etc/proxy.pac"},
		{"pac+ftp://example.org/proxy.pac", ""},
		{"pac+https://ann:s3cret@example.org/proxy.pac", ""},
		{"pac+file://server/share.pac", ""},
		{"pac+", ""},
		{"ftp://ann:s3cret@proxy.example.org", ""},
	} {
		s, err := Parse(c.text)
		if c.want == "" {
			if err == nil {
				t.Errorf("%q: %v", c.text, s)
			}
			continue
		}
		if err != nil || s.String() != c.want {
			t.Errorf("%q: %q, %v", c.text, s, err)
		}
	}
}

func TestPortalAnswers(t *testing.T) {
	got := parsePortal(
		[]string{"http://proxy.example.org:8080", "socks://s.example.org:1080", "direct://", "odd"},
	)
	want := []string{"http://proxy.example.org:8080", "socks5://s.example.org:1080", "none"}
	var texts []string
	for _, p := range got {
		texts = append(texts, p.String())
		if !p.Direct() && !p.Discovered {
			t.Errorf("%v counts as vouched for", p)
		}
	}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Error(diff)
	}
}
