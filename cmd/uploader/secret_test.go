package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// typedSecret is a form in which a secret comes to a command line by mistake, and the signature or
// key in it.
type typedSecret struct{ name, word, secret string }

func typedSecrets() []typedSecret {
	signature := canaryKey[:42] + "A="
	escaped := url.QueryEscape(signature)
	link := "https://127.0.0.1:1/devaccount/ws-1?sv=2021-12-02&se=2020-01-01T00%3A00%3A00Z&sr=c&sp=cw&sig=" + escaped
	return []typedSecret{
		{"a link", link, signature},
		{"a link, encoded again", url.QueryEscape(link), signature},
		{"a query", "?sv=2021-12-02&sr=c&sig=" + escaped, signature},
		{"a query without ?", "sig=" + escaped + "&sv=2021-12-02", signature},
		{"a signature", signature, signature},
		{"an encoded signature", escaped, signature},
		{"a key", canaryKey, canaryKey},
		{
			"a connection string",
			"AccountName=lab;AccountKey=" + canaryKey + ";EndpointSuffix=core.windows.net",
			canaryKey,
		},
		{"fields", `{"inboxid": "lab", "token": "` + link + `"}`, signature},
	}
}

// in returns a piece of the secret that stands in a text, or "".
func (s typedSecret) in(text string) string {
	const piece = 8
	for i := 0; i+piece <= len(s.secret); i++ {
		if strings.Contains(text, s.secret[i:i+piece]) {
			return s.secret[i : i+piece]
		}
	}
	return ""
}

// TestNoCommandShowsOrKeepsASecretThatItWasGiven goes over every command: each of its options and
// places gets each form of a secret. Nothing of it may stand in what the program prints, or in its
// state folder.
func TestNoCommandShowsOrKeepsASecretThatItWasGiven(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"file", "box"} {
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lines := 0
	for _, secret := range typedSecrets() {
		for _, given := range everyPlace(newProgram(&console{}).root(), secret.word) {
			lines++
			var out, errs bytes.Buffer
			line := slices.Concat(given, []string{"--state-dir", filepath.Join(dir, "state")})
			if slices.Contains(given, "--state-dir") {
				line = given
			}
			// An inbox that was started by mistake runs on.
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			run(ctx, line, strings.NewReader(""), &out, &errs, noEnvironment)
			cancel()
			for stream, text := range map[string]string{"stdout": out.String(), "stderr": errs.String()} {
				if leaked := secret.in(text); leaked != "" {
					t.Errorf("%s as in %.150q: %q stands on %s: %s", secret.name, given, leaked,
						stream, text)
				}
			}
		}
		leftBehind(t, dir, secret)
	}
	t.Log(lines, "command lines")
	if lines < 1000 {
		t.Errorf("only %d command lines were tried", lines)
	}
}

// everyPlace returns a command line for each place of each command below c that a person may put a
// word into.
func everyPlace(c *cobra.Command, secret string) (lines [][]string) {
	for _, below := range c.Commands() {
		lines = append(lines, everyPlace(below, secret)...)
	}
	path := strings.Fields(c.CommandPath())[1:]
	fills := map[string][]string{
		"uploader inbox serve": {"--dir", "box"}, "uploader token create": {"--reason", "x"},
		"uploader workspace connect": {"--workspace", "x"},
	}[c.CommandPath()]
	add := func(words ...string) { lines = append(lines, slices.Concat(path, fills, words)) }
	add(secret)
	add("7", secret)
	add("file", secret)
	add(secret, "7")
	add("7", "7", secret)
	add("--" + secret)
	add("-" + secret)
	add("--" + secret + "=x")
	flags := func(f *pflag.Flag) {
		add("7", "box", "--"+f.Name+"="+secret)
		if !f.Hidden {
			add("--"+f.Name, secret)
		}
	}
	c.LocalFlags().VisitAll(flags)
	c.InheritedFlags().VisitAll(flags)
	return lines
}

// leftBehind looks for the secret in all files and their names below a folder.
func leftBehind(t *testing.T, dir string, secret typedSecret) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		text := []byte(nil)
		if d.Type().IsRegular() {
			if text, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		if leaked := secret.in(path + "\n" + string(text)); leaked != "" {
			t.Errorf("%s: %q stands in %s", secret.name, leaked, path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRedactTakesSecretsOutAndLeavesTheRest(t *testing.T) {
	signature := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xfb, 0xef, 'q'}, 11)[:32])
	for text, want := range map[string]string{
		"open " + signature + ": no such file":                       "open REDACTED: no such file",
		"open /tmp/" + signature + ": no such file":                  "open /tmp/REDACTED: no such file",
		`open "` + url.QueryEscape(signature) + `"`:                  `open "REDACTED"`,
		url.QueryEscape(url.QueryEscape(signature)):                  "REDACTED",
		signature + " " + signature:                                  "REDACTED REDACTED",
		"key " + canaryKey + ".":                                     "key REDACTED.",
		"https://h/c?sig=" + url.QueryEscape(signature) + "&sv=2021": "https://h/c?sig=REDACTED&sv=2021",
		"/data/year=2024/month=01/a/rather/long/folder/of/a/table=":  "/data/year=2024/month=01/a/rather/long/folder/of/a/table=",
		"it contains sig=. Or http://NAME:PASSWORD@HOST:PORT": "it contains sig=. Or " +
			"http://NAME:PASSWORD@HOST:PORT",
		"http://anna:PASSWORD@HOST:PORT": "http://REDACTED@HOST:PORT",
		"iJh5CoYUi64= and UPLOADER_TOKEN=… and b64==": "iJh5CoYUi64= and UPLOADER_TOKEN=… and " +
			"b64==",
	} {
		if got := redact(text); got != want {
			t.Errorf("redact(%q) = %q, want %q", text, got, want)
		}
	}
}
