package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"inboxuploader/uploader/uploadertest"
)

// TestOddProxies sends through proxies as hospitals have them: what they do to a body, an answer or
// a connection loses nothing and costs no great time.
func TestOddProxies(t *testing.T) {
	r := newLabAt(t, uploadertest.InspectedHost, "127.0.0.1:0")
	every := func(n, status int) func(int64) int {
		return func(i int64) int {
			if i%int64(n) == 0 {
				return status
			}
			return 0
		}
	}
	for _, c := range []struct {
		name        string
		inspection  *uploadertest.Inspection // nil for a proxy that does not look inside
		most        int
		beyond      uploadertest.Crowd
		connections string
	}{
		{name: "offers HTTP/2", inspection: &uploadertest.Inspection{}},
		{name: "buffers bodies", inspection: &uploadertest.Inspection{Buffers: true}},
		{name: "answers early that it is busy", inspection: &uploadertest.Inspection{Early: every(5, http.StatusServiceUnavailable)}},
		{name: "answers early with a page", inspection: &uploadertest.Inspection{Early: every(7, http.StatusForbidden)}},
		{name: "answers early with success", inspection: &uploadertest.Inspection{Early: every(3, http.StatusCreated)}},
		{name: "closes after each request", inspection: &uploadertest.Inspection{Closes: true}},
		{name: "drops the connection after each request", inspection: &uploadertest.Inspection{Drops: true}},
		{name: "refuses more than ten", most: 10, connections: "40"},
		{name: "hangs up on more than ten", most: 10, beyond: uploadertest.HangsUp, connections: "40"},
		{name: "lets more than ten wait", most: 10, beyond: uploadertest.Waits, connections: "40"},
		{name: "refuses more than two", most: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			odd, target := *r, r.address
			if c.inspection != nil {
				var certificate []byte
				target, certificate = c.inspection.Start(t, r.address)
				odd.authority = filepath.Join(t.TempDir(), "authority.pem")
				if err := os.WriteFile(odd.authority, certificate, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p := uploadertest.NewProxy(t, target, "", "")
			p.Most, p.Beyond = c.most, c.beyond
			args := []string{"--proxy", p.HTTP(), "--block-size", "1MiB"}
			if c.connections != "" {
				args = append(args, "--connections", c.connections)
			}
			begun := time.Now()
			odd.send(t, nil, args...)
			took := time.Since(begun)
			t.Logf("%v, %d connections, %d turned away", took.Round(time.Millisecond),
				len(p.Asked()), p.Turned())
			if os.Getenv(proxiesVariable) == "" && took > 45*time.Second {
				t.Error("that is too long")
			}
			if c.most > 0 && c.connections != "" && p.Turned() == 0 {
				t.Error("nobody was turned away")
			}
			if c.inspection != nil && !slices.Equal(c.inspection.Spoken(), []string{"HTTP/1.1"}) {
				t.Errorf("it was spoken to in %v", c.inspection.Spoken())
			}
		})
	}
}

// waitFor waits until a file that a program writes has these words.
func waitFor(t *testing.T, file, words string) {
	t.Helper()
	var text []byte
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(50 * time.Millisecond) {
		if text, _ = os.ReadFile(file); bytes.Contains(text, []byte(words)) {
			return
		}
	}
	t.Fatalf("it never says %q: %s", words, text)
}

// TestASignInPageOfTheNetworkIsNamed: a network's page answers in place of the storage, in each way
// that pages do. It is named, and once it gives way all goes on by itself.
func TestASignInPageOfTheNetworkIsNamed(t *testing.T) {
	const name = "storage.example.org"
	r := newLabAt(t, name, "127.0.0.1:0")
	for kind, words := range map[string]string{
		"with a certificate of its own": "such as a hotel's or airport's sign-in page",
		"without one":                   "such as a hotel's or airport's sign-in page",
		"as a proxy's page":             "refused to connect this computer to the storage",
		"as no proxy":                   "such as a hotel's or airport's sign-in page",
	} {
		t.Run(kind, func(t *testing.T) {
			page := newSignInPage(t, kind, r.address)
			container := r.begin(t)
			c := r.copy(nil, "--proxy", page.proxy)
			said, err := os.Create(filepath.Join(t.TempDir(), "said"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = said.Close() }() // it is read by its name
			var out bytes.Buffer
			c.Stdout, c.Stderr = &out, said
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Process.Kill() }) // it may have ended
			waitFor(t, said.Name(), words)
			page.give()
			r.finish(t, c, &out, container)
		})
	}
}

// TestADeadProxyIsNamed, and what was to go through it goes once it lives.
func TestADeadProxyIsNamed(t *testing.T) {
	r := newLabAt(t, "storage.example.org", "127.0.0.1:0")
	container := r.begin(t)
	r.tree = filepath.Join(t.TempDir(), "tree")
	grow(t, r.tree, 10, 3)
	address := freePort(t, "127.0.0.1")
	c := r.copy(nil, "--proxy", address, "--give-up-after", "2s")
	out, err := c.CombinedOutput()
	if c.ProcessState.ExitCode() != 3 || !strings.Contains(string(out), "Your proxy ("+address+
		") does not respond.") {
		t.Errorf("%v: %s", err, out)
	}
	c = r.copy(nil, "--proxy", "pac+file://"+filepath.Join(t.TempDir(), "none.pac"),
		"--give-up-after", "2s")
	out, err = c.CombinedOutput()
	if c.ProcessState.ExitCode() != 3 || !strings.Contains(string(out), "This computer's proxy "+
		"script or proxy setting gives no answer.") {
		t.Errorf("%v: %s", err, out)
	}
	c = r.copy(nil, "--proxy", uploadertest.NewProxy(t, r.address, "", "").HTTP())
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r.finish(t, c, &said, container)
}
