package journal

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
)

// filled sets each field of a value, however deep, to something that is not zero. Strings get bytes
// that are no UTF-8.
func filled(t *testing.T, r *rapid.T, v reflect.Value) {
	t.Helper()
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(rapid.Int64Range(1, 1<<36).Draw(r, "seconds"), 0).UTC()))
		return
	case ledger.Owner:
		return // has a column of its own
	case *scan.Record:
		return // is of one call
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString(string(rapid.SliceOfN(rapid.Byte(), 1, 12).Draw(r, "text")))
	case reflect.Uint8:
		v.SetUint(rapid.Uint64Range(1, 255).Draw(r, "number"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64Range(1, 1<<(v.Type().Bits()-4)).Draw(r, "number"))
	case reflect.Float64:
		v.SetFloat(rapid.Float64Range(0.1, 1e12).Draw(r, "number"))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			filled(t, r, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(scan.SkipJunk), reflect.ValueOf(int64(5)))
	case reflect.Struct:
		for i := range v.NumField() {
			filled(t, r, v.Field(i))
		}
	default:
		t.Fatalf("a field of kind %s: teach this test about it", v.Kind())
	}
}

// TestRowsKeepEachField fails when a field is added to what the engine hands over and not to its
// row.
func TestRowsKeepEachField(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var want ledger.Transfer
		filled(t, r, reflect.ValueOf(&want).Elem())
		for i := range want.SkippedPaths {
			want.SkippedPaths[i].Reason = scan.SkipFIFO // these are words of the program's
		}
		for i := range want.NameNotes {
			want.NameNotes[i].Warnings = []scan.NameWarning{scan.WarnReserved}
		}
		want.ID, want.Seen = 0, time.Time{} // have columns of their own
		want.Options.Scan.Receipt = ""      // is that of the run
		want.Options.Scan.Local = false     // is of no transfer
		data, err := encodeTransfer(&want)
		if err != nil {
			r.Fatal(err)
		}
		got, err := decodeTransfer(data)
		if err != nil {
			r.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			r.Errorf("%+v became %+v", want, got)
		}
	})
	rapid.Check(t, func(r *rapid.T) {
		var want inboxes.Record
		filled(t, r, reflect.ValueOf(&want).Elem())
		data, err := encodeRecord(&want)
		if err != nil {
			r.Fatal(err)
		}
		got, err := decodeRecord(want.ID, data)
		if err != nil {
			r.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			r.Errorf("%+v became %+v", want, got)
		}
	})
}

func FuzzTextComesBack(f *testing.F) {
	for _, s := range []string{"", "a", "\x00", "\x00abc", "\xff", "é", "a\x00b", "\u2028", "\ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := json.Marshal(text(s))
		if err != nil {
			t.Fatal(err)
		}
		var back text
		if err := json.Unmarshal(b, &back); err != nil || string(back) != s {
			t.Errorf("%q became %q (%v) by %s", s, back, err, b)
		}
	})
}

// FuzzRowsNeverPanic decodes any bytes as each kind of row. What decodes must encode to something
// that decodes to the same.
func FuzzRowsNeverPanic(f *testing.F) {
	for _, s := range []string{
		"", "{}", "null", "[]",
		`{"Roots":["a","\u0000/w=="],"Skipped":{"junk":3},"Created":"2026-02-03T04:05:06Z"}`,
		`{"Verb":"pause","Jobs":[1,-1,9223372036854775807]}`, `{"Jobs":[]}`, `{"Speed":1e999}`,
		`{"Created":"x"}`, `{"Roots":["\u0000%"]}`,
		`{"Inbox":{"Host":"h"},"Name":"n","ValidTo":"2026-02-03T04:05:06+01:00"}`,
		strings.Repeat("[", 20_000),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if x, err := decodeTransfer(data); err == nil {
			again(t, func() ([]byte, error) { return encodeTransfer(&x) },
				func(b []byte) ([]byte, error) {
					y, err := decodeTransfer(b)
					if err != nil {
						return nil, err
					}
					return encodeTransfer(&y)
				})
		}
		if x, err := decodeRecord("id", data); err == nil {
			again(t, func() ([]byte, error) { return encodeRecord(&x) },
				func(b []byte) ([]byte, error) {
					y, err := decodeRecord("id", b)
					if err != nil {
						return nil, err
					}
					return encodeRecord(&y)
				})
		}
		if x, err := decodeCommand(1, data); err == nil {
			again(t, func() ([]byte, error) { return encodeCommand(&x) },
				func(b []byte) ([]byte, error) {
					y, err := decodeCommand(1, b)
					if err != nil {
						return nil, err
					}
					return encodeCommand(&y)
				})
		}
	})
}

func again(t *testing.T, encode func() ([]byte, error), decode func([]byte) ([]byte, error)) {
	t.Helper()
	first, err := encode()
	if err != nil {
		return // such as a year that JSON can't say
	}
	second, err := decode(first)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("%s became %s, %v", first, second, err)
	}
}

// FuzzDamagedDatabaseOpens alters bytes of a database, cuts it, or puts others in its place. Open
// must succeed, and all that it then has must be readable.
func FuzzDamagedDatabaseOpens(f *testing.F) {
	var whole []byte
	f.Add([]byte{0, 0, 16, 255}, uint32(0), false)
	f.Add([]byte{1, 32, 0, 1, 0, 96, 200, 7}, uint32(20_000), false)
	f.Add([]byte("SQLite format 3\x00"), uint32(0), true)
	f.Fuzz(func(t *testing.T, edits []byte, cut uint32, replace bool) {
		if whole == nil {
			dir := t.TempDir()
			whole = []byte(content(t, filepath.Dir(someBatches(t, dir, 4))))
		}
		data := bytes.Clone(whole)
		if replace {
			data = edits
		}
		for ; !replace && len(edits) >= 4; edits = edits[4:] { // three bytes of where, one of what
			at := (int(edits[0])<<16 | int(edits[1])<<8 | int(edits[2])) % len(data)
			data[at] ^= edits[3]
		}
		if cut > 0 && int(cut) < len(data) {
			data = data[:cut]
		}
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, "queue.db"), data)
		j, _ := openFine(t, dir, Options{network: func(string) bool { return false }})
		c, err := j.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		holds(t, j, len(c.Batches))
	})
}
