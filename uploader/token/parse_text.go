package token

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// tidy undoes what editors and mail programs do to plain text: other encodings, line ends,
// invisible characters, typographic quotes, hyphens and spaces. None of these characters can be
// part of a link.
func tidy(text string) string {
	text = fromUTF16(text)
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Map(tidyRune, text)
}

func tidyRune(r rune) rune {
	switch r {
	case '\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u2060', '\ufeff', '\u00ad', 0:
		return -1 // zero-width characters, marks of direction, byte order mark, soft hyphen
	case '“', '”', '„', '‟', '«', '»', '″':
		return '"'
	case '‘', '’', '‚', '‛', '′':
		return '\''
	case '\u2010', '\u2011':
		return '-'
	case '\r', '\v', '\f', '\u0085', '\u2028', '\u2029':
		return '\n'
	case '\u00a0', '\u202f', '\u205f', '\u3000':
		return ' '
	}
	switch {
	case r >= '\u2000' && r <= '\u200a':
		return ' '
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return -1
	}
	return r
}

// fromUTF16 decodes text that begins with a UTF-16 byte order mark, as PowerShell writes into files
// and pipes.
func fromUTF16(text string) string {
	var order binary.ByteOrder
	switch {
	case strings.HasPrefix(text, "\xff\xfe"):
		order = binary.LittleEndian
	case strings.HasPrefix(text, "\xfe\xff"):
		order = binary.BigEndian
	default:
		return text
	}
	b := []byte(text[2:])
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	return string(utf16.Decode(units))
}

var (
	// quotedPrintable recognises mail source: no service writes a parameter's value that begins
	// with "3D".
	quotedPrintable = expression(`[?&](?:sv|st|se|sr|sp|spr|ss|srt)=3D`)
	softBreak       = expression(`=[ \t]*\n`)
	quotedByte      = expression(`=[0-9A-F]{2}`)
	quotePrefix     = expression(`(?m)^[ \t]*(?:>[ \t]?)+`)
)

// undoMail removes the quoting of mails: "> " in front of lines, and the quoted-printable encoding
// of mail source.
func undoMail(text string) string {
	text = quotePrefix().ReplaceAllString(text, "")
	if !quotedPrintable().MatchString(text) {
		return text
	}
	text = softBreak().ReplaceAllString(text, "")
	return quotedByte().ReplaceAllStringFunc(text, func(s string) string {
		return string([]byte{unhex(s[1])<<4 | unhex(s[2])})
	})
}

// unescape decodes percent-encoding and leaves "+" and what is no valid escape as it is.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	default:
		return c - '0'
	}
}
