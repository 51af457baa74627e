package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestShellsCompleteValues as the scripts of "uploader completion" ask for them.
func TestShellsCompleteValues(t *testing.T) {
	home := t.TempDir()
	env := func(name string) string { return map[string]string{"UPLOADER_HOME": home}[name] }
	var out bytes.Buffer
	const token = "https://inboxone.blob.core.windows.net/tid7f3a?sv=2022-11-02&se=2099-02-01&sr=c&" +
		"sp=w&sig=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA%3D"
	if code := run(t.Context(), []string{"inbox", "add", "Cardio study", "-", "--no-keyring"},
		strings.NewReader(token), io.Discard, &out, env); code != exitOK {
		t.Fatalf("inbox add: %d: %s", code, &out)
	}
	for line, want := range map[string]string{
		"copy --overwrite ":      "true false :4",
		"copy --to ":             "Cardio study :4",
		"inbox remove ":          "Cardio study :4",
		"inbox remove x ":        ":4",
		"receipt --output ":      "csv json html :4",
		"token create --output ": "link fields json :4",
		"copy --token-file ":     ":0",
		"copy --state-dir ":      ":16",
		"copy --limit-rate ":     ":4",
		"copy --name ":           ":4",
		"copy --expect-size ":    ":4",
		"copy ":                  ":0",
		"queue pause ":           ":4",
	} {
		out.Reset()
		run(t.Context(), append([]string{cobra.ShellCompNoDescRequestCmd},
			strings.Split(line, " ")...), nil, &out, io.Discard, env)
		if got := strings.Join(strings.Fields(out.String()), " "); got != want {
			t.Errorf("uploader %s<Tab>: %q, wanted %q", line, got, want)
		}
	}
}
