// Package show formats values the same way in the window, on the terminal, in logs and in receipts.
// Call [Text] for a name that somebody else chose, [Duration] and [Remaining] for a duration,
// [PercentOf] for a share.
package show

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Text writes invisible characters as \u{…} and invalid bytes as \x…, so that a file's name can't
// move a terminal's cursor, end a line, or pass for another name.
func Text(s string) string {
	unsafe := func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }
	if strings.IndexFunc(s, unsafe) < 0 {
		return s // nearly always
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == unicode.ReplacementChar && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// JSON escapes invisible characters in a JSON text that encoders leave as they are, such as U+009B,
// which begins a terminal command, or U+202E, which reverses the rest of a line. The text means the
// same afterwards. Line breaks stay.
func JSON(text string) string {
	plain := func(r rune) bool {
		return unicode.IsPrint(r) || r == '\n' || r == unicode.ReplacementChar
	}
	if strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case plain(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
