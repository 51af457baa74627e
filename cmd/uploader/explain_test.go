package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"inboxuploader/uploader/problem"
)

// ofTheCommandLine is what only a terminal's user can do anything with.
var ofTheCommandLine = regexp.MustCompile(`(^|\s)--[a-z]|“uploader `)

// TestEachFaceWordsEveryProblem: the command line with flags that there are, the window without any.
func TestEachFaceWordsEveryProblem(t *testing.T) {
	var out strings.Builder
	for _, command := range []string{"copy", "token"} {
		if code := run(t.Context(), []string{command, "--help"}, nil, &out, &out, noEnvironment); code != exitOK {
			t.Fatalf("uploader %s --help: %d", command, code)
		}
	}
	help := out.String()
	for _, r := range problem.Reasons() {
		e := problem.New("send", "", r)
		e.Value, e.Proxy, e.When = "VALUE", "PROXY", time.Now()
		window, terminal := problem.Explain(e), explain(e)
		if window.What == "" || terminal.What != window.What || terminal.Safe != window.Safe {
			t.Errorf("%s: what happened differs: %v, %v", r, window, terminal)
		}
		if (window.Do == "") != (terminal.Do == "") {
			t.Errorf("%s: one face alone says what to do: %q, %q", r, window.Do, terminal.Do)
		}
		if ofTheCommandLine.MatchString(window.String()) {
			t.Errorf("%s: the window speaks of the command line: %q", r, window)
		}
		if strings.ContainsAny(window.String()+terminal.String(), "{}") {
			t.Errorf("%s: a value is missing: %q, %q", r, window, terminal)
		}
		for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(terminal.Do, -1) {
			if !strings.Contains(help, flag) {
				t.Errorf("%s: there is no flag %s", r, flag)
			}
		}
	}
	for _, a := range problem.Actions() {
		if commandLine[a] == "" {
			t.Errorf("the command line has no words for %s", a)
		}
	}
}
