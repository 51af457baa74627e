// Package pack writes numbers and texts compactly, one after another, and reads them back. It is a
// leaf that every package may import.
package pack

import (
	"encoding/binary"
	"time"
)

// Writer appends to Buf. The zero Writer is ready.
type Writer struct{ Buf []byte }

// Byte writes one byte.
func (w *Writer) Byte(b byte) { w.Buf = append(w.Buf, b) }

// Uint writes a number in as few bytes as it needs, ten at most.
func (w *Writer) Uint(n uint64) { w.Buf = binary.AppendUvarint(w.Buf, n) }

// Int is Uint for numbers that may be negative.
func (w *Writer) Int(n int64) { w.Buf = binary.AppendVarint(w.Buf, n) }

// Fixed writes a number in eight bytes.
func (w *Writer) Fixed(n uint64) { w.Buf = binary.LittleEndian.AppendUint64(w.Buf, n) }

// Text writes a text after its length.
func (w *Writer) Text(s string) {
	w.Uint(uint64(len(s)))
	w.Buf = append(w.Buf, s...)
}

// Follow writes s as the length of what it has in common with the text before, and the rest.
func (w *Writer) Follow(before, s string) {
	n := 0
	for n < min(len(before), len(s)) && before[n] == s[n] {
		n++
	}
	w.Uint(uint64(n))
	w.Text(s[n:])
}

// Time writes a moment to the nanosecond; seconds and nanoseconds apart, since 64 bits of
// nanoseconds end in 2262 and a file's time may be anything. The zero Time is kept as such.
func (w *Writer) Time(t time.Time) {
	if t.IsZero() {
		w.Byte(0)
		return
	}
	w.Byte(1)
	w.Int(t.Unix())
	w.Uint(uint64(t.Nanosecond()))
}

// Reader reads from Buf what a [Writer] wrote, by the same calls in the same order. It trusts
// nothing: after the first invalid piece, Bad is true and it returns zeros.
type Reader struct {
	Buf []byte
	Bad bool
}

// End reports whether everything was valid and nothing is left.
func (r *Reader) End() bool { return !r.Bad && len(r.Buf) == 0 }

// Bytes takes n bytes, which share the memory of Buf; nil where there are fewer.
func (r *Reader) Bytes(n int) []byte {
	if r.Bad || n < 0 || n > len(r.Buf) {
		r.Bad = true
		return nil
	}
	b := r.Buf[:n]
	r.Buf = r.Buf[n:]
	return b
}

// Byte takes one byte.
func (r *Reader) Byte() byte {
	b := r.Bytes(1)
	if b == nil {
		return 0
	}
	return b[0]
}

// Uint takes what [Writer.Uint] wrote.
func (r *Reader) Uint() uint64 {
	v, n := binary.Uvarint(r.Buf)
	if n <= 0 {
		r.Bad = true
		return 0
	}
	r.Buf = r.Buf[n:]
	return v
}

// Int takes what [Writer.Int] wrote.
func (r *Reader) Int() int64 {
	v, n := binary.Varint(r.Buf)
	if n <= 0 {
		r.Bad = true
		return 0
	}
	r.Buf = r.Buf[n:]
	return v
}

// Fixed takes what [Writer.Fixed] wrote.
func (r *Reader) Fixed() uint64 {
	b := r.Bytes(8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

// Text takes what [Writer.Text] wrote.
func (r *Reader) Text() string {
	n := r.Uint()
	if n > uint64(len(r.Buf)) {
		r.Bad = true
		return ""
	}
	return string(r.Bytes(int(n)))
}

// Follow takes what [Writer.Follow] wrote behind the same text.
func (r *Reader) Follow(before string) string {
	n := r.Uint()
	if n > uint64(len(before)) {
		r.Bad = true
		return ""
	}
	return before[:n] + r.Text()
}

// Time takes what [Writer.Time] wrote.
func (r *Reader) Time() time.Time {
	if r.Byte() == 0 {
		return time.Time{}
	}
	s := r.Int()
	return time.Unix(s, int64(r.Uint()))
}
