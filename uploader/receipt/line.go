package receipt

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"inboxuploader/internal/show"
)

// Line is what a receipt says of one file. What the receipt's version did not write down yet, or
// nobody knew, has its zero value.
type Line struct {
	// File is the file's path on the sender's computer, from the name of what was given on, with
	// slashes; of what a pattern found, its whole path. It is byte for byte what it was there.
	File string
	// Written is File as the receipt has it. In CSV, which writes out what can't be seen, it may
	// differ, and a file may really be called so.
	Written string

	Blob      string    // its name in the inbox, relative to the container
	Bytes     int64     // how long it was, never negative
	CRC64     uint64    // CRC-64/NVME of its content
	SHA256    string    // of its content, 64 lower-case hexadecimal digits
	MD5       string    // of its content, 32 lower-case hexadecimal digits
	ETag      string    // the storage's, with its quotes
	RequestID string    // the storage's
	Delivered time.Time // by the storage's clock, UTC, whole seconds
	Modified  time.Time // the file, by the clock of the sender's computer, UTC
	Inbox     string    // where it went: host/account/container/prefix, without what is empty
	Checked   bool      // the storage named the checksums of what it received, and they were these
}

// wireLine is a [Line] as JSON has it.
type wireLine struct {
	File      string `json:"file"`
	Blob      string `json:"blob"`
	Bytes     int64  `json:"bytes"`
	CRC64     string `json:"crc64"`     // as the service shows it: eight bytes, least significant first, in base64
	CRC64Hex  string `json:"crc64_hex"` // the same as a number
	SHA256    string `json:"sha256,omitempty"`
	MD5       string `json:"md5,omitempty"`
	ETag      string `json:"etag"`
	RequestID string `json:"request_id"`
	Delivered string `json:"delivered_at"`          // the service's clock, RFC 3339 in UTC
	Inbox     string `json:"inbox,omitempty"`       // where it is another than the head's
	Checked   bool   `json:"checked"`               // the service named the checksums of what it received, and they were these
	Modified  string `json:"modified_at,omitempty"` // the file, on this computer's clock, RFC 3339 in UTC; empty where it was no file
	// FileBase64 has the bytes of File where they are no UTF-8, which JSON can't hold.
	FileBase64 string `json:"file_base64,omitempty"`
}

// columns are the CSV's header line. They are stable; newer ones come behind.
var columns = []string{
	"file", "blob", "bytes", "crc64", "crc64_hex", "etag", "request_id", "delivered_at", "inbox",
	"checked", "modified_at", "sha256", "md5",
}

// leastColumns is how many columns the receipt of any version has: those that say what was
// delivered.
const leastColumns = 4

// wire returns the line's texts. Inbox is as in the Line.
func (l *Line) wire() wireLine {
	w := wireLine{
		File: l.File, Blob: l.Blob, Bytes: l.Bytes,
		CRC64:    base64.StdEncoding.EncodeToString(binary.LittleEndian.AppendUint64(nil, l.CRC64)),
		CRC64Hex: fmt.Sprintf("0x%016x", l.CRC64), // with 0x, or spreadsheets would round it
		SHA256:   l.SHA256, MD5: l.MD5, ETag: l.ETag, RequestID: l.RequestID,
		Delivered: show.UTC(l.Delivered), Inbox: l.Inbox, Checked: l.Checked,
	}
	if !l.Modified.IsZero() {
		w.Modified = l.Modified.UTC().Format(time.RFC3339Nano)
	}
	if !utf8.ValidString(l.File) {
		w.FileBase64 = base64.StdEncoding.EncodeToString([]byte(l.File))
	}
	return w
}

// cells returns the line in the order of columns.
func (w *wireLine) cells() []string {
	cells := []string{
		w.File, w.Blob, strconv.FormatInt(w.Bytes, 10), w.CRC64, w.CRC64Hex, w.ETag, w.RequestID,
		w.Delivered, w.Inbox, strconv.FormatBool(w.Checked), w.Modified, w.SHA256, w.MD5,
	}
	for i := range cells {
		cells[i] = Cell(cells[i])
	}
	return cells
}

// line reads the texts back. All that is wrong is [ErrNotReceipt].
func (w *wireLine) line() (l Line, err error) {
	sum, err := base64.StdEncoding.DecodeString(w.CRC64)
	if err != nil || len(sum) != 8 || w.Bytes < 0 {
		return Line{}, ErrNotReceipt
	}
	crc, err := strconv.ParseUint(w.CRC64Hex, 0, 64)
	if err != nil || crc != binary.LittleEndian.Uint64(sum) {
		return Line{}, ErrNotReceipt
	}
	l = Line{
		File: w.File, Written: w.File, Blob: w.Blob, Bytes: w.Bytes, CRC64: crc, ETag: w.ETag,
		RequestID: w.RequestID, Inbox: w.Inbox, Checked: w.Checked,
	}
	var ok [4]bool
	l.SHA256, ok[0] = digest(w.SHA256, 32)
	l.MD5, ok[1] = digest(w.MD5, 16)
	l.Delivered, ok[2] = moment(w.Delivered)
	l.Modified, ok[3] = moment(w.Modified)
	if w.FileBase64 != "" {
		name, err := base64.StdEncoding.DecodeString(w.FileBase64)
		if err != nil {
			return Line{}, ErrNotReceipt
		}
		l.File = string(name)
	}
	if ok != [4]bool{true, true, true, true} {
		return Line{}, ErrNotReceipt
	}
	return l, nil
}

// digest reads a checksum of n bytes; an empty text is none.
func digest(text string, n int) (string, bool) {
	if text == "" {
		return "", true
	}
	sum, err := hex.DecodeString(text)
	return hex.EncodeToString(sum), err == nil && len(sum) == n
}

// moment reads a time in UTC; an empty text is none.
func moment(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	t, err := time.Parse(time.RFC3339, text)
	return t.UTC(), err == nil
}

// Cell makes a text safe for a line of CSV and for spreadsheets, which run cells that begin like a
// formula.
func Cell(s string) string {
	s = show.Text(s)
	if formula(s) {
		return "'" + s
	}
	return s
}

// formula reports whether a spreadsheet would take a cell for one, or for one that was made safe,
// so that what is made safe can be read back.
func formula(s string) bool {
	s = strings.TrimLeft(s, "'")
	return s != "" && strings.ContainsRune("=+-@", rune(s[0]))
}

// uncell undoes Cell. Of a text that was like a written-out one before, nobody can tell.
func uncell(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && formula(rest) {
		s = rest
	}
	var b strings.Builder
	for rest := s; rest != ""; {
		text, n := unescape(rest)
		b.WriteString(text)
		rest = rest[n:]
	}
	if name := b.String(); show.Text(name) == s {
		return name
	}
	return s
}

// unescape reads what show.Text makes of one character or byte, from the first n bytes of s.
func unescape(s string) (text string, n int) {
	if digits, _, ok := strings.Cut(s, "}"); ok && strings.HasPrefix(digits, `\u{`) {
		r, err := strconv.ParseUint(digits[len(`\u{`):], 16, 21)
		if err == nil && !unicode.IsPrint(rune(r)) {
			return string(rune(r)), len(digits) + len("}")
		}
	}
	if strings.HasPrefix(s, `\x`) && len(s) >= len(`\xff`) {
		if b, err := hex.DecodeString(s[2:4]); err == nil {
			return string(b), len(`\xff`)
		}
	}
	_, n = utf8.DecodeRuneInString(s)
	return s[:n], n
}
