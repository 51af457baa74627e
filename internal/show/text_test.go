package show_test

import (
	"encoding/json"
	"testing"

	"inboxuploader/internal/show"
)

func TestTextCanNotActOnATerminal(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "",
		"Röntgen 数据.csv":        "Röntgen 数据.csv",
		"\ufffd is a character": "\ufffd is a character",
		"a\nb":                  `a\u{a}b`,
		"\x1b[2J":               `\u{1b}[2J`,
		"exe.\u202efdp":         `exe.\u{202e}fdp`,
		"bad\xffbyte":           `bad\xffbyte`,
		"zero\u200bwidth":       `zero\u{200b}width`,
	} {
		if got := show.Text(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestJSONMeansTheSame(t *testing.T) {
	const name = "exe.\u202efdp \u009b2J 😀\n\U000e0001"
	text, err := json.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	escaped := show.JSON(string(text))
	var got string
	if err := json.Unmarshal([]byte(escaped), &got); err != nil || got != name {
		t.Errorf("%s: %q, %v", escaped, got, err)
	}
	for _, r := range escaped {
		if r == '\u202e' || r == '\u009b' || r == '\U000e0001' {
			t.Errorf("%U is left in %s", r, escaped)
		}
	}
}
