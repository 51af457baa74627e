package pack_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"inboxuploader/internal/pack"
)

// TestWhatIsWrittenIsRead, and cut short or with something behind it is told from it.
func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.Byte().Draw(t, "byte")
		u, f := rapid.Uint64().Draw(t, "number"), rapid.Uint64().Draw(t, "eight bytes")
		i := rapid.Int64().Draw(t, "signed number")
		before, text := rapid.String().Draw(t, "text before"), rapid.String().Draw(t, "text")
		moment := time.Unix(rapid.Int64Range(math.MinInt32*100, math.MaxInt32*100).Draw(t,
			"seconds"),
			rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
		if rapid.Bool().Draw(t, "no moment") {
			moment = time.Time{}
		}
		var w pack.Writer
		w.Byte(b)
		w.Uint(u)
		w.Int(i)
		w.Fixed(f)
		w.Text(text)
		w.Follow(before, text)
		w.Time(moment)
		read := func(data []byte) (*pack.Reader, bool) {
			r := &pack.Reader{Buf: data}
			return r, r.Byte() == b && r.Uint() == u && r.Int() == i && r.Fixed() == f &&
				r.Text() == text &&
				r.Follow(before) == text && r.Time().Equal(moment)
		}
		if r, same := read(w.Buf); !same || !r.End() {
			t.Fatalf("same: %t, %+v", same, r)
		}
		cut := rapid.IntRange(0, len(w.Buf)-1).Draw(t, "cut at")
		if r, _ := read(w.Buf[:cut]); r.End() {
			t.Fatalf("cut at %d of %d it passes for whole", cut, len(w.Buf))
		}
		if r, _ := read(append(slices.Clone(w.Buf), 0)); r.End() {
			t.Fatal("something behind it was not noticed")
		}
	})
}
