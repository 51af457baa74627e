package receipt

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"strconv"
	"unicode/utf8"

	"inboxuploader/uploader/token"
)

// These bound the memory that parts of a receipt take, in bytes. Paths have at most 32 KiB, of
// which each byte may need six in JSON.
const (
	mostOfTheHead = 64 << 10
	mostOfALine   = 512 << 10
)

// Read returns what a receipt says of each file, in the receipt's order: one in JSON or in CSV,
// of this version of the program or an earlier one. It ends with the first error, which is
// [ErrNotReceipt] where the text is none, was cut off, was changed so that it contradicts itself,
// or is the page for people; others are the reader's. It reads as it goes, with about a megabyte
// of memory however long the receipt is, and trusts nothing that stands there. The checksums that it yields
// are those of what the storage confirmed.
func Read(r io.Reader) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		in, err := NewReader(r)
		for err == nil {
			var l Line
			if l, err = in.Next(); err == nil && !yield(l, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(Line{}, err)
		}
	}
}

// Reader reads a receipt as [Read] does, for those who want its head as well. Its methods must not
// be called concurrently.
type Reader struct {
	in     *bounded
	inbox  token.Inbox
	next   func() (Line, error)
	strict bool // nothing of another version, see countIn
	files  int64
	bytes  int64
	err    error
}

// NewReader reads a receipt's head. It blocks on the reader; for its errors see [Read].
func NewReader(r io.Reader) (*Reader, error) { return newReader(r, false) }

// newReader is NewReader. Where it is strict, only what this program writes is a receipt.
func newReader(r io.Reader, strict bool) (*Reader, error) {
	in := &Reader{in: &bounded{r: r, left: mostOfTheHead}, strict: strict}
	text := bufio.NewReader(in.in)
	err := ErrNotReceipt
	switch first, _ := text.Peek(1); string(first) {
	case "{":
		err = in.json(text)
	case columns[0][:1]:
		err = in.csv(text)
	}
	if err != nil {
		return nil, in.cause(err)
	}
	return in, nil
}

// Inbox returns the inbox of the head: Host, Account, Container and Prefix are set. A receipt in
// CSV has no head, but the inbox of each line.
func (r *Reader) Inbox() token.Inbox { return r.inbox }

// Next returns the next file's line, or [io.EOF] after the last one of a whole receipt. For other
// errors see [Read]; they stay.
func (r *Reader) Next() (Line, error) {
	if r.err != nil {
		return Line{}, r.err
	}
	l, err := r.next()
	if err != nil {
		r.err = r.cause(err)
		return Line{}, r.err
	}
	r.files++
	r.bytes += l.Bytes
	return l, nil
}

// cause returns what a decoder's error means.
func (r *Reader) cause(err error) error {
	switch {
	case r.in.err != nil:
		return r.in.err
	case errors.Is(err, io.EOF):
		return io.EOF
	default:
		return ErrNotReceipt
	}
}

// csv begins to read a receipt in CSV.
func (r *Reader) csv(text io.Reader) error {
	table := csv.NewReader(text) // each line has as many cells as the first
	table.ReuseRecord = true
	head, err := table.Read()
	if err != nil || len(head) < leastColumns ||
		!slices.Equal(head[:leastColumns], columns[:leastColumns]) {
		return ErrNotReceipt
	}
	head = slices.Clone(head)
	r.next = func() (Line, error) {
		r.in.allow(table.InputOffset())
		cells, err := table.Read()
		if err != nil {
			return Line{}, err
		}
		if slices.ContainsFunc(cells, func(c string) bool { return !utf8.ValidString(c) }) {
			return Line{}, ErrNotReceipt
		}
		at := func(column string) string {
			if i := slices.Index(head, column); i >= 0 {
				return cells[i]
			}
			return ""
		}
		return lineOf(at)
	}
	if r.strict {
		// What another program adds, or a person, is not this program's to replace.
		known := func(column string) bool { return slices.Contains(columns, column) }
		lines := r.next
		r.next = func() (Line, error) {
			l, err := lines()
			if err == nil && slices.ContainsFunc(head, func(c string) bool { return !known(c) }) {
				err = ErrNotReceipt
			}
			return l, err
		}
	}
	return nil
}

// lineOf reads a line of CSV by the names of its columns.
func lineOf(at func(column string) string) (Line, error) {
	size, err := strconv.ParseInt(at("bytes"), 10, 64)
	if err != nil {
		return Line{}, ErrNotReceipt
	}
	checked := at("checked")
	if checked != "" && checked != "true" && checked != "false" {
		return Line{}, ErrNotReceipt
	}
	w := wireLine{
		File: uncell(at("file")), Blob: uncell(at("blob")), Bytes: size,
		CRC64: uncell(at("crc64")), CRC64Hex: at("crc64_hex"), SHA256: at("sha256"), MD5: at("md5"),
		ETag: uncell(at("etag")), RequestID: uncell(at("request_id")),
		Delivered: at("delivered_at"), Inbox: uncell(at("inbox")), Checked: checked == "true",
		Modified: at("modified_at"),
	}
	l, err := w.line()
	l.Written = at("file")
	return l, err
}

// json begins to read a receipt in JSON.
func (r *Reader) json(text io.Reader) error {
	d := json.NewDecoder(text)
	if r.strict {
		d.DisallowUnknownFields()
	}
	var head map[string]string
	if err := expect(d, json.Delim('{'), "inbox"); err != nil {
		return err
	}
	if err := d.Decode(&head); err != nil {
		return err
	}
	if _, ok := head["account"]; !ok {
		return ErrNotReceipt
	}
	r.inbox = token.Inbox{
		Host: head["storage"], Account: head["account"], Container: head["container"],
		Prefix: head["prefix"],
	}
	if err := expect(d, "files", json.Delim('[')); err != nil {
		return err
	}
	r.next = func() (Line, error) {
		r.in.allow(d.InputOffset())
		if !d.More() {
			return Line{}, r.end(d)
		}
		var w wireLine
		if err := d.Decode(&w); err != nil {
			return Line{}, notEOF(err)
		}
		l, err := w.line()
		if l.Inbox == "" {
			l.Inbox = r.inbox.String()
		}
		return l, err
	}
	return nil
}

// end reads what stands behind the files, and returns io.EOF where it is as it should be.
func (r *Reader) end(d *json.Decoder) error {
	if err := expect(d, json.Delim(']')); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return notEOF(err)
		}
		if err := r.part(d, key); err != nil {
			return notEOF(err)
		}
	}
	if err := expect(d, json.Delim('}')); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return ErrNotReceipt
	}
	return io.EOF
}

// part reads one of the parts behind the files.
func (r *Reader) part(d *json.Decoder, key json.Token) error {
	var totals struct{ Files, Bytes int64 }
	switch key {
	case "totals":
		if err := d.Decode(&totals); err != nil {
			return err
		}
		if totals.Files != r.files || totals.Bytes != r.bytes {
			return ErrNotReceipt // lines were taken out, added, or changed
		}
		return nil
	case "period":
		var period struct{ From, To string }
		return d.Decode(&period)
	case "version", "written_at":
		var text string
		return d.Decode(&text)
	}
	if r.strict {
		return ErrNotReceipt
	}
	var other json.RawMessage
	return d.Decode(&other)
}

// expect reads what has to stand next.
func expect(d *json.Decoder, tokens ...json.Token) error {
	for _, want := range tokens {
		if t, err := d.Token(); err != nil || t != want {
			return ErrNotReceipt
		}
	}
	return nil
}

// notEOF makes of the end of the text in the midst of something that it is no receipt.
func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return ErrNotReceipt
	}
	return err
}

// countIn returns how many files a receipt names. It reads it to its end, since a table of a
// person's may begin like one: each line has to be a receipt's, of whatever version of this
// program. Everything else is [ErrNotReceipt]; other errors are the reader's.
func countIn(r io.Reader) (files int64, err error) {
	text := bufio.NewReader(r)
	if first, err := text.Peek(1); err == nil && first[0] == pageHead[0] {
		return countPage(text)
	}
	in, err := newReader(text, true)
	if err != nil {
		return 0, err
	}
	for err == nil {
		_, err = in.Next()
	}
	if !errors.Is(err, io.EOF) {
		return 0, err
	}
	return in.files, nil
}

// bounded reads no further than it is allowed, so that decoders, which keep what they have not
// understood yet, keep little. It keeps what its reader failed with, which decoders tell in a form
// of their own.
type bounded struct {
	r    io.Reader
	left int64 // bytes that may still be read
	read int64 // bytes that were
	err  error
}

// allow lets a line be read that begins at an offset.
func (b *bounded) allow(offset int64) { b.left = offset + mostOfALine - b.read }

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.err = ErrNotReceipt
		return 0, b.err
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	b.read += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}
