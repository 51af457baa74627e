package proxyfind

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"

	"inboxuploader/internal/crash"
	"inboxuploader/internal/pac"
	"inboxuploader/internal/proxydial"
)

const (
	// DiscoveryTime is the longest that discovery takes, including fetching a script. A source that
	// has not answered by then counts as absent.
	DiscoveryTime = 2 * time.Second

	// fresh is how long an answer is reused. In a new network, a computer finds its proxy within
	// this time.
	fresh = time.Minute
)

// Origin is where a choice comes from.
type Origin string

// The origins, in the order in which they are asked.
const (
	FromSetting     Origin = "setting"
	FromScript      Origin = "pac" // that was set
	FromEnvironment Origin = "environment"
	FromSystem      Origin = "system"
	FromSystemPAC   Origin = "system-pac"
	FromNetwork     Origin = "wpad"
	FromNowhere     Origin = "none" // no proxy is set anywhere
)

// Choice holds the ways to reach an address, and where they come from.
type Choice struct {
	Ways   []proxydial.Proxy // one at least
	Origin Origin
	Script string // the script that was asked, "" for none; without a query
	Err    error  // why a script, or the system, gave no answer; the ways are then a guess
}

// system holds an operating system's proxy settings. A script takes precedence over a proxy, and
// discovery over both, as in browsers.
type system struct {
	Discover bool   // WPAD
	Script   string // URL of a PAC script
	Proxy    string // HOST:PORT, or a list by scheme: http=HOST:PORT;https=HOST:PORT;socks=…
	Except   []string
	Simple   bool // names without a dot are reached directly
	Ways     []proxydial.Proxy
}

// Finder chooses proxies by a Setting. It is safe for concurrent use; its callers share what it
// finds for a minute.
type Finder struct {
	setting Setting
	read    func(ctx context.Context, target *url.URL) (system, error)
	wpad    func(ctx context.Context) (string, error)
	fetch   func(ctx context.Context, address string) (string, error)

	mu      sync.Mutex
	caFile  string
	choices map[string]*asked // by target
	scripts map[string]*script
}

// asked is one question, pending or answered.
type asked struct {
	done   chan struct{}
	choice Choice
	at     time.Time
}

// New returns a Finder. It asks nothing yet.
func New(s Setting) *Finder {
	f := &Finder{
		setting: s, read: readSystem, wpad: discover,
		choices: map[string]*asked{}, scripts: map[string]*script{},
	}
	f.fetch = f.fetchScript
	return f
}

// Setting returns the setting by which the Finder chooses.
func (f *Finder) Setting() Setting { return f.setting }

// TrustFile makes the Finder also trust the certificate authorities of a PEM file when it fetches a
// script; "" means only the system's.
func (f *Finder) TrustFile(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.caFile = path
}

// Choose is a [proxydial.Chooser].
func (f *Finder) Choose(ctx context.Context, target *url.URL) ([]proxydial.Proxy, error) {
	c, err := f.Find(ctx, target)
	if err == nil && c.Origin == FromScript && c.Err != nil {
		return nil, c.Err // a person named this script, so nothing goes around it
	}
	return c.Ways, err
}

// Find returns the ways to reach a target, https://HOST/, and where they come from. It blocks for
// at most DiscoveryTime. Its error is the context's.
func (f *Finder) Find(ctx context.Context, target *url.URL) (Choice, error) {
	target = &url.URL{Scheme: target.Scheme, Host: target.Host, Path: "/"}
	switch {
	case proxydial.Own(target.Hostname()) || f.setting.none:
		origin := FromSetting
		if !f.setting.none {
			origin = FromNowhere
		}
		return Choice{Ways: []proxydial.Proxy{{}}, Origin: origin}, nil
	case !f.setting.fixed.Direct():
		return Choice{Ways: []proxydial.Proxy{f.setting.fixed}, Origin: FromSetting}, nil
	}
	f.mu.Lock()
	a := f.choices[target.String()]
	if a == nil || !a.at.IsZero() && time.Since(a.at) > fresh {
		a = &asked{done: make(chan struct{})}
		f.choices[target.String()] = a
		go func() { //nolint:gosec // others wait for the answer, too
			defer close(a.done)
			defer crash.Catch()
			ctx, cancel := context.WithTimeout(context.Background(), DiscoveryTime)
			defer cancel()
			a.choice = f.find(ctx, target)
			f.mu.Lock()
			defer f.mu.Unlock()
			if a.at = time.Now(); a.choice.Err != nil {
				delete(f.choices, target.String()) // the next one asks again
			}
		}()
	}
	f.mu.Unlock()
	select {
	case <-a.done:
		return a.choice, nil
	case <-ctx.Done():
		return Choice{}, context.Cause(ctx)
	}
}

func (f *Finder) find(ctx context.Context, target *url.URL) Choice {
	if f.setting.script != "" {
		c := f.byScript(ctx, f.setting.script, target, false)
		c.Origin = FromScript
		return c
	}
	environment := httpproxy.FromEnvironment()
	ways, err := proxydial.Environment(ctx, target)
	set := environment.HTTPSProxy != ""
	if target.Scheme == "http" {
		set = environment.HTTPProxy != ""
	}
	if set {
		if len(ways) == 0 || err != nil {
			ways = []proxydial.Proxy{{}}
		}
		return Choice{Ways: ways, Origin: FromEnvironment, Err: err}
	}
	return f.bySystem(ctx, target)
}

func (f *Finder) bySystem(ctx context.Context, target *url.URL) Choice {
	s, err := f.read(ctx, target)
	if err != nil {
		return Choice{Ways: []proxydial.Proxy{{}}, Origin: FromNowhere, Err: err}
	}
	if s.Discover {
		if address, err := f.wpad(ctx); err == nil && address != "" {
			if c := f.byScript(ctx, address, target, true); c.Err == nil {
				c.Origin = FromNetwork
				return c
			}
		}
	}
	if s.Script != "" {
		c := f.byScript(ctx, s.Script, target, false)
		c.Origin = FromSystemPAC
		if c.Err == nil || s.Proxy == "" {
			return c
		}
	}
	if len(s.Ways) > 0 {
		return Choice{Ways: s.Ways, Origin: FromSystem}
	}
	p, ok := listed(s.Proxy, target.Scheme)
	switch {
	case !ok:
		return Choice{Ways: []proxydial.Proxy{{}}, Origin: FromNowhere}
	case excepted(target.Hostname(), s.Except, s.Simple):
		return Choice{Ways: []proxydial.Proxy{{}}, Origin: FromSystem}
	default:
		return Choice{Ways: []proxydial.Proxy{p}, Origin: FromSystem}
	}
}

// byScript asks a script. If that fails, it guesses the direct way, as browsers do.
func (f *Finder) byScript(
	ctx context.Context, address string, target *url.URL, discovered bool,
) Choice {
	c := Choice{
		Ways:   []proxydial.Proxy{{}},
		Script: Setting{script: address}.String()[len("pac+"):],
	}
	s, err := f.scriptAt(ctx, address)
	var ways []proxydial.Proxy
	if err == nil {
		ways, err = s.ask(ctx, target)
	}
	if errors.Is(err, pac.ErrScript) {
		err = errors.Join(ErrScriptUnreadable, err)
		f.mu.Lock()
		delete(f.scripts, address) // the next one fetches it again
		f.mu.Unlock()
	}
	if err != nil {
		c.Err = err
		return c
	}
	for i := range ways {
		ways[i].Discovered = discovered
	}
	c.Ways = slices.Clone(ways)
	return c
}
