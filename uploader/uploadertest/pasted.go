package uploadertest

import (
	_ "embed" // for pastedTokens
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

//go:embed testdata/tokens.txtar
var pastedTokens []byte

// PastedAt is the moment at which the states in testdata/tokens.txtar are meant.
var PastedAt = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// Pasted is one case of testdata/tokens.txtar.
type Pasted struct {
	Name, Text string
	Want       map[string]string // what token.Parse should make of it, under the names of its fields; reason where it refuses
}

// ReadPasted returns what people paste, with what should come of it.
func ReadPasted(t testing.TB) []Pasted {
	t.Helper()
	archive := txtar.Parse(pastedTokens)
	var cases []Pasted
	for i := 0; i+1 < len(archive.Files); i += 2 {
		text, wanted := archive.Files[i], archive.Files[i+1]
		if wanted.Name != text.Name+", wanted" {
			t.Fatalf("section %q is not followed by what is wanted of it", text.Name)
		}
		c := Pasted{text.Name, characters(string(text.Data)), map[string]string{}}
		for line := range strings.Lines(string(wanted.Data)) {
			name, value, ok := strings.Cut(line, ":")
			if !ok {
				t.Fatalf("%s: line %q", text.Name, line)
			}
			c.Want[name] = strings.TrimSpace(value)
		}
		cases = append(cases, c)
	}
	return cases
}

var character = regexp.MustCompile(`⟦([0-9A-F]+)⟧`)

// characters replaces ⟦200B⟧ by the character of that number.
func characters(text string) string {
	return character.ReplaceAllStringFunc(text, func(s string) string {
		n, err := strconv.ParseInt(strings.Trim(s, "⟦⟧"), 16, 32)
		if err != nil {
			return s
		}
		return string(rune(n))
	})
}
