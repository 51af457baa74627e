package proof

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"inboxuploader/internal/sums"
	"inboxuploader/uploader/receipt"
	"inboxuploader/uploader/source"
)

// Errors of [Open].
var (
	// ErrPage says that a receipt is the page for people, which has no checksum to be compared.
	ErrPage = errors.New("a receipt's page")
	// ErrDamaged says that a receipt or a list begins as one, and was cut off or changed.
	ErrDamaged = errors.New("damaged receipt or list")
	// ErrNeither says that a file is neither a receipt nor a list of checksums.
	ErrNeither = errors.New("neither a receipt nor a list of checksums")
)

// Claim is what a receipt or a list says of one file.
type Claim struct {
	Name    string // with slashes; byte for byte as it was
	Written string // Name as it stands there, which in CSV may be what a file is really called
	Inbox   string // of a receipt: where it went
	Bytes   int64  // -1 where that is not said
	CRC64   uint64 // of a receipt
	Hashes  source.Sums
	Piped   bool // of a receipt: it does not say that this was a file; a program may have written it, or it was an empty folder

	delivered time.Time
}

// Document is a receipt or a list of checksums that was read once, so that it is known to be whole.
// It takes about 60 bytes of memory for each file that it names.
type Document struct {
	path    string
	receipt bool
	files   int64              // that it names
	older   int64              // lines of a receipt about a file of which it has a later one
	latest  map[[16]byte]int64 // of a receipt: the line that counts, by inbox and name
	times   map[[16]byte]int64 // while it is read
	dated   bool               // it says of some file when that was modified
	names   map[[16]byte]bool  // of all files, also as they are written
	tops    map[string]bool    // folders that names begin with
}

// Open reads a receipt, or a list of checksums as sha256sum and md5sum write it, to its end. It
// trusts nothing that stands there. It blocks on the disk; errors are ErrPage, ErrDamaged,
// ErrNeither, the disk's, and the cause of ctx's end.
func Open(ctx context.Context, path string) (*Document, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	d := &Document{
		path: abs, latest: map[[16]byte]int64{}, times: map[[16]byte]int64{},
		names: map[[16]byte]bool{}, tops: map[string]bool{},
	}
	if d.receipt, err = isReceipt(abs); err != nil {
		return nil, err
	}
	for c, err := range d.claims() {
		if err != nil {
			return nil, d.meaning(err)
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		d.note(&c)
	}
	d.times = nil
	if d.receipt {
		d.older = d.files - int64(len(d.latest))
	}
	return d, nil
}

// IsReceipt reports whether it is a receipt; else it is a list.
func (d *Document) IsReceipt() bool { return d.receipt }

// Files returns how many files it names.
func (d *Document) Files() int64 { return d.files - d.older }

// Folder returns the folder that it stands in.
func (d *Document) Folder() string { return filepath.Dir(d.path) }

// isReceipt finds out what a file is.
func isReceipt(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // it was only read
	if info, err := f.Stat(); err == nil && !info.Mode().IsRegular() {
		return false, ErrNeither
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	if bytes.HasPrefix(bytes.ToLower(head[:n]), []byte("<!doctype html")) {
		return false, ErrPage
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	_, err = receipt.NewReader(f)
	if errors.Is(err, receipt.ErrNotReceipt) {
		return false, nil
	}
	return true, err
}

// meaning returns what an error of reading the document says of it.
func (d *Document) meaning(err error) error {
	_, unlike := errors.AsType[*sums.LineError](err)
	switch {
	case errors.Is(err, receipt.ErrNotReceipt), unlike && d.files > 0:
		return ErrDamaged
	case unlike:
		return ErrNeither
	}
	return err
}

// note remembers what is needed of a claim before files are compared.
func (d *Document) note(c *Claim) {
	if d.receipt {
		key := fingerprint(c.Inbox + "\n" + c.Name)
		if when, ok := d.times[key]; !ok || c.delivered.Unix() >= when {
			d.latest[key], d.times[key] = d.files, c.delivered.Unix()
		}
	}
	d.files++
	d.dated = d.dated || !c.Piped
	for _, name := range [...]string{c.Name, c.Written} {
		d.names[fingerprint(name)] = true
	}
	if top, _, deep := strings.Cut(c.Name, "/"); deep && filepath.IsLocal(top) {
		d.tops[top] = true
	}
}

// fingerprint stands for a text: no two are known that have the same.
func fingerprint(text string) [16]byte {
	sum := sha256.Sum256([]byte(text))
	return [16]byte(sum[:16])
}

// current reads the document again, and yields what counts: of a file that was delivered twice to
// one inbox the later delivery.
func (d *Document) current() iter.Seq2[Claim, error] {
	return func(yield func(Claim, error) bool) {
		n := int64(0)
		for c, err := range d.claims() {
			if err != nil {
				yield(Claim{}, d.meaning(err))
				return
			}
			key := fingerprint(c.Inbox + "\n" + c.Name)
			counts := !d.receipt || d.latest[key] == n
			n++
			c.Piped = c.Piped && d.dated
			if counts && !yield(c, nil) {
				return
			}
		}
	}
}

// claims reads the document.
func (d *Document) claims() iter.Seq2[Claim, error] {
	return func(yield func(Claim, error) bool) {
		f, err := os.Open(d.path)
		if err != nil {
			yield(Claim{}, err)
			return
		}
		defer func() { _ = f.Close() }() // it was only read
		if d.receipt {
			for l, err := range receipt.Read(f) {
				if !yield(claimOf(&l), err) {
					return
				}
			}
			return
		}
		for l, err := range sums.Read(f) {
			c := Claim{Name: l.Name, Written: l.Name, Bytes: -1}
			if l.IsMD5() {
				c.Hashes.MD5 = string(l.Sum)
			} else {
				c.Hashes.SHA256 = string(l.Sum)
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// claimOf returns what a receipt's line says.
func claimOf(l *receipt.Line) Claim {
	c := Claim{
		Name: l.File, Written: l.Written, Inbox: l.Inbox, Bytes: l.Bytes, CRC64: l.CRC64,
		Piped: l.Modified.IsZero(), delivered: l.Delivered,
	}
	sha, _ := hex.DecodeString(l.SHA256) // the receipt's reader has looked at both
	md5, _ := hex.DecodeString(l.MD5)
	c.Hashes = source.Sums{SHA256: string(sha), MD5: string(md5)}
	return c
}
