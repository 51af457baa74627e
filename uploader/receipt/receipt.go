package receipt

import (
	"bufio"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/source"
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
	// HTML is one page for people, to be read and printed: it needs nothing besides itself, runs
	// nothing, and lists up to [MostOnAPage] files. Programs read CSV and JSON.
	HTML
)

// FormatOf returns the format that a file's name asks for by its ending: JSON for .json, HTML for
// .html and .htm, else CSV.
func FormatOf(path string) Format {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".json":
		return JSON
	case ".html", ".htm":
		return HTML
	}
	return CSV
}

// Option says more in a receipt.
type Option func(*Writer)

// By says which version of the program writes the receipt, and when.
func By(version string, now time.Time) Option {
	return func(r *Writer) { r.version, r.now = version, now }
}

// WithSums says what the hashes of delivered files are, as far as they are known. A file's hashes
// must be of the content that was delivered. It is called by [Writer.Add] and may block on the disk.
func WithSums(of func(ledger.Job) source.Sums) Option { return func(r *Writer) { r.sums = of } }

// NotSent has the page list what was not delivered: each calls visit for each such job with its
// transfer and why, in a sentence. It is called by [Writer.Close], whose error its error is. The
// other formats say nothing of such files.
func NotSent(each func(visit func(t ledger.Transfer, j ledger.Job, why string) error) error) Option {
	return func(r *Writer) { r.notSent = each }
}

// Writer writes proof of what was delivered: for each file what the service confirmed, and nothing
// that it did not. It contains no secret. Call Begin for each transfer and Add for each of its
// delivered jobs, or Copy for each line of another receipt, then Close. Its methods must not be
// called concurrently; all errors are the writer's.
type Writer struct {
	to     token.Inbox   // of the head
	inbox  token.Inbox   // of the transfer
	roots  folders       // of the transfer
	checks ledger.Checks // of the transfer
	out    *bufio.Writer
	table  *csv.Writer
	page   *page
	lines  int
	bytes  int64 // of the files
	period period

	version string    // of the program; empty if nobody says
	now     time.Time // zero if nobody says
	sums    func(ledger.Job) source.Sums
	notSent func(func(ledger.Transfer, ledger.Job, string) error) error
}

// period is from the first to the last delivery; zero where none is known.
type period struct{ from, to time.Time }

func (p *period) add(t time.Time) {
	if t.IsZero() {
		return
	}
	if p.from.IsZero() || t.Before(p.from) {
		p.from = t
	}
	if t.After(p.to) {
		p.to = t
	}
}

// NewWriter begins a receipt for an inbox. The writer remains the caller's.
func NewWriter(w io.Writer, format Format, to token.Inbox, options ...Option) (*Writer, error) {
	r := &Writer{to: to, inbox: to, out: bufio.NewWriter(w)}
	for _, option := range options {
		option(r)
	}
	switch format {
	case HTML:
		r.page = &page{}
		return r, nil
	case CSV:
		r.table = csv.NewWriter(r.out)
		r.table.UseCRLF = true // RFC 4180
		return r, r.table.Write(columns)
	case JSON:
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
	var hashes source.Sums
	if r.sums != nil {
		hashes = r.sums(j)
	}
	return r.Copy(Line{
		SHA256: hex.EncodeToString([]byte(hashes.SHA256)),
		MD5:    hex.EncodeToString([]byte(hashes.MD5)),
		File:   r.roots.name(j.Source), Blob: j.Blob, Bytes: j.Size, CRC64: j.CRC64,
		ETag: j.Answer.ETag, RequestID: j.Answer.RequestID,
		Delivered: j.Answer.Date.Truncate(time.Second), Modified: j.ModTime,
		Inbox: r.inbox.String(), Checked: r.checks == ledger.ChecksAll,
	})
}

// Copy writes a line of another receipt, as [Read] yields it; Begin is not needed for it. Whoever
// merges receipts hands on what they say, and vouches for nothing.
func (r *Writer) Copy(l Line) error {
	r.lines++
	r.bytes += l.Bytes
	r.period.add(l.Delivered)
	if r.page != nil {
		r.page.add(&l, r.to.String())
		return nil
	}
	w := l.wire()
	if r.table != nil {
		return r.table.Write(w.cells())
	}
	if w.Inbox == r.to.String() {
		w.Inbox = ""
	}
	text, err := marshal(w)
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
	if r.page != nil {
		if err := r.closePage(); err != nil {
			return err
		}
		return r.out.Flush()
	}
	type totals struct {
		Files int   `json:"files"`
		Bytes int64 `json:"bytes"`
	}
	type period struct {
		From string `json:"from"`
		To   string `json:"to"`
	}
	end := "\n]"
	for _, part := range []struct {
		name    string
		value   any
		unknown bool
	}{
		{"totals", totals{r.lines, r.bytes}, false},
		{"period", period{show.UTC(r.period.from), show.UTC(r.period.to)}, r.period.from.IsZero()},
		{"version", r.version, r.version == ""},
		{"written_at", show.UTC(r.now), r.now.IsZero()},
	} {
		if part.unknown {
			continue
		}
		text, err := marshal(part.value)
		if err != nil {
			return err
		}
		end += fmt.Sprintf(",\n%q: %s", part.name, text)
	}
	if _, err := r.out.WriteString(end + "\n}\n"); err != nil {
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
