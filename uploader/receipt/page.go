package receipt

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/ledger"
)

// What a page lists at most: what nobody reads on paper would take memory without a bound.
const (
	MostOnAPage   = 10_000 // delivered files
	mostUnsent    = 1_000  // files that were not
	largestOfAll  = 64 << 20
	nothingToShow = "–"
)

// pageHead is how a page begins. It allows no script, nothing from elsewhere and no address to be
// visited.
const pageHead = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="generator" content="Inbox Uploader">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
@page { size: A4; margin: 18mm 15mm }
body { font: 10.5pt/1.45 system-ui, sans-serif; max-width: 180mm; margin: 12mm auto; padding: 0 5mm; color: #111; background: #fff }
h1 { font-size: 17pt; margin: 0 0 4mm } h2 { font-size: 12pt; margin: 8mm 0 2mm }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 1mm 6mm; margin: 0 } dt { color: #555 } dd { margin: 0; overflow-wrap: anywhere }
table { width: 100%; border-collapse: collapse; font-size: 9pt } thead { display: table-header-group }
th { text-align: left; font-weight: 600; border-bottom: 1px solid #555 } th, td { padding: 1mm 2mm 1mm 0; vertical-align: top }
td { border-bottom: 1px solid #ddd; overflow-wrap: anywhere } tr { break-inside: avoid }
.number { text-align: right; white-space: nowrap } .fixed { white-space: nowrap }
code { font: 8.5pt ui-monospace, monospace; overflow-wrap: anywhere } small code { font-size: 6.3pt }
small { color: #555; display: block }
@media print { body { margin: 0; padding: 0; max-width: none } }
</style>
`

// page is what a page has of its files so far.
type page struct {
	rows      strings.Builder
	listed    int
	unchecked int
}

// name writes a name for a page: what can't be seen is written out, and what is written from right
// to left turns nothing around but itself.
func name(s string) string { return "<bdi>" + html.EscapeString(show.Text(s)) + "</bdi>" }

// add adds a file's row.
func (p *page) add(l *Line, home string) {
	if !l.Checked {
		p.unchecked++
	}
	if p.listed == MostOnAPage {
		return
	}
	p.listed++
	p.rows.WriteString("<tr><td>" + name(l.File))
	if l.Blob != l.File {
		p.rows.WriteString("<small>in the inbox: " + name(l.Blob) + "</small>")
	}
	if l.Inbox != home && l.Inbox != "" {
		p.rows.WriteString("<small>inbox: " + name(l.Inbox) + "</small>")
	}
	for _, sum := range [][2]string{{"SHA-256", l.SHA256}, {"MD5", l.MD5}} {
		if sum[1] != "" {
			p.rows.WriteString("<small>" + sum[0] + " <code>" + sum[1] + "</code></small>")
		}
	}
	_, _ = fmt.Fprintf(&p.rows, "</td><td class=\"number\">%s</td><td class=\"fixed\"><code>0x%016x</code>"+
		"</td><td class=\"fixed\">%s</td></tr>\n", humanize.Comma(l.Bytes), l.CRC64, clock(l.Delivered))
}

// clock writes a moment for people.
func clock(t time.Time) string {
	if t.IsZero() {
		return nothingToShow
	}
	return t.UTC().Format("2 Jan 2006, 15:04 UTC")
}

// closePage writes the page.
func (r *Writer) closePage() error {
	unsent, some, err := r.unsent()
	if err != nil {
		return err
	}
	sum := sha256.New()
	out := io.MultiWriter(r.out, sum)
	title := "Receipt: " + html.EscapeString(show.Text(r.to.String()))
	if r.to.String() == "" {
		title = "Receipt"
	}
	text := pageHead + "<title>" + title + "</title>\n</head>\n<body>\n<h1>Receipt</h1>\n<dl>\n"
	term := func(what, value string) { text += "<dt>" + what + "</dt><dd>" + value + "</dd>\n" }
	if r.to.String() != "" {
		term("Inbox", name(r.to.String()))
	}
	term("Delivered", fmt.Sprintf("%s %s, %s bytes (%s)", humanize.Comma(int64(r.lines)),
		plural(r.lines), humanize.Comma(r.bytes), humanize.Bytes(uint64(max(r.bytes, 0)))))
	if some > 0 {
		term("Not delivered", fmt.Sprintf("%s %s", humanize.Comma(int64(some)), plural(some)))
	}
	if !r.period.from.IsZero() {
		term("Period", clock(r.period.from)+" to "+clock(r.period.to))
	}
	if !r.now.IsZero() {
		term("Written", clock(r.now))
	}
	if r.version != "" {
		term("By", "Inbox Uploader "+html.EscapeString(show.Text(r.version)))
	}
	text += "</dl>\n" + r.confirmed()
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	text = ""
	if r.lines > 0 {
		text = "<h2>Files</h2>\n<table>\n<thead><tr><th>File</th><th class=\"number\">Bytes</th>" +
			"<th>CRC-64</th><th>Delivered</th></tr></thead>\n<tbody>\n" + r.page.rows.String() +
			"</tbody>\n</table>\n" + moreWords(r.lines-r.page.listed)
	}
	text += unsent + howToVerify + "</body>\n</html>\n"
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.out, "<!-- Inbox Uploader's receipt: %d, %x -->\n", r.lines, sum.Sum(nil))
	return err
}

// confirmed says what the storage confirmed.
func (r *Writer) confirmed() string {
	switch {
	case r.lines == 0:
		return "<p>The storage confirmed no file.</p>\n"
	case r.page.unchecked == 0:
		return "<p>The storage confirmed each file, and compared its checksum with what it received.</p>\n"
	case r.page.unchecked == r.lines:
		return "<p>The storage confirmed each file. It did not say that it compared their checksums.</p>\n"
	}
	return fmt.Sprintf("<p>The storage confirmed each file. Of %s it said that it compared their checksums "+
		"with what it received, of %s it did not.</p>\n",
		humanize.Comma(int64(r.lines-r.page.unchecked)), humanize.Comma(int64(r.page.unchecked)))
}

// unsent returns the table of what was not delivered, and how many files that are.
func (r *Writer) unsent() (table string, files int, err error) {
	if r.notSent == nil {
		return "", 0, nil
	}
	var rows strings.Builder
	of := int64(0)
	err = r.notSent(func(t ledger.Transfer, j ledger.Job, why string) error {
		if files++; files > mostUnsent {
			return nil
		}
		if of != t.ID {
			r.Begin(t)
			of = t.ID
		}
		rows.WriteString("<tr><td>" + name(r.roots.name(j.Source)) + "</td><td>" +
			html.EscapeString(show.Text(why)) + "</td></tr>\n")
		return nil
	})
	if err != nil || files == 0 {
		return "", 0, err
	}
	return "<h2>Not delivered</h2>\n<table>\n<thead><tr><th>File</th><th>Why</th></tr></thead>\n<tbody>\n" +
		rows.String() + "</tbody>\n</table>\n" + moreWords(files-mostUnsent), files, nil
}

func plural(n int) string {
	if n == 1 {
		return "file"
	}
	return "files"
}

// moreWords says how many files are not listed.
func moreWords(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("<p>And %s more. The receipt in CSV or JSON lists all that was delivered.</p>\n",
		humanize.Comma(int64(n)))
}

// howToVerify is the page's last part.
const howToVerify = `<h2>How to verify</h2>
<p>This page is for people; the receipt in CSV or JSON (“uploader receipt”) has the same for programs.</p>
<p>The sender: “uploader verify RECEIPT” compares the files on the computer with what was delivered. The workspace:
“uploader inbox verify NUMBER” compares what arrived with the receipt. Where a SHA-256 or MD5 stands below a name, “sha256sum FILE” and
“md5sum FILE” compute it as well.</p>
<p>CRC-64 is CRC-64/NVME of the whole file, as Azure storage computes it.</p>
`

// pageEnd is a page's last line: how many files it names, and the SHA-256 of all that stands before.
var pageEnd = regexp.MustCompile(`<!-- Inbox Uploader's receipt: (\d{1,18}), ([0-9a-f]{64}) -->\n$`)

// countPage returns how many files a page names. What was changed by hand is [ErrNotReceipt].
func countPage(in io.Reader) (int64, error) {
	text, err := io.ReadAll(io.LimitReader(in, largestOfAll+1))
	switch {
	case err != nil:
		return 0, err
	case len(text) > largestOfAll:
		return 0, ErrNotReceipt
	}
	end := pageEnd.FindSubmatchIndex(text)
	if end == nil {
		return 0, ErrNotReceipt
	}
	if sum := sha256.Sum256(text[:end[0]]); fmt.Sprintf("%x", sum) != string(text[end[4]:end[5]]) {
		return 0, ErrNotReceipt
	}
	files, err := strconv.ParseInt(string(text[end[2]:end[3]]), 10, 64)
	if err != nil {
		return 0, errors.Join(ErrNotReceipt, err)
	}
	return files, nil
}
