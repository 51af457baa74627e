package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/problem"
	"inboxuploader/workspace"
)

// ofTheCommandLine is what only a terminal's user can do anything with.
var ofTheCommandLine = regexp.MustCompile(`(^|\s)\(?--[a-z]|“uploader |: uploader `)

// TestEachFaceWordsEveryProblem: the command line with flags that there are, the window without
// any.
func TestEachFaceWordsEveryProblem(t *testing.T) {
	var out strings.Builder
	for _, command := range []string{"copy", "token", "workspace connect"} {
		args := append(strings.Fields(command), "--help")
		if code := run(t.Context(), args, nil, &out, &out, noEnvironment); code != exitOK {
			t.Fatalf("uploader %s --help: %d", command, code)
		}
	}
	faces := facesOf{help: out.String()}
	for _, r := range problem.Reasons() {
		e := problem.New("send", "", r)
		e.Value, e.Proxy, e.When = "VALUE", "PROXY", time.Now()
		faces.compare(t, string(r), problem.Explain(e), explain(e))
	}
	for _, r := range workspace.Reasons() {
		e := &workspace.Error{Reason: r, Value: "VALUE", Left: "LEFT"}
		faces.compare(t, "workspace: "+string(r), workspace.Explain(e), explain(e))
	}
	slow := journal.Opened{Network: true}
	faces.compare(t, "network disk", slow.Explain(), slow.ExplainAs(commandLine, problem.English))
	for _, a := range problem.Actions() {
		if commandLine[a] == "" {
			t.Errorf("the command line has no words for %s", a)
		}
	}
}

// facesOf compares what the window and the command line say.
type facesOf struct{ help string }

func (f facesOf) compare(t *testing.T, what string, window, terminal problem.Explanation) {
	t.Helper()
	if window.What == "" || terminal.What != window.What || terminal.Safe != window.Safe {
		t.Errorf("%s: what happened differs: %v, %v", what, window, terminal)
	}
	if (window.Do == "") != (terminal.Do == "") {
		t.Errorf("%s: one face alone says what to do: %q, %q", what, window.Do, terminal.Do)
	}
	if ofTheCommandLine.MatchString(window.String()) {
		t.Errorf("%s: the window speaks of the command line: %q", what, window)
	}
	if strings.ContainsAny(window.String()+terminal.String(), "{}") {
		t.Errorf("%s: a value is missing: %q, %q", what, window, terminal)
	}
	for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(terminal.Do, -1) {
		if !strings.Contains(f.help, flag) {
			t.Errorf("%s: there is no flag %s", what, flag)
		}
	}
}
