// Package pac runs proxy auto-config scripts: a network's own program that says through which
// proxies to reach an address
// (developer.mozilla.org/docs/Web/HTTP/Guides/Proxy_servers_and_tunneling/
// Proxy_Auto-Configuration_PAC_file). Call [Compile] first.
//
// A script sees a scheme and a host, looks up names, and can do nothing else: it has no files, no
// connections and no memory of earlier questions. It is still a stranger's program, so it runs in
// its own process, which is killed when its context ends, and which the system limits to
// [MemoryLimit]. An interpreter within this process could promise neither: a single step of a
// script may take any time and any memory.
package pac

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dop251/goja"

	"inboxuploader/internal/crash"
)

// MaxSize is how long a script may be, in bytes. Browsers take a megabyte.
const MaxSize = 1 << 20

const (
	maxStack   = 512 // calls within calls
	maxAnswers = 20  // of which a person would not wait for more
	maxText    = 64 << 10
)

var (
	// ErrScript means that the text is no script, or none of this kind.
	ErrScript = errors.New("pac: not a proxy script")
	// ErrAnswer means that the script failed, took too long, or answered something else.
	ErrAnswer = errors.New("pac: the script gave no answer")
)

// Script is a script's text. It is safe for concurrent use; each call runs the script afresh.
type Script struct{ text string }

// New returns a script after a first look at its text. Only [Script.Find] finds out whether it can
// be read.
func New(text string) (*Script, error) {
	if len(text) > MaxSize || !strings.Contains(text, "FindProxyForURL") {
		return nil, ErrScript // a web page, for example, that a sign-in page put in its place
	}
	return &Script{text}, nil
}

// readable returns a script's text without a byte order mark. It takes text that is not UTF-8 for
// Latin-1, as in comments with umlauts.
func readable(text string) string {
	if utf8.ValidString(text) {
		return strings.TrimPrefix(text, "\ufeff")
	}
	runes := make([]rune, len(text))
	for i := range len(text) {
		runes[i] = rune(text[i])
	}
	return string(runes)
}

// Way is one answer of a script: the scheme http, https or socks5 and HOST:PORT, or neither for the
// direct way.
type Way struct{ Scheme, Host string }

// lookup is what a script may ask the network; nil functions are those of the system.
type lookup struct {
	host func(ctx context.Context, host string) ([]string, error) // the addresses of a name
	own  func() []string                                          // this computer's, the one that leads out first
	now  func() time.Time
}

// evaluate asks a script for the ways to a target, https://HOST/, and returns at least one, in the
// script's order. It blocks until the script ends; the context stops it between two steps. It
// returns a panic of the interpreter as an error.
func evaluate(ctx context.Context, text string, target *url.URL, l lookup) (ways []Way, err error) {
	shown := (&url.URL{Scheme: target.Scheme, Host: target.Host, Path: "/"}).String()
	defer func() {
		if r := recover(); r != nil {
			ways, err = nil, fmt.Errorf("%w: it broke the interpreter", ErrAnswer)
		}
	}()
	program, err := goja.Compile("proxy.pac", readable(text), false)
	if err != nil {
		return nil, ErrScript // the error quotes the script
	}
	vm := goja.New()
	vm.SetMaxCallStackSize(maxStack)
	stop := context.AfterFunc(ctx, func() {
		defer crash.Catch()
		vm.Interrupt("out of time")
	})
	defer stop()
	b := &builtins{ctx: ctx, vm: vm, lookup: l.complete()}
	if err := b.define(); err != nil {
		return nil, err
	}
	if _, err := vm.RunProgram(program); err != nil {
		return nil, ErrScript
	}
	find, ok := goja.AssertFunction(vm.Get("FindProxyForURLEx"))
	if !ok {
		if find, ok = goja.AssertFunction(vm.Get("FindProxyForURL")); !ok {
			return nil, ErrScript
		}
	}
	v, err := find(goja.Undefined(), vm.ToValue(shown), vm.ToValue(target.Hostname()))
	if err != nil {
		return nil, ErrAnswer
	}
	if goja.IsNull(v) || goja.IsUndefined(v) {
		return []Way{{}}, nil // browsers take this for DIRECT
	}
	answer, ok := v.Export().(string)
	if !ok || len(answer) > maxText {
		return nil, ErrAnswer
	}
	return parse(answer)
}

// parse reads "PROXY host:port; SOCKS host:port; DIRECT". It skips unknown kinds.
func parse(text string) ([]Way, error) {
	var ways []Way
	for part := range strings.SplitSeq(text, ";") {
		fields := strings.Fields(part)
		if len(fields) == 1 && strings.EqualFold(fields[0], "DIRECT") {
			ways = append(ways, Way{})
		}
		if len(fields) != 2 || len(ways) == maxAnswers {
			continue
		}
		kind, ok := map[string]struct{ scheme, port string }{
			"PROXY": {"http", "80"}, "HTTP": {"http", "80"}, "HTTPS": {"https", "443"},
			"SOCKS": {"socks5", "1080"}, "SOCKS5": {"socks5", "1080"},
		}[strings.ToUpper(fields[0])]
		if !ok {
			continue // SOCKS4 among them, which can't look names up
		}
		host, port, err := net.SplitHostPort(fields[1])
		if err != nil {
			host, port = strings.Trim(fields[1], "[]"), kind.port
		}
		if host == "" || strings.ContainsAny(host, "/@?#") {
			continue
		}
		ways = append(ways, Way{kind.scheme, net.JoinHostPort(strings.ToLower(host), port)})
	}
	if len(ways) == 0 {
		if strings.TrimSpace(text) == "" {
			return []Way{{}}, nil
		}
		return nil, ErrAnswer
	}
	return ways, nil
}
