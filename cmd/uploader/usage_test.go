package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestWhatWasMistypedIsGuessed: the nearest command or option is named, none where there is none,
// and the exit code is that of wrong usage.
func TestWhatWasMistypedIsGuessed(t *testing.T) {
	for line, want := range map[string]string{
		"sttaus":                  "There is no command “sttaus”. Did you mean “uploader status”? See: uploader --help",
		"pra":                     "There is no command “pra”. Did you mean “uploader practice”? See: uploader --help",
		"re":                      "There is no command “re”. Did you mean “uploader receipt” or “uploader resume”? See: uploader --help",
		"xyzzy":                   "There is no command “xyzzy”. See: uploader --help",
		"queue restart":           "There is no command “restart”. See: uploader queue --help",
		"queue retyr":             "There is no command “retyr”. Did you mean “uploader queue retry”? See: uploader queue --help",
		"token lits":              "There is no command “lits”. Did you mean “uploader token list”? See: uploader token --help",
		"copy x y --recursve":     "There is no option --recursve. Did you mean --recursive? See: uploader copy --help",
		"copy x y --recursve=yes": "There is no option --recursve. Did you mean --recursive? See: uploader copy --help",
		"copy x y --jsno":         "There is no option --jsno. Did you mean --json? See: uploader copy --help",
		"copy x y --receive":      "There is no option --receive. Did you mean --receipt? See: uploader copy --help",
		"copy x y --bwlimit 2":    "There is no option --bwlimit. See: uploader copy --help",
		"status --log-leval none": "There is no option --log-leval. Did you mean --log-level? See: uploader status --help",
		"copy x y --token":        "There is no option --token. Did you mean --token-file? See: uploader copy --help",
		"status --x":              "There is no option --x. See: uploader status --help",
		"sig=abcdef":              "“uploader” takes no arguments. See: uploader --help",
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), strings.Fields(line), strings.NewReader(""), &out, &errs,
			noEnvironment)
		if got := strings.TrimSpace(errs.String()); got != "uploader: "+want || code != exitUsage {
			t.Errorf("uploader %s: %d, %s\nwant %s", line, code, got, want)
		}
	}
}

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"copy", "copy", 0},
		{"coppy", "copy", 1},
		{"cpy", "copy", 1},
		{"cofy", "copy", 1},
		{"opyc", "copy", 2},
		{"kitten", "sitting", 3},
	} {
		if got := edits(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
