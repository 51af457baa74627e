package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader/uploadertest"
)

// copyScriptOf returns the state of the script that is running.
func copyScriptOf(ts *testscript.TestScript) *copyScript {
	c, ok := ts.Value("copy").(*copyScript)
	if !ok {
		ts.Fatalf("the script has no inbox")
	}
	return c
}

// TestCopyScripts runs every script below testdata/script/copy. Beside "exits" there are
//
//	inbox [rights=cw] [from=DURATION] [to=DURATION] [blob=NAME] [folder=NAME] [path=PATH] [refuse=N,CODE,DETAIL] [busy=N] [page=N]
//
// which runs a local inbox over $WORK/inbox, sets $TOKEN to a token for it whose time runs from and
// to that long from now, adds a path behind the container's name, refuses all requests from the
// N-th on, or answers the first N with ServerBusy or with a web page; and
//
//	proxy [USER PASSWORD]
//
// which runs another one that is called "storage" and is reached over https through a proxy only,
// $PROXY, and sets $TOKEN and $CA, the file of its certificate authority; and
//
//	refuse STATUS
//
// which makes that proxy refuse everybody; and
//
//	tokenfile FILE
//
// which writes $TOKEN into a file, and
//
//	writepolicy FILE
//
// which writes a policy with $PROXY and $CA, and
//
//	age FILE DURATION
//
// which makes a file's modification so long ago, and
//
//	grow FILE BYTES
//
// which makes a file that long with zeros that take no room on the disk. $KEYRING is a file that
// stands for the keyring, see testVault. At the end of each script no file below $WORK but those
// may hold the signature, and neither may any output of "exits".
func TestCopyScripts(t *testing.T) { testscript.Run(t, copyScripts(t, "testdata/script/copy")) }

// copyScripts returns what runs the scripts in a folder.
func copyScripts(t *testing.T, dir string) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition:           condition,
		Setup: func(e *testscript.Env) error {
			e.Setenv("UPLOADER_HOME", e.WorkDir+"/state")
			e.Setenv("TZ", "UTC")
			e.Setenv("KEYRING", e.WorkDir+"/keyring")
			// Else every process lasts a second under the race detector.
			e.Setenv("GORACE", "atexit_sleep_ms=0")
			c := &copyScript{exempt: map[string]bool{e.WorkDir + "/keyring": true}}
			e.Values["copy"] = c
			e.Defer(func() { c.end(t, e.WorkDir) })
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": func(ts *testscript.TestScript, neg bool, args []string) {
				exits(ts, neg, args)
				c := copyScriptOf(ts)
				for _, stream := range []string{"stdout", "stderr"} {
					if c.leaks(ts.ReadFile(stream)) {
						ts.Fatalf("a signature stands in %s", stream)
					}
				}
			},
			"inbox": func(ts *testscript.TestScript, _ bool, args []string) {
				copyScriptOf(ts).inbox(ts, args)
			},
			"proxy": func(ts *testscript.TestScript, _ bool, args []string) {
				copyScriptOf(ts).proxy(t, ts, append(args, "", ""))
			},
			"refuse": func(ts *testscript.TestScript, _ bool, args []string) {
				status, err := strconv.Atoi(args[0])
				ts.Check(err)
				copyScriptOf(ts).through.Refuse(status)
			},
			"age": func(ts *testscript.TestScript, _ bool, args []string) {
				d, err := time.ParseDuration(args[1])
				ts.Check(err)
				when := time.Now().Add(-d)
				ts.Check(os.Chtimes(ts.MkAbs(args[0]), when, when))
			},
			"grow": func(ts *testscript.TestScript, _ bool, args []string) {
				size, err := strconv.ParseInt(args[1], 10, 64)
				ts.Check(err)
				ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
			},
			"writepolicy": func(ts *testscript.TestScript, _ bool, args []string) {
				text, err := json.Marshal(policy{
					AllowedHosts: []string{"storage"}, Proxy: ts.Getenv("PROXY"),
					CAFile: ts.Getenv("CA"),
				})
				ts.Check(err)
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
			},
			"tokenfile": func(ts *testscript.TestScript, _ bool, args []string) {
				c := copyScriptOf(ts)
				path := ts.MkAbs(args[0])
				c.exempt[path] = true
				ts.Check(os.WriteFile(path, []byte(ts.Getenv("TOKEN")+"\n"), 0o600))
			},
		},
	}
}

// copyScript is what a script has running.
type copyScript struct {
	signatures []string // as they stand in tokens, and decoded
	exempt     map[string]bool
	stop       []func()
	through    *uploadertest.Proxy // of the command proxy
}

// leaks reports whether a text holds a signature, in any of the ways it may be written.
func (c *copyScript) leaks(text string) bool {
	for _, s := range c.signatures {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// end stops the servers and looks for signatures in all that is left behind.
func (c *copyScript) end(t *testing.T, dir string) {
	for _, stop := range c.stop {
		stop()
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || c.exempt[path] {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && c.leaks(string(text)) {
			t.Errorf("a signature stands in %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func (c *copyScript) inbox(ts *testscript.TestScript, args []string) {
	options := map[string]string{
		"rights": "cw", "from": "-1h", "to": "24h", "container": "practice-1",
	}
	for _, a := range args {
		name, value, _ := strings.Cut(a, "=")
		options[name] = value
	}
	from, err := time.ParseDuration(options["from"])
	ts.Check(err)
	to, err := time.ParseDuration(options["to"])
	ts.Check(err)
	for _, stop := range c.stop { // one server at a time may use the folder
		stop()
	}
	c.stop = nil
	if script := options["faults"]; script != "" {
		options["faults"] = ts.ReadFile(script)
	}
	i, err := startInbox(ts.MkAbs("inbox"), options, faults(options))
	ts.Check(err)
	c.stop = append(c.stop, i.stop)
	token, err := i.server.Token(blobserver.TokenRequest{
		Base: i.base, Container: options["container"], Rights: options["rights"],
		Blob: options["blob"], Folder: options["folder"],
		From: time.Now().Add(from), To: time.Now().Add(to),
	})
	ts.Check(err)
	c.remember(token)
	if path := options["path"]; path != "" {
		token = strings.Replace(token, "?", "/"+path+"?", 1)
	}
	ts.Setenv("TOKEN", token)
}

func (c *copyScript) proxy(t *testing.T, ts *testscript.TestScript, args []string) {
	s, err := blobserver.New(blobserver.Config{Dir: ts.MkAbs("inbox")})
	ts.Check(err)
	ts.Check(s.CreateContainer("practice-1"))
	config, authority, err := s.TLS("storage")
	ts.Check(err)
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	ts.Check(err)
	c.stop = append(c.stop, serve(s, l))
	token, err := s.Token(
		blobserver.TokenRequest{
			Base: "https://storage", Container: "practice-1", Rights: "w",
			To: time.Now().Add(time.Hour),
		},
	)
	ts.Check(err)
	c.remember(token)
	ts.Setenv("TOKEN", token)
	ts.Setenv("CA", authority)
	c.through = uploadertest.NewProxy(t, l.Addr().String(), args[0], args[1])
	ts.Setenv("PROXY", strings.TrimPrefix(c.through.HTTP(), "http://"))
}

// serve runs a local inbox until stop is called.
func serve(s *blobserver.Server, l net.Listener) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Serve(ctx, l) }) // its failure shows in every request
	return func() {
		cancel()
		_ = s.Close() // ends requests under way; what it leaves behind is a test's own folder
		wg.Wait()
	}
}

// remember takes the token's signature for one that must not be printed.
func (c *copyScript) remember(token string) {
	_, query, _ := strings.Cut(token, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if s, ok := strings.CutPrefix(pair, "sig="); ok {
			plain, _ := url.QueryUnescape(s)
			c.signatures = append(c.signatures, s, plain)
		}
	}
}

// testInbox is a running local inbox.
type testInbox struct {
	server *blobserver.Server
	base   string
	stop   func()
}

// startInbox runs a local inbox, without its container where the options name another.
func startInbox(
	dir string, options map[string]string, before func(*blobserver.Op) *blobserver.Answer,
) (*testInbox, error) {
	script, err := blobserver.ParseFaults(options["faults"])
	if err != nil {
		return nil, err
	}
	s, err := blobserver.New(blobserver.Config{Dir: dir, Before: before, Faults: script})
	if err != nil {
		return nil, err
	}
	if options["container"] != "missing-1" {
		if err := s.CreateContainer("practice-1"); err != nil &&
			!errors.Is(err, blobserver.ErrContainerExists) {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &testInbox{s, "http://" + l.Addr().String(), serve(s, l)}, nil
}

// faults returns the hook for "refuse", "busy" and "page".
func faults(options map[string]string) func(*blobserver.Op) *blobserver.Answer {
	var seen atomic.Int64
	number := func(s string) (n int64) {
		for _, d := range s {
			n = n*10 + int64(d-'0')
		}
		return n
	}
	refuse := strings.SplitN(options["refuse"], ",", 3)
	return func(*blobserver.Op) *blobserver.Answer {
		n := seen.Add(1)
		switch {
		case len(refuse) == 3 && n >= number(refuse[0]):
			return &blobserver.Answer{
				Status: http.StatusForbidden, Code: refuse[1], Detail: refuse[2], ReadBody: -1,
			}
		case n <= number(options["busy"]):
			return &blobserver.Answer{
				Status: http.StatusServiceUnavailable, Code: "ServerBusy", ReadBody: -1,
			}
		case n <= number(options["page"]):
			return &blobserver.Answer{Status: http.StatusOK, Raw: []byte("<html><title>Welcome " +
				"to the hotel</title></html>"), ReadBody: -1}
		}
		return nil
	}
}
