// Package sums reads and writes lists of checksums in the form of sha256sum and md5sum of the GNU
// coreutils: SHA256SUMS, MD5SUMS. Call [Append] for each file to write one, range over [Read] to
// read one. It is a leaf that every package may import.
package sums

import (
	"bufio"
	"bytes"
	"crypto/md5" //nolint:gosec // archives ask for it
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// Line is one file and its checksum.
type Line struct {
	Sum  []byte // 16 bytes of MD5 or 32 of SHA-256
	Name string // relative, with slashes; any bytes but NUL
}

// IsMD5 reports whether the checksum is an MD5; else it is a SHA-256.
func (l Line) IsMD5() bool { return len(l.Sum) == md5.Size }

// longestLine is how many bytes of a line Read holds in memory, in case the file is not a list.
// Names of 1,024 characters of four bytes each fit in it.
const longestLine = 64 << 10

// LineError says which line of a list makes no sense.
type LineError struct{ Line int } // from 1

// Error implements error.
func (e *LineError) Error() string { return fmt.Sprintf("line %d is no checksum and name", e.Line) }

// escapes writes what would end a line, and what begins such an escape, as coreutils do.
var escapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`)

// Append appends the line of a file, with its newline. It escapes a name with a newline, a carriage
// return or a backslash, and marks this by a backslash before the checksum. It writes the name "-"
// as "./-", since a lone hyphen means standard input to sha256sum.
func Append(to []byte, l Line) []byte {
	name := l.Name
	if name == "-" {
		name = "./-"
	}
	if strings.ContainsAny(name, "\\\n\r") {
		to = append(to, '\\')
		name = escapes.Replace(name)
	}
	to = hex.AppendEncode(to, l.Sum)
	to = append(to, "  "...)
	to = append(to, name...)
	return append(to, '\n')
}

// Read returns the lines of a list one by one, in any of coreutils' forms: text, binary or "--tag".
// It skips blank lines and lines that begin with #, and removes a "./" before a name. It reads
// while you range over it, with at most 64 KiB in memory. The first error ends it: a [*LineError],
// or the reader's.
func Read(r io.Reader) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		in := bufio.NewReaderSize(r, longestLine)
		for n := 1; ; n++ {
			text, err := in.ReadSlice('\n')
			if errors.Is(err, bufio.ErrBufferFull) {
				yield(Line{}, &LineError{n})
				return
			}
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Line{}, err)
				return
			}
			if n == 1 {
				text = bytes.TrimPrefix(text, []byte("\ufeff")) // editors on Windows put it there
			}
			text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
			if blank := bytes.TrimLeft(text, " \t"); len(blank) > 0 && blank[0] != '#' {
				l, ok := parse(string(blank))
				if !ok {
					yield(Line{}, &LineError{n})
					return
				}
				if !yield(l, nil) {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
}

// parse reads one line without its end.
func parse(text string) (Line, bool) {
	text, escaped := strings.CutPrefix(text, `\`)
	sum, name, ok := cutTagged(text)
	if !ok {
		sum, name, ok = strings.Cut(text, " ")
		if name != "" && (name[0] == ' ' || name[0] == '*') { // text or binary, which are the same
			name = name[1:]
		}
	}
	if escaped && ok {
		name, ok = unescape(name)
	}
	name = strings.TrimPrefix(name, "./")
	l := Line{Name: name}
	var err error
	l.Sum, err = hex.DecodeString(sum)
	known := len(l.Sum) == md5.Size || len(l.Sum) == sha256.Size
	return l, ok && err == nil && known && name != "" && !strings.Contains(name, "\x00")
}

// cutTagged reads "SHA256 (NAME) = SUM", the form of BSD and of "--tag".
func cutTagged(text string) (sum, name string, ok bool) {
	for tag, size := range map[string]int{"SHA256 (": sha256.Size, "MD5 (": md5.Size} {
		rest, tagged := strings.CutPrefix(text, tag)
		if end := strings.LastIndex(rest, ") = "); tagged && end >= 0 {
			sum = rest[end+len(") = "):]
			return sum, rest[:end], len(sum) == hex.EncodedLen(size)
		}
	}
	return "", "", false
}

// unescape takes back what [Append] and coreutils escape.
func unescape(name string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '\\' {
			if i++; i == len(name) {
				return "", false
			}
			at := strings.IndexByte(`\nr`, name[i])
			if at < 0 {
				return "", false
			}
			c = "\\\n\r"[at]
		}
		b.WriteByte(c)
	}
	return b.String(), true
}
