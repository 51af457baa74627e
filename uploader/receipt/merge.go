package receipt

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"inboxuploader/uploader/token"
)

// MaxNamed is how many files [Named] names; more are counted.
const MaxNamed = 20

// ErrChanged says that a receipt changed while it was merged.
var ErrChanged = errors.New("a receipt changed while it was read")

// NotReceiptError is [ErrNotReceipt] of one of several files.
type NotReceiptError struct{ Path string }

// Error implements error.
func (e *NotReceiptError) Error() string { return e.Path + ": " + ErrNotReceipt.Error() }

// Unwrap returns ErrNotReceipt.
func (e *NotReceiptError) Unwrap() error { return ErrNotReceipt }

// Named are the first of some files, and how many there are.
type Named struct {
	Count int64
	First []string // up to [MaxNamed]
}

// Add counts a file, and names it if it is among the first.
func (n *Named) Add(name string) {
	if n.Count++; len(n.First) < MaxNamed {
		n.First = append(n.First, name)
	}
}

// Merged is several receipts as one, in which each delivery stands once. [Merge] reads them; Write
// and Save read them once more. It takes about 200 bytes of memory for each file in them.
type Merged struct {
	Files, Bytes int64 // of the merged receipt

	// Twice are the names in the inbox that stand in them more than once, with the same bytes. The
	// merged receipt has what was delivered last.
	Twice Named
	// Contrary are the names in the inbox that stand in them with different bytes, with the paths of
	// two receipts that have them. The merged receipt has both.
	Contrary Named

	paths    []string
	head     token.Inbox // of the first receipt in JSON
	homeless bool        // a file does not say where it went, as in the first versions
	kept     map[mark]place
	files    map[mark]bool // what was delivered, by its name on the sender's computer
}

// mark stands for a text, in half a SHA-256.
type mark [16]byte

func markOf(parts ...string) mark {
	h := sha256.New()
	for _, p := range parts { // a hash takes all
		_, _ = h.Write(binary.AppendUvarint(nil, uint64(len(p))))
		_, _ = io.WriteString(h, p)
	}
	return mark(h.Sum(nil)[:len(mark{})])
}

// place is where the last delivery of some bytes under some name stands.
type place struct {
	receipt int32
	twice   bool
	line    int64
	when    int64 // in seconds since 1970
}

// name stands for a line's place in an inbox.
func (l *Line) name() mark { return markOf(l.Inbox, l.Blob) }

// content stands for what a line says of that place.
func (l *Line) content() mark {
	return markOf(l.Inbox, l.Blob, fmt.Sprintf("%x %d", l.CRC64, l.Bytes))
}

// Merge reads receipts, in CSV or JSON, of this version or an earlier one. It blocks on the disk.
// Errors are a [*NotReceiptError], those of the disk, and ctx's cause.
func Merge(ctx context.Context, paths []string) (*Merged, error) {
	m := &Merged{paths: paths, kept: map[mark]place{}, files: map[mark]bool{}}
	type stated struct {
		receipt  int32
		contrary bool
	}
	names := map[mark]stated{} // which receipt has a name first
	err := m.each(ctx, func(at place, head token.Inbox, l *Line) error {
		if m.head == (token.Inbox{}) {
			m.head = head
		}
		m.homeless = m.homeless || l.Inbox == ""
		m.files[markOf(l.File)] = true
		m.files[markOf(l.Written)] = true
		at.when = l.Delivered.Unix()
		name, content := l.name(), l.content()
		first, known := names[name]
		was, again := m.kept[content]
		if again {
			if !was.twice {
				m.Twice.Add(l.Blob)
			}
			if at.when < was.when {
				at = was
			}
			at.twice = true
			m.kept[content] = at
			return nil
		}
		switch {
		case !known:
			names[name] = stated{receipt: at.receipt}
		case !first.contrary:
			first.contrary = true
			names[name] = first
			m.Contrary.Add(
				fmt.Sprintf("%s (%s, %s)", l.Blob, paths[first.receipt], paths[at.receipt]))
		}
		m.kept[content] = at
		m.Files++
		m.Bytes += l.Bytes
		return nil
	})
	return m, err
}

// each calls visit for each line of the receipts, and says where it stands.
func (m *Merged) each(
	ctx context.Context, visit func(at place, head token.Inbox, l *Line) error,
) error {
	for i, path := range m.paths {
		at := place{receipt: int32(i)}
		err := eachLine(path, func(head token.Inbox, l *Line) error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			at.line++
			return visit(at, head, l)
		})
		if errors.Is(err, ErrNotReceipt) {
			return &NotReceiptError{path}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// eachLine reads a receipt in a file.
func eachLine(path string, visit func(token.Inbox, *Line) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	r, err := NewReader(f)
	for err == nil {
		var l Line
		if l, err = r.Next(); err == nil {
			err = visit(r.Inbox(), &l)
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// Has reports whether a file was delivered, by its name on the sender's computer as receipts have
// it.
func (m *Merged) Has(file string) bool { return m.files[markOf(file)] }

// Write writes the merged receipt. In JSON the head has the inbox of the first receipt that is
// JSON; where all are CSV, which don't say what their inbox's address is made up of, the head is
// empty and each file says its inbox. Errors are those of [Merge], [ErrChanged], and the writer's.
func (m *Merged) Write(ctx context.Context, out io.Writer, format Format) error {
	_, err := m.writeTo(ctx, out, format)
	return err
}

// Save writes the merged receipt into a file, as [Save] does.
func (m *Merged) Save(ctx context.Context, path string) error {
	return save(path, func(out io.Writer, format Format) (int, error) {
		return m.writeTo(ctx, out, format)
	})
}

func (m *Merged) writeTo(ctx context.Context, out io.Writer, format Format) (int, error) {
	head := m.head
	if m.homeless { // the head's inbox would be said to be theirs
		head = token.Inbox{}
	}
	w, err := NewWriter(out, format, head)
	if err != nil {
		return 0, err
	}
	err = m.each(ctx, func(at place, _ token.Inbox, l *Line) error {
		kept, known := m.kept[l.content()]
		switch {
		case !known:
			return ErrChanged
		case kept.receipt != at.receipt || kept.line != at.line:
			return nil
		}
		return w.Copy(*l)
	})
	if err == nil && int64(w.lines) != m.Files {
		err = ErrChanged
	}
	if err != nil {
		return w.lines, err
	}
	return w.lines, w.Close()
}
