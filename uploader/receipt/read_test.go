package receipt

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"inboxuploader/uploader/token"
)

// readAll returns what a receipt says.
func readAll(r io.Reader) (lines []Line, err error) {
	for l, err := range Read(r) {
		if err != nil {
			return lines, err
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// TestReceiptsOfEarlierVersionsAreRead: testdata/earlier has, under the name of what was new then,
// what each version wrote of the same three files.
func TestReceiptsOfEarlierVersionsAreRead(t *testing.T) {
	const inbox = "trestore.blob.core.windows.net/7f3a/may"
	common := Line{
		ETag: `"0x8DE1"`, RequestID: "0fa1a3c2-001e-0001-0000-000000000000", Inbox: inbox,
		Delivered: time.Date(2026, 11, 30, 9, 4, 5, 0, time.UTC), Checked: true,
		Modified: time.Date(2026, 11, 1, 9, 0, 0, 5e8, time.UTC),
	}
	quoted, odd, command := common, common, common
	quoted.File, quoted.Blob = `run/a, "b".txt`, `may/run/a, "b".txt`
	quoted.Bytes, quoted.CRC64 = 9, 0xae8b14860a799888
	odd.File, odd.Blob = "run/caf\xe9\n\u202e.txt", "may/run/caf_.txt"
	command.File, command.Blob, command.Inbox = "=cmd", "=cmd", "127.0.0.1:10000/dev/c"
	command.Bytes, command.CRC64 = 9, 0xae8b14860a799888
	command.Checked, command.Modified = false, time.Time{}
	want := []Line{quoted, odd, command}

	files, err := filepath.Glob("testdata/earlier/*")
	if err != nil || len(files) != 6 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := readAll(iotest.OneByteReader(bytes.NewReader(text)))
			if err != nil {
				t.Fatal(err)
			}
			version, format, _ := strings.Cut(filepath.Base(file), ".")
			wanted := make([]Line, len(want))
			for i, l := range want {
				if format == "csv" {
					l.Written = Cell(l.File)
				} else {
					l.Written = strings.ToValidUTF8(l.File, "\uFFFD")
				}
				if version != "modified_at" {
					l.Modified = time.Time{}
				}
				if version == "inbox" {
					l.Checked = false
				}
				if version == "inbox" && format == "json" {
					l.File = l.Written // it had no file_base64 yet
				}
				wanted[i] = l
			}
			if diff := cmp.Diff(wanted, got); diff != "" {
				t.Error(diff)
			}
			if n, err := countIn(bytes.NewReader(text)); n != 3 || err != nil {
				t.Errorf("a newer receipt does not replace it: %d, %v", n, err)
			}
		})
	}
}

// TestWhatIsWrittenIsRead, whatever the names are, in either format.
func TestWhatIsWrittenIsRead(t *testing.T) {
	name := rapid.OneOf(rapid.String(), rapid.StringMatching(`'?[=+@-]?.*`),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	rapid.Check(t, func(r *rapid.T) {
		var want []Line
		for range rapid.IntRange(0, 3).Draw(r, "files") {
			want = append(want, Line{
				File: name.Draw(r, "file"), Blob: rapid.String().Draw(r, "blob"),
				Bytes: rapid.Int64Range(0, 1<<40).Draw(r, "bytes"),
				CRC64: rapid.Uint64().Draw(r, "crc"), ETag: `"0x1"`, RequestID: "r",
				SHA256:    rapid.SampledFrom([]string{"", strings.Repeat("0f", 32)}).Draw(r, "sha256"),
				MD5:       rapid.SampledFrom([]string{"", strings.Repeat("a0", 16)}).Draw(r, "md5"),
				Delivered: time.Unix(rapid.Int64Range(1, 1<<31).Draw(r, "delivered"), 0).UTC(),
				Modified:  time.Unix(0, rapid.Int64Range(1, 1<<60).Draw(r, "modified")).UTC(),
				Inbox:     rapid.SampledFrom([]string{receiptInbox.String(), "other/c"}).Draw(r, "inbox"),
				Checked:   rapid.Bool().Draw(r, "checked"),
			})
		}
		for _, format := range []Format{CSV, JSON} {
			var out bytes.Buffer
			w, err := NewWriter(&out, format, receiptInbox)
			if err != nil {
				r.Fatal(err)
			}
			for _, l := range want {
				if err := w.Copy(l); err != nil {
					r.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				r.Fatal(err)
			}
			got, err := readAll(bytes.NewReader(out.Bytes()))
			if err != nil {
				r.Fatal(err, out.String())
			}
			for i, l := range got {
				if l.File != want[i].File && l.Written != want[i].File {
					r.Errorf("%q became %q, %q", want[i].File, l.File, l.Written)
				}
				// CSV can't tell a name that looks like a written-out one from one that was
				// written out.
				got[i].File, got[i].Written, got[i].Blob = want[i].File, "", want[i].Blob
			}
			if diff := cmp.Diff(want, got); diff != "" {
				r.Error(diff)
			}
			if _, err := countIn(bytes.NewReader(out.Bytes())); err != nil {
				r.Error("a receipt does not replace it:", err)
			}
		}
	})
}

// TestAReceiptsHeadIsRead, of JSON, which has one.
func TestAReceiptsHeadIsRead(t *testing.T) {
	to := token.Inbox{Host: "127.0.0.1:1", Account: "a", Container: "c", Prefix: "p/q"}
	var out bytes.Buffer
	w, err := NewWriter(&out, JSON, to)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(&out)
	if err != nil || r.Inbox() != to {
		t.Fatal(r, err)
	}
	for range 2 {
		if _, err := r.Next(); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	}
}

// TestWhatIsNoReceiptIsNotRead as one, and what was changed by hand is told where it shows.
func TestWhatIsNoReceiptIsNotRead(t *testing.T) {
	const good = `{"file":"a","blob":"a","bytes":9,"crc64":"iJh5CoYUi64=",` +
		`"crc64_hex":"0xae8b14860a799888","delivered_at":"2026-11-30T09:04:05Z"`
	in := func(line string) string {
		return `{"inbox":{"account":""},"files":[` + line + `]}`
	}
	const head = "file,blob,bytes,crc64,crc64_hex,delivered_at\r\n"
	for name, c := range map[string]struct {
		text  string
		lines int // before that is noticed
		want  error
	}{
		"nothing":                   {"", 0, ErrNotReceipt},
		"another table":             {"file,size\r\na,1\r\n", 0, ErrNotReceipt},
		"a page":                    {"<!doctype html>", 0, ErrNotReceipt},
		"a receipt":                 {in(good + "}"), 1, nil},
		"of a later version":        {in(good+`,"new":[{}]}`) + "\n", 1, nil},
		"a later version's end":     {`{"inbox":{"account":""},"files":[],"new":{"a":[1]}}`, 0, nil},
		"cut off in a line":         {in(good + "}")[:80], 0, ErrNotReceipt},
		"cut off between lines":     {`{"inbox":{"account":""},"files":[` + good + "},", 1, ErrNotReceipt},
		"cut off before the end":    {`{"inbox":{"account":""},"files":[` + good + "}]", 1, ErrNotReceipt},
		"a second text behind":      {in(good+"}") + "{}", 1, ErrNotReceipt},
		"negative bytes":            {strings.Replace(in(good+"}"), ":9,", ":-9,", 1), 0, ErrNotReceipt},
		"one checksum replaced":     {strings.Replace(in(good+"}"), "0xae", "0xaf", 1), 0, ErrNotReceipt},
		"a short SHA-256":           {in(good + `,"sha256":"00ff"}`), 0, ErrNotReceipt},
		"a SHA-256 of other digits": {in(good + `,"sha256":"` + strings.Repeat("xy", 32) + `"}`), 0, ErrNotReceipt},
		"an MD5":                    {in(good + `,"md5":"` + strings.Repeat("AB", 16) + `"}`), 1, nil},
		"no date":                   {strings.Replace(in(good+"}"), "2026-11", "Nov 26", 1), 0, ErrNotReceipt},
		"no base64":                 {in(good + `,"file_base64":"*"}`), 0, ErrNotReceipt},
		"fewer files than it says":  {strings.Replace(in(good+"}"), "]}", `],"totals":{"files":2,"bytes":9}}`, 1), 1, ErrNotReceipt},
		"other bytes than it says":  {strings.Replace(in(good+"}"), "]}", `],"totals":{"files":1,"bytes":8}}`, 1), 1, ErrNotReceipt},
		"as many as it says":        {strings.Replace(in(good+"}"), "]}", `],"totals":{"files":1,"bytes":9}}`, 1), 1, nil},
		"a table with nothing":      {head, 0, nil},
		"a table's short line":      {head + "a,a,1\r\n", 0, ErrNotReceipt},
		"a table's forged line":     {head + "a,a,9,iJh5CoYUi64=,0x1,\r\n", 0, ErrNotReceipt},
		"a table's odd tick": {strings.Replace(head, "\r", ",checked\r", 1) +
			"a,a,9,iJh5CoYUi64=,0xae8b14860a799888,,perhaps\r\n", 0, ErrNotReceipt},
	} {
		t.Run(name, func(t *testing.T) {
			lines, err := readAll(strings.NewReader(c.text))
			if !errors.Is(err, c.want) || (err != nil) != (c.want != nil) || len(lines) != c.lines {
				t.Errorf("%d lines, %v; want %d, %v", len(lines), err, c.lines, c.want)
			}
		})
	}
	if _, err := readAll(iotest.ErrReader(errTorn)); !errors.Is(err, errTorn) {
		t.Errorf("a disk's error became %v", err)
	}
}

// endless is a text without an end, which begins like a receipt.
type endless struct {
	begin string
	more  byte
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.begin)
	e.begin = e.begin[n:]
	for i := n; i < len(p); i++ {
		p[i] = e.more
	}
	return len(p), nil
}

// TestAnEndlessLineIsNotRead to its end, nor kept.
func TestAnEndlessLineIsNotRead(t *testing.T) {
	const json = `{"inbox":{"account":""},"files":[`
	for name, text := range map[string]*endless{
		"a cell":         {strings.Join(columns[:5], ",") + "\r\n\"", 'a'},
		"a header":       {"file,", ','},
		"empty lines":    {strings.Join(columns[:5], ",") + "\r\n", '\n'},
		"a text":         {json + `{"file":"`, 'a'},
		"a number":       {json + `{"bytes":`, '1'},
		"depth":          {json, '['},
		"an empty space": {json, ' '},
		"before a head":  {"{", '\n'},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := readAll(text)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, ErrNotReceipt) {
				t.Error(err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
				t.Errorf("it took %d MiB", took>>20)
			}
		})
	}
}

// FuzzNoReceiptContradictsItself: whatever the text, it is read to an end without a panic, and what
// is read can be written and read again to the same.
func FuzzNoReceiptContradictsItself(f *testing.F) {
	files, err := filepath.Glob("testdata/earlier/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		lines, err := readAll(bytes.NewReader(text))
		if err != nil && !errors.Is(err, ErrNotReceipt) {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w, err := NewWriter(&out, JSON, token.Inbox{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range lines {
			if lines[i].Bytes < 0 {
				t.Errorf("%d bytes", lines[i].Bytes)
			}
			if err := w.Copy(lines[i]); err != nil {
				t.Fatal(err)
			}
			lines[i].Delivered = lines[i].Delivered.Truncate(time.Second)
			// Names of files alone may be no UTF-8.
			for _, text := range []*string{
				&lines[i].Blob, &lines[i].ETag, &lines[i].RequestID, &lines[i].Inbox,
			} {
				*text = string([]rune(*text))
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := readAll(&out)
		if err != nil {
			t.Fatal(err)
		}
		ignore := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Written" },
			cmp.Ignore())
		if diff := cmp.Diff(lines, again, ignore); diff != "" {
			t.Error(diff)
		}
	})
}
