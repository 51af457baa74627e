package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// canary begins every signature in the scripts. It must never be printed.
const canary = "q83vEj"

// foreignLink is a token for a host that is no storage of Azure's.
const foreignLink = "https://inbox.lab.example/ws-1?sv=2021-12-02&se=2099-01-01T00%3A00%3A00Z&sr=c&sp=cw&sig=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA%3D"

func TestMain(m *testing.M) {
	steady = time.Millisecond
	testscript.Main(m, map[string]func(){
		"uploader": func() {
			openVault = testVault
			takeAdministration()
			takeNames()
			main()
		},
		"crashes": crashElsewhere,
	})
}

// namesVariable is the address of a test's own name service.
const namesVariable = "UPLOADER_TEST_NAMES"

// takeNames has a program that tests start ask that name service.
func takeNames() {
	if server := os.Getenv(namesVariable); server != "" {
		net.DefaultResolver = &net.Resolver{
			PreferGo: true,
			Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "udp", server)
			},
		}
	}
}

// TestScripts runs every script below testdata/script. Beside testscript's own commands there is
//
//	exits CODE PROGRAM [ARGUMENT...]
//
// which runs the program, compares its exit code, and fails where it printed a signature, and
//
//	await FILE
//
// which waits until a program in the background has written the file, and
//
//	at FILE
//
// which sets $AT to the host and port of the link in a file. The condition [terminals] says
// whether ttyin can be used here.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("UPLOADER_HOME", e.WorkDir+"/state")
			e.Setenv("TZ", "UTC")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "await": await, "at": at,
		},
		Condition: condition,
	})
}

func condition(name string) (bool, error) {
	if name == "terminals" {
		return hasTerminals(), nil
	}
	return false, fmt.Errorf("there is no condition [%s]", name)
}

func at(ts *testscript.TestScript, _ bool, args []string) {
	u, err := url.Parse(strings.TrimSpace(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Setenv("AT", u.Host)
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	for begun := time.Now(); time.Since(begun) < 30*time.Second; time.Sleep(5 * time.Millisecond) {
		if data, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && len(data) > 0 {
			return
		}
	}
	ts.Fatalf("%s was not written", args[0])
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGUMENT...]")
	}
	want, err := strconv.Atoi(args[0])
	if err != nil {
		ts.Fatalf("%q is no exit code", args[0])
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		failed, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = failed.ExitCode()
	}
	for _, stream := range []string{"stdout", "stderr"} {
		if strings.Contains(ts.ReadFile(stream), canary) {
			ts.Fatalf("a signature stands in %s", stream)
		}
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// check ends a test with an error.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
