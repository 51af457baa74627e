package proxyfind

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/internal/proxydial"
)

var storage = &url.URL{
	Scheme:   "https",
	Host:     "storage.example.org",
	Path:     "/container",
	RawQuery: "sig=x",
}

// quiet clears what the environment of whoever runs the tests says of proxies.
func quiet(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"} {
		t.Setenv(name, "")
	}
}

// finder is one whose system says s.
func finder(t *testing.T, setting string, s system) *Finder {
	t.Helper()
	parsed, err := Parse(setting)
	if err != nil {
		t.Fatal(err)
	}
	f := New(parsed)
	f.read = func(_ context.Context, target *url.URL) (system, error) {
		if target.String() != "https://storage.example.org/" {
			t.Errorf("the system was asked for %s", target)
		}
		return s, nil
	}
	f.wpad = func(context.Context) (string, error) { return "", errors.New("none") }
	return f
}

func ways(c Choice) string {
	var all []string
	for _, w := range c.Ways {
		text := w.String()
		if w.Discovered {
			text += "!"
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

const testScript = `function FindProxyForURL(url, host) { return "PROXY a.example.org:1; PROXY b.example.org:2; DIRECT" }`

func TestWhereAProxyComesFrom(t *testing.T) {
	quiet(t)
	file := filepath.Join(t.TempDir(), "proxy.pac")
	if err := os.WriteFile(file, []byte(testScript), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/proxy.pac" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte(testScript))
	}))
	t.Cleanup(server.Close)
	const all = "http://a.example.org:1 http://b.example.org:2 none"
	for name, c := range map[string]struct {
		setting, environment string
		system               system
		wpad                 string
		origin               Origin
		ways                 string
	}{
		"one that was set":    {setting: "p.example.org:1", environment: "http://e:1", origin: FromSetting, ways: "http://p.example.org:1"},
		"none that was set":   {setting: "none", environment: "http://e:1", origin: FromSetting, ways: "none"},
		"the environment":     {environment: "http://e.example.org:1", system: system{Proxy: "s:1"}, origin: FromEnvironment, ways: "http://e.example.org:1"},
		"the system":          {system: system{Proxy: "s.example.org:1"}, origin: FromSystem, ways: "http://s.example.org:1"},
		"its exception":       {system: system{Proxy: "s:1", Except: []string{"*.example.org"}}, origin: FromSystem, ways: "none"},
		"its script":          {system: system{Script: server.URL + "/proxy.pac", Proxy: "s:1"}, origin: FromSystemPAC, ways: all},
		"a lost script":       {system: system{Script: server.URL + "/lost.pac", Proxy: "s.example.org:1"}, origin: FromSystem, ways: "http://s.example.org:1"},
		"discovered":          {system: system{Discover: true, Proxy: "s:1"}, wpad: server.URL + "/proxy.pac", origin: FromNetwork, ways: "http://a.example.org:1! http://b.example.org:2! none!"},
		"not discovered":      {system: system{Discover: true, Proxy: "s.example.org:1"}, origin: FromSystem, ways: "http://s.example.org:1"},
		"nowhere":             {origin: FromNowhere, ways: "none"},
		"a script's file":     {setting: "pac+file://" + filepath.ToSlash(file), origin: FromScript, ways: all},
		"a script's address":  {setting: "pac+" + server.URL + "/proxy.pac", origin: FromScript, ways: all},
		"the portal's answer": {system: system{Ways: []proxydial.Proxy{{Scheme: "http", Host: "w:1", Discovered: true}}}, origin: FromSystem, ways: "http://w:1!"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("HTTPS_PROXY", c.environment)
			f := finder(t, c.setting, c.system)
			if c.wpad != "" {
				f.wpad = func(context.Context) (string, error) { return c.wpad, nil }
			}
			got, err := f.Find(t.Context(), storage)
			if err != nil || got.Origin != c.origin || ways(got) != c.ways || got.Err != nil {
				t.Errorf("%v from %s, %v, %v", ways(got), got.Origin, got.Err, err)
			}
		})
	}
}

// TestAScriptThatWasSetIsNotGoneAround: where it can't be read nothing is sent past it.
func TestAScriptThatWasSetIsNotGoneAround(t *testing.T) {
	quiet(t)
	f := finder(t, "pac+file:///nowhere/proxy.pac", system{Proxy: "s:1"})
	if got, err := f.Choose(t.Context(), storage); !errors.Is(err, ErrScriptUnreadable) {
		t.Errorf("%v, %v", got, err)
	}
	f = finder(t, "", system{Script: "file:///nowhere/proxy.pac"})
	if got, err := f.Choose(t.Context(), storage); err != nil || len(got) != 1 || !got[0].Direct() {
		t.Errorf("the system's: %v, %v", got, err)
	}
}

func TestThisComputerIsReachedDirectly(t *testing.T) {
	f := finder(t, "p.example.org:1", system{})
	for _, host := range []string{"localhost:1", "127.0.0.1:10000", "[::1]:1"} {
		got, err := f.Choose(t.Context(), &url.URL{Scheme: "http", Host: host})
		if err != nil || len(got) != 1 || !got[0].Direct() {
			t.Errorf("%s: %v, %v", host, got, err)
		}
	}
}

// TestDiscoveryTakesTwoSecondsAtMost, and many that ask at once ask once.
func TestDiscoveryTakesTwoSecondsAtMost(t *testing.T) {
	quiet(t)
	synctest.Test(t, func(t *testing.T) {
		f := finder(t, "", system{Discover: true, Proxy: "s.example.org:1"})
		asked := 0
		f.wpad = func(ctx context.Context) (string, error) {
			asked++
			<-ctx.Done()
			return "", context.Cause(ctx)
		}
		begun := time.Now()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				got, err := f.Choose(t.Context(), storage)
				if err != nil || len(got) != 1 || got[0].Host != "s.example.org:1" {
					t.Errorf("%v, %v", got, err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(begun); took > DiscoveryTime || asked != 1 {
			t.Errorf("%v, asked %d times", took, asked)
		}
		time.Sleep(fresh + time.Second)
		if _, err := f.Choose(t.Context(), storage); err != nil || asked != 2 {
			t.Errorf("%v, asked %d times", err, asked)
		}
	})
}
