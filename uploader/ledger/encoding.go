package ledger

import (
	"encoding/binary"
	"time"
)

// encoder writes the numbers and texts of a batch one behind the other.
type encoder struct{ buf []byte }

func (e *encoder) byte(b byte)     { e.buf = append(e.buf, b) }
func (e *encoder) uint(n uint64)   { e.buf = binary.AppendUvarint(e.buf, n) }
func (e *encoder) int(n int64)     { e.buf = binary.AppendVarint(e.buf, n) }
func (e *encoder) fixed(n uint64)  { e.buf = binary.LittleEndian.AppendUint64(e.buf, n) }
func (e *encoder) string(s string) { e.uint(uint64(len(s))); e.buf = append(e.buf, s...) }

// follow writes s as the length of what it has in common with the text before, and the rest.
func (e *encoder) follow(before, s string) {
	n := 0
	for n < min(len(before), len(s)) && before[n] == s[n] {
		n++
	}
	e.uint(uint64(n))
	e.string(s[n:])
}

// time writes a moment to the nanosecond; seconds and nanoseconds apart, since 64 bits of
// nanoseconds end in 2262 and a file's time may be anything. The zero Time is kept as such.
func (e *encoder) time(t time.Time) {
	if t.IsZero() {
		e.byte(0)
		return
	}
	e.byte(1)
	e.int(t.Unix())
	e.uint(uint64(t.Nanosecond()))
}

// decoder reads what encoder wrote. It trusts nothing: after the first piece that makes no sense
// bad is true and it returns zeros.
type decoder struct {
	buf []byte
	bad bool
}

// end reports whether all made sense and nothing is left.
func (d *decoder) end() bool { return !d.bad && len(d.buf) == 0 }

func (d *decoder) bytes(n int) []byte {
	if d.bad || n < 0 || n > len(d.buf) {
		d.bad = true
		return nil
	}
	b := d.buf[:n]
	d.buf = d.buf[n:]
	return b
}

func (d *decoder) byte() byte {
	b := d.bytes(1)
	if b == nil {
		return 0
	}
	return b[0]
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.buf)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.buf)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

func (d *decoder) fixed() uint64 {
	b := d.bytes(8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

func (d *decoder) string() string {
	n := d.uint()
	if n > uint64(len(d.buf)) {
		d.bad = true
		return ""
	}
	return string(d.bytes(int(n)))
}

func (d *decoder) follow(before string) string {
	n := d.uint()
	if n > uint64(len(before)) {
		d.bad = true
		return ""
	}
	return before[:n] + d.string()
}

func (d *decoder) time() time.Time {
	if d.byte() == 0 {
		return time.Time{}
	}
	s := d.int()
	return time.Unix(s, int64(d.uint()))
}
