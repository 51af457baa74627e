package receipt

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/token"
)

// Format is how a receipt is written.
type Format int

// The formats of a receipt.
const (
	// CSV is RFC 4180 with one header line. Cells are safe to open with a spreadsheet: characters
	// that can't be seen are written as \u{…}, and a cell that a spreadsheet would take for a
	// formula begins with an apostrophe.
	CSV Format = iota
	// JSON is one object; names stand in it as they are, with JSON's escapes for characters that
	// can't be seen.
	JSON
)

// Writer writes proof of what was delivered: for each file what the service confirmed, and nothing
// that it did not. It contains no secret. Call Begin for each transfer and Add for each of its
// delivered jobs, then Close. Its methods must not be called concurrently; all errors are the
// writer's.
type Writer struct {
	to     token.Inbox   // of the head
	inbox  token.Inbox   // of the transfer
	roots  folders       // of the transfer
	checks ledger.Checks // of the transfer
	out    *bufio.Writer
	table  *csv.Writer
	lines  int
}

// line is a file in a receipt.
type line struct {
	File      string `json:"file"`
	Blob      string `json:"blob"`
	Bytes     int64  `json:"bytes"`
	CRC64     string `json:"crc64"`     // as the service shows it: eight bytes, least significant first, in base64
	CRC64Hex  string `json:"crc64_hex"` // the same as a number
	ETag      string `json:"etag"`
	RequestID string `json:"request_id"`
	Delivered string `json:"delivered_at"`          // the service's clock, RFC 3339 in UTC
	Inbox     string `json:"inbox,omitempty"`       // where it is another than the head's
	Checked   bool   `json:"checked"`               // the service named the checksums of what it received, and they were these
	Modified  string `json:"modified_at,omitempty"` // the file, on this computer's clock, RFC 3339 in UTC; empty where it was no file
	// FileBase64 has the bytes of File where they are no UTF-8, which JSON can't hold.
	FileBase64 string `json:"file_base64,omitempty"`
}

// columns are the CSV's header line. They are stable.
var columns = []string{"file", "blob", "bytes", "crc64", "crc64_hex", "etag", "request_id", "delivered_at", "inbox", "checked", "modified_at"}

// NewWriter begins a receipt for an inbox. The writer remains the caller's.
func NewWriter(w io.Writer, format Format, to token.Inbox) (*Writer, error) {
	r := &Writer{to: to, inbox: to, out: bufio.NewWriter(w)}
	if format == CSV {
		r.table = csv.NewWriter(r.out)
		r.table.UseCRLF = true // RFC 4180
		return r, r.table.Write(columns)
	}
	head, err := marshal(map[string]string{"storage": to.Host, "account": to.Account, "container": to.Container, "prefix": to.Prefix})
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(r.out, "{\n\"inbox\": %s,\n\"files\": [", head)
	return r, err
}

// Begin says to which transfer the jobs belong that are added from now on: a file is named from the
// name of what was given on, so that nothing is said of where that lies, and stands with the
// transfer's inbox.
func (r *Writer) Begin(t ledger.Transfer) {
	r.inbox, r.roots, r.checks = t.Options.Scan.Inbox, foldersOf(t.Roots), t.Checks
}

// Add writes a job's line; jobs that were not delivered are left out.
func (r *Writer) Add(j ledger.Job) error {
	if j.State != ledger.Delivered {
		return nil
	}
	r.lines++
	l := line{
		File: r.roots.name(j.Source), Blob: j.Blob, Bytes: j.Size,
		CRC64:    base64.StdEncoding.EncodeToString(binary.LittleEndian.AppendUint64(nil, j.CRC64)),
		CRC64Hex: fmt.Sprintf("0x%016x", j.CRC64), // with 0x, or spreadsheets would round it
		ETag:     j.Answer.ETag, RequestID: j.Answer.RequestID,
		Delivered: show.UTC(j.Answer.Date.Truncate(time.Second)),
		Checked:   r.checks == ledger.ChecksAll,
	}
	if !j.ModTime.IsZero() {
		l.Modified = j.ModTime.UTC().Format(time.RFC3339Nano)
	}
	if r.table != nil {
		cells := []string{l.File, l.Blob, strconv.FormatInt(l.Bytes, 10), l.CRC64, l.CRC64Hex, l.ETag, l.RequestID, l.Delivered, r.inbox.String(), strconv.FormatBool(l.Checked), l.Modified}
		for i := range cells {
			cells[i] = cell(cells[i])
		}
		return r.table.Write(cells)
	}
	if r.inbox.Key() != r.to.Key() {
		l.Inbox = r.inbox.String()
	}
	if !utf8.ValidString(l.File) {
		l.FileBase64 = base64.StdEncoding.EncodeToString([]byte(l.File))
	}
	text, err := marshal(l)
	if err != nil {
		return err
	}
	separator := ",\n"
	if r.lines == 1 {
		separator = "\n"
	}
	_, err = r.out.WriteString(separator + text)
	return err
}

// Close writes the end. It does not close the writer.
func (r *Writer) Close() error {
	if r.table != nil {
		r.table.Flush()
		if err := r.table.Error(); err != nil {
			return err
		}
		return r.out.Flush()
	}
	if _, err := r.out.WriteString("\n]\n}\n"); err != nil {
		return err
	}
	return r.out.Flush()
}

// folders are the folders that contain what was given: a file's name is what follows.
type folders []string

func foldersOf(roots []string) (f folders) {
	for _, root := range roots {
		if abs, err := filepath.Abs(root); err == nil {
			f = append(f, filepath.Dir(abs))
		}
	}
	return f
}

// name returns the file's path from its root's own name on, with slashes; of what a pattern found,
// its whole path.
func (f folders) name(path string) string {
	best := ""
	for _, dir := range f {
		if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) &&
			(best == "" || len(rel) < len(best)) {
			best = rel
		}
	}
	if best == "" {
		best = path
	}
	return filepath.ToSlash(best)
}

func marshal(v any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return show.JSON(strings.TrimSuffix(b.String(), "\n")), err
}

// cell makes a text safe for a line of CSV and for spreadsheets, which run cells that begin like a
// formula.
func cell(s string) string {
	s = show.Text(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}
