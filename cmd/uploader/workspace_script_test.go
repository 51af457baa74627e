package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"inboxuploader/internal/blobserver"
)

// canaryKey is the key of the scripts' storage account. It begins as signatures in the scripts do,
// so that "exits" fails where it is printed.
var canaryKey = func() string {
	prefix, err := base64.StdEncoding.DecodeString(canary + "AA")
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(
		append(prefix, bytes.Repeat([]byte{'k'}, 64-len(prefix))...))
}()

// TestWorkspaceScripts runs every script below testdata/script/workspace. Beside the commands of
// [TestCopyScripts] there are
//
//	account [deny=STATUS,CODE] [clock=DURATION]
//
// which runs a storage account over $WORK/account, sets $ADDRESS to where it is, writes its key
// into $WORK/key and its connection string into $WORK/connection, and refuses everything, or has
// another time;
//
//	away
//
// which ends it, and
//
//	secret FILE
//
// which takes the signature of the token in a file for one that no other file and no later output
// may hold; besides files and tamper, see there. The account's key must not stand in any output, and in no file but its own and the
// keyring.
func TestWorkspaceScripts(t *testing.T) {
	params := copyScripts(t, "testdata/script/workspace")
	setup := params.Setup
	params.Setup = func(e *testscript.Env) error {
		if err := setup(e); err != nil {
			return err
		}
		c, _ := e.Values["copy"].(*copyScript)
		c.signatures = append(c.signatures, canaryKey)
		for _, name := range []string{"key", "connection", "account/.blobserver/key"} {
			c.exempt[filepath.Join(e.WorkDir, filepath.FromSlash(name))] = true
		}
		return nil
	}
	params.Cmds["account"] = account
	params.Cmds["files"], params.Cmds["tamper"] = manyFiles, tamper
	params.Cmds["away"] = func(ts *testscript.TestScript, _ bool, _ []string) { copyScriptOf(ts).away() }
	params.Cmds["secret"] = func(ts *testscript.TestScript, _ bool, args []string) {
		c := copyScriptOf(ts)
		text := ts.ReadFile(args[0])
		before := len(c.signatures)
		c.remember(text)
		if len(c.signatures) == before {
			ts.Fatalf("%s holds no token", args[0])
		}
		c.exempt[ts.MkAbs(args[0])] = true
	}
	testscript.Run(t, params)
}

func (c *copyScript) away() {
	for _, stop := range c.stop {
		stop()
	}
	c.stop = nil
}

func account(ts *testscript.TestScript, _ bool, args []string) {
	c := copyScriptOf(ts)
	c.away()
	key, err := base64.StdEncoding.DecodeString(canaryKey)
	ts.Check(err)
	cfg := blobserver.Config{Dir: ts.MkAbs("account"), Key: key}
	for _, a := range args {
		name, value, _ := strings.Cut(a, "=")
		switch name {
		case "deny":
			status, code, _ := strings.Cut(value, ",")
			n := map[string]int{"403": 403, "409": 409}[status]
			cfg.Before = func(*blobserver.Op) *blobserver.Answer { return &blobserver.Answer{Status: n, Code: code} }
		case "clock":
			off, err := time.ParseDuration(value)
			ts.Check(err)
			cfg.Now = func() time.Time { return time.Now().Add(off) }
		default:
			ts.Fatalf("account %s?", a)
		}
	}
	s, err := blobserver.New(cfg)
	ts.Check(err)
	// The address stays the same over several runs, as a storage account's does.
	address := "127.0.0.1:0"
	if before := ts.Getenv("ADDRESS"); before != "" {
		address = strings.Split(before, "/")[2]
	}
	l, err := net.Listen("tcp", address)
	for begun := time.Now(); err != nil && time.Since(begun) < 30*time.Second; l, err = net.Listen("tcp", address) {
		// Another program's connection has the port for a moment.
		<-time.After(20 * time.Millisecond)
	}
	ts.Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Serve(ctx, l) }) // its failure shows in every request
	c.stop = append(c.stop, func() {
		cancel()
		_ = s.Close() // ends requests under way; what it leaves behind is a test's own folder
		wg.Wait()
	})
	base := "http://" + l.Addr().String() + "/" + s.Account()
	ts.Setenv("ADDRESS", base)
	ts.Check(os.WriteFile(ts.MkAbs("key"), []byte(canaryKey+"\n"), 0o600))
	text := "AccountName=" + s.Account() + ";AccountKey=" + canaryKey + ";BlobEndpoint=" + base + ";\n"
	ts.Check(os.WriteFile(ts.MkAbs("connection"), []byte(text), 0o600))
}
