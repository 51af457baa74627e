//go:build !windows

package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader/inboxes"
)

// hostileNames are names of files that would do something where they are printed as they are.
var hostileNames = []string{
	"two\nlines.csv",
	"clear\x1b[2J\x1b[Hscreen.csv",
	"title\x1b]0;pwned\x07.csv",
	"c1 \u009b31mred.csv",
	"turned \u202egpj.exe.csv",
	"back\b\b\b\bspace\r.csv",
	"bytes\xff\xfe.csv",
	"wide\U000e0041tag.csv",
	"=cmd|' calc'!A0",
	`quote","delivered`,
	"zero\u200bwidth.csv",
	"line\u2028separator.csv",
	// These two get one name, so that each is named in words about the other.
	"same\x01name", "same\x02name",
}

// TestNamesOfFilesInjectNothing delivers files whose names are commands to terminals, line breaks
// and formulas, and looks at everything that the program writes.
func TestNamesOfFilesInjectNothing(t *testing.T) {
	inbox, err := startInbox(t.TempDir(), nil, nil)
	check(t, err)
	defer inbox.stop()
	link, err := inbox.server.Token(blobserver.TokenRequest{
		Base: inbox.base, Container: "practice-1", Rights: "cw", To: time.Now().Add(time.Hour),
	})
	check(t, err)
	dir := filepath.Join(t.TempDir(), "data")
	check(t, os.Mkdir(dir, 0o700))
	for _, name := range hostileNames {
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600))
	}
	state := t.TempDir()
	for _, format := range []string{"csv", "json"} {
		for _, args := range [][]string{{"--dry-run"}, {"--dry-run", "--json"}, {"--overwrite=true"}, {"--json"}} {
			receipt := filepath.Join(t.TempDir(), "receipt."+format)
			var out, errs bytes.Buffer
			line := append(
				[]string{
					"copy", dir, link, "--recursive", "--receipt", receipt, "--state-dir", state,
				},
				args...)
			run(t.Context(), line, strings.NewReader(""), &out, &errs, noEnvironment)
			harmless(t, args, "stdout", out.Bytes())
			harmless(t, args, "stderr", errs.Bytes())
			if args[0] == "--dry-run" {
				continue
			}
			text, err := os.ReadFile(receipt)
			check(t, err)
			harmless(t, args, "the receipt", text)
			if args[0] == "--overwrite=true" {
				if n := receiptRows(t, format, text); n != len(hostileNames)-1 {
					t.Errorf("%d files in the receipt, want %d", n, len(hostileNames)-1)
				}
			}
		}
	}
	log, err := os.ReadFile(filepath.Join(state, logName))
	check(t, err)
	harmless(t, nil, "the log", log)
	for l := range bytes.Lines(log) {
		if !json.Valid(l) {
			t.Errorf("the log has a line that is no JSON: %q", l)
		}
	}
}

func receiptRows(t *testing.T, format string, text []byte) int {
	t.Helper()
	if format == "json" {
		var r struct{ Files []any }
		check(t, json.Unmarshal(text, &r))
		return len(r.Files)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	check(t, err)
	for _, row := range rows {
		for _, c := range row {
			if c != "" && strings.ContainsRune("=+-@", rune(c[0])) {
				t.Errorf("a spreadsheet would run %q", c)
			}
		}
	}
	return len(rows) - 1
}

// harmless checks that a terminal shows a text as it is.
func harmless(t *testing.T, args []string, what string, text []byte) {
	t.Helper()
	if !utf8.Valid(text) {
		t.Errorf("%v: %s is no UTF-8", args, what)
	}
	for i, r := range string(text) {
		if !unicode.IsPrint(r) && r != '\n' && (r != '\r' || what != "the receipt") {
			t.Errorf("%v: %s contains %U: %q", args, what, r,
				text[max(0, i-40):min(len(text), i+40)])
			return
		}
	}
}

// FuzzATokenIsShownHarmlessly: whatever a forged token says of itself, a terminal shows it as it
// is.
func FuzzATokenIsShownHarmlessly(f *testing.F) {
	f.Add(
		"https://a.blob.core.windows.net/ws-1/%1b[2J%0a%c2%9b?sv=2021-12-02&se=2099-01-01&sr=c&sp=cw&si=%e2%80%aex%c2%9b&sig=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA%3D",
	)
	f.Add(
		"https://a.blob.core.windows.net/c/%1b[2J%0a%c2%9b?sv=2021-12-02&se=2099-01-01&sr=c&sp=cw&si=%e2%80%aex&sig=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA%3D",
	)
	f.Add(
		"https://a.blob.core.windows.net/c?sv=%1b&se=2099-01-01&sr=c&sp=cw%0a&sip=%07&sig=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA%3D",
	)
	f.Add("inboxid: a\nwsid: w\x1b[31m\ntid: 7\ndate: 2021-12-02\nvalid_to: 2099-01-01\ntoken: " +
		"q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=")
	f.Fuzz(func(t *testing.T, text string) {
		token, err := givenToken{text: text}.parse(nil)
		for _, asJSON := range []bool{false, true} {
			var out bytes.Buffer
			p := newProgram(&console{stdout: &out, stderr: &out, env: noEnvironment})
			if err == nil {
				// An expired token is an error, and shown all the same.
				_ = (&tokenRun{program: p, sendFlags: sendFlags{asJSON: asJSON}}).show(token, nil)
				r, err := inboxes.NewRecord("inbox", token)
				if err == nil {
					err = (&inboxList{program: p, asJSON: asJSON}).kept([]inboxes.Record{r})
				}
				if err != nil {
					t.Error(err)
				}
			}
			p.tell(t.Context(), err)
			harmless(t, nil, "the output", out.Bytes())
		}
	})
}
