package proxydial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"inboxuploader/internal/secret"
)

// noTicket keeps the tickets of whoever runs the tests out of them.
func noTicket(t *testing.T) { t.Setenv("KRB5CCNAME", "FILE:"+t.TempDir()+"/none") }

func TestAPasswordGoesOnlyWhereItIsAskedFor(t *testing.T) {
	noTicket(t)
	p := newFakeProxy(t, func(_ int, a string) string {
		if a == basicOf("ann", "s3cret") {
			return yes
		}
		return demand(`Basic realm="x"`)
	})
	d := through(p, given("ann", "s3cret"), false)
	for range 2 {
		if err := open(t, d); err != nil {
			t.Fatal(err)
		}
	}
	// Asked first without; the second connection knows.
	if got := p.kinds(); got != "1 1Basic 2Basic" {
		t.Errorf("asked %q", got)
	}
}

func TestWhatAProxyTakesAndWhyNot(t *testing.T) {
	noTicket(t)
	none := SignIn{}
	for name, c := range map[string]struct {
		answer  string
		sign    SignIn
		want    Failure
		schemes string
		asked   string
	}{
		"no sign-in is known":       {demand("Basic realm=x"), none, SignInNeeded, "", "1"},
		"a wrong password":          {demand("Basic realm=x"), given("ann", "no"), SignInNeeded, "", "1 1Basic"},
		"the safest first":          {demand("Basic realm=x", "NTLM"), given("ann", "no"), SignInNeeded, "", "1 1NTLM 1Basic"},
		"one line for all":          {demand(`Negotiate, NTLM, Basic realm="a, b"`), given("ann", "no"), SignInNeeded, "", "1 1NTLM 1Negotiate 1Basic"},
		"an unknown kind":           {demand(`Digest realm="x", nonce="y"`), given("ann", "no"), SignInUnknown, "Digest", "1"},
		"a word that is not shown":  {demand("X-sig=abc"), none, SignInNeeded, "", "1"},
		"a ticket":                  {demand("Negotiate"), none, TicketNeeded, "Negotiate", "1"},
		"its rules":                 {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", none, Refused, "", "1"},
		"a page":                    {"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\nContent-Length: 0\r\n\r\n", none, Refused, "", "1"},
		"another protocol":          {"SSH-2.0-OpenSSH\r\n\r\n", none, Garbled, "", "1"},
		"an answer without an end":  {"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("x", 1000)+"\r\n", 300), none, Garbled, "", "1"},
		"words before the request":  {yes + "220 mail.example.org\r\n", none, Garbled, "", "1"},
		"it hangs up":               {"", none, Silent, "", "1"},
		"a body that never ends":    {"HTTP/1.1 407 x\r\nConnection: close\r\nProxy-Authenticate: Basic\r\n\r\n", given("a", "b"), SignInNeeded, "", "1 2Basic"},
		"it closes after each word": {strings.Replace(demand("Basic"), "Content-Length", "Connection: close\r\nContent-Length", 1), given("a", "b"), SignInNeeded, "", "1 2Basic"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newFakeProxy(t, func(int, string) string { return c.answer })
			err := open(t, through(p, c.sign, false))
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Failure != c.want || e.Schemes != c.schemes {
				t.Fatalf("%#v", err)
			}
			if got := p.kinds(); got != c.asked {
				t.Errorf("asked %q, want %q", got, c.asked)
			}
			if text := fmt.Sprintf("%v %+v", err, e); strings.Contains(text, "abc") ||
				strings.Contains(text, "portal") {
				t.Errorf("the proxy's own words stand in %s", text)
			}
		})
	}
}

// TestAWrongPasswordIsTriedOnce: directories lock accounts after a few.
func TestAWrongPasswordIsTriedOnce(t *testing.T) {
	noTicket(t)
	p := newFakeProxy(t, func(int, string) string { return demand("Basic realm=x") })
	d := through(p, given("ann", "wrong"), false)
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			if err := open(t, d); failure(err) != SignInNeeded {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	if n := strings.Count(p.kinds(), "Basic"); n != 1 {
		t.Errorf("the password was tried %d times", n)
	}
}

// TestASignInThatEndsIsMadeAgain: a proxy that forgot us, or lost its directory for a moment, costs
// a try; one that says no for good is believed.
func TestASignInThatEndsIsMadeAgain(t *testing.T) {
	noTicket(t)
	var mu sync.Mutex
	refuse := 0
	p := newFakeProxy(t, func(_ int, a string) string {
		mu.Lock()
		defer mu.Unlock()
		if a == "" || refuse > 0 {
			if a != "" {
				refuse--
			}
			return demand("Basic realm=x")
		}
		return yes
	})
	d := through(p, given("ann", "right"), false)
	set := func(n int) { mu.Lock(); refuse = n; mu.Unlock() }
	if err := open(t, d); err != nil {
		t.Fatal(err)
	}
	set(2)
	for range 2 {
		if err := open(t, d); failure(err) != SignInLapsed {
			t.Fatalf("%v", err)
		}
	}
	if err := open(t, d); err != nil {
		t.Fatal(err)
	}
	set(100)
	for range mostLapses - 1 {
		if err := open(t, d); failure(err) != SignInLapsed {
			t.Fatalf("%v", err)
		}
	}
	for range 3 {
		if err := open(t, d); failure(err) != SignInNeeded {
			t.Fatalf("%v", err)
		}
	}
	if mu.Lock(); refuse != 100-mostLapses {
		t.Errorf("the password was tried %d times", 100-refuse)
	}
	mu.Unlock()
}

// TestAPasswordBelongsToOneAddress: the one for a proxy goes to no other that asks.
func TestAPasswordBelongsToOneAddress(t *testing.T) {
	noTicket(t)
	ask := func(_ int, a string) string {
		if a != "" {
			return yes
		}
		return demand("NTLM", "Basic realm=x")
	}
	ours, theirs := newFakeProxy(t, ask), newFakeProxy(t, ask)
	d := through(theirs, SignIn{}, true)
	d.SignIn = func(_ context.Context, p Proxy) (SignIn, bool) {
		if p.Host == ours.address {
			return given("ann", "s3cret"), true
		}
		return SignIn{}, false
	}
	if err := open(t, d); failure(err) != SignInNeeded || theirs.kinds() != "1" {
		t.Errorf("%v; asked %q", err, theirs.kinds())
	}
	e, _ := errors.AsType[*Error](open(t, d))
	if e == nil || !e.Proxy.Discovered || e.Status != http.StatusProxyAuthRequired {
		t.Errorf("%#v", e)
	}
}

func TestTheNextWayIsTakenWhereOneIsDead(t *testing.T) {
	noTicket(t)
	good := newFakeProxy(t, func(int, string) string { return yes })
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = dead.Close()
	dialed := map[string]int{}
	var mu sync.Mutex
	plain := net.Dialer{}
	d := &Dialer{
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			mu.Lock()
			dialed[address]++
			mu.Unlock()
			return plain.DialContext(ctx, network, address)
		},
		Choose: func(_ context.Context, target *url.URL) ([]Proxy, error) {
			if target.String() != "https://storage.example.org/" {
				t.Errorf("the chooser saw %s", target)
			}
			return []Proxy{
				{Scheme: "http", Host: dead.Addr().String()},
				{Scheme: "http", Host: good.address},
			}, nil
		},
	}
	for range 3 {
		if err := open(t, d); err != nil {
			t.Fatal(err)
		}
	}
	if dialed[dead.Addr().String()] != 1 || dialed[good.address] != 3 {
		t.Errorf("dialed %v", dialed)
	}
}

// TestASignInIsNotGoneAround: a proxy that wants one is alive, so the next way is left alone.
func TestASignInIsNotGoneAround(t *testing.T) {
	noTicket(t)
	first := newFakeProxy(t, func(int, string) string { return demand("Basic realm=x") })
	second := newFakeProxy(t, func(int, string) string { return yes })
	d := through(first, SignIn{}, false)
	d.Choose = func(context.Context, *url.URL) ([]Proxy, error) {
		return []Proxy{
			{Scheme: "http", Host: first.address}, {Scheme: "http", Host: second.address}, {},
		}, nil
	}
	if err := open(t, d); failure(err) != SignInNeeded || second.kinds() != "" {
		t.Errorf("%v; the second was asked %q", err, second.kinds())
	}
}

func TestACancelledTunnelEndsAtOnce(t *testing.T) {
	noTicket(t)
	asked, release := make(chan struct{}), make(chan struct{})
	p := newFakeProxy(t, func(int, string) string { close(asked); <-release; return "" })
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	_, err := through(p, SignIn{}, false).Open(ctx, "https", "tcp", "storage:443")
	if failure(err) != Silent || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestParseProxy(t *testing.T) {
	for _, c := range []struct{ text, want, name string }{ // want is empty where it is refused
		{"proxy.example:8080", "http://proxy.example:8080", ""},
		{"http://Proxy.Example:8080/", "http://proxy.example:8080", ""},
		{"https://proxy.example", "https://proxy.example:443", ""},
		{"socks5://[2001:db8::1]:1080", "socks5://[2001:db8::1]:1080", ""},
		{"socks5h://proxy.example", "socks5h://proxy.example:1080", ""},
		{"user:s3cret@proxy.example:8080", "http://proxy.example:8080", "user"},
		{"http://WARD%5Cuser:s3cret%40%2F%23@proxy.example:8080", "http://proxy.example:8080", `WARD\user`},
		{"ftp://user:s3cret@proxy.example", "", ""},
		{"http://user:s3cret@", "", ""},
		{"http://user:s3#cret@proxy.example", "", ""},
		{"http://user:s3/cret@proxy.example", "", ""},
		{"http://user:s3cret@proxy.example:port", "", ""},
		{"http://user:s3cret@proxy.example:0", "", ""},
		{"http://user:s3cret@proxy.example:99999", "", ""},
		{"http://user:s3cret@proxy.example/path", "", ""},
		{"http://user:s3cret@proxy.example?x=y", "", ""},
		{"http://user:s3cret%zz@proxy.example", "", ""},
	} {
		p, err := ParseProxy(c.text)
		if c.want == "" {
			if err == nil || strings.Contains(err.Error(), "s3") {
				t.Errorf("%q: %v, %v", c.text, p, err)
			}
			continue
		}
		if err != nil || p.String() != c.want || p.SignIn.Name != c.name {
			t.Errorf("%q: %q, %q, %v", c.text, p, p.SignIn.Name, err)
		}
		if shown := fmt.Sprintf("%v %+v %#v", p, struct{ P Proxy }{p}, p); strings.Contains(
			shown,
			"s3cret",
		) {
			t.Errorf("the password stands in %s", shown)
		}
	}
}

func TestATargetIsAHostAlone(t *testing.T) {
	for _, c := range []struct{ scheme, address, want string }{
		{"https", "storage.example.org:443", "https://storage.example.org/"},
		{"https", "storage.example.org:8443", "https://storage.example.org:8443/"},
		{"http", "[2001:db8::1]:80", "http://[2001:db8::1]/"},
		{"http", "[2001:db8::1]:81", "http://[2001:db8::1]:81/"},
	} {
		if got := target(c.scheme, c.address).String(); got != c.want {
			t.Errorf("%s: %s", c.address, got)
		}
	}
}

func TestAnEnvironmentsPasswordIsNotInAnError(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://ann:s3cret@proxy.example:no")
	_, err := Environment(
		t.Context(),
		&url.URL{Scheme: "https", Host: "storage.example.org", Path: "/"},
	)
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v", err)
	}
	t.Setenv("HTTPS_PROXY", "http://ann:s3cret@proxy.example:8080")
	t.Setenv("NO_PROXY", "inside.example.org")
	ways, err := Environment(
		t.Context(),
		&url.URL{Scheme: "https", Host: "storage.example.org", Path: "/"},
	)
	if err != nil || len(ways) != 1 || ways[0].SignIn.Password.Reveal() != "s3cret" {
		t.Errorf("%v, %v", ways, err)
	}
	ways, err = Environment(
		t.Context(),
		&url.URL{Scheme: "https", Host: "inside.example.org", Path: "/"},
	)
	if err != nil || len(ways) != 1 || !ways[0].Direct() {
		t.Errorf("%v, %v", ways, err)
	}
	if secret.New("x").String() == "x" {
		t.Error("it prints")
	}
}
