package receipt

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/token"
)

var receiptInbox = token.Inbox{Host: "inbox.example", Container: "c", Prefix: "p"}

func deliveredJob(blob string) ledger.Job {
	return ledger.Job{
		Blob: blob, Size: 9, State: ledger.Delivered, CRC64: 0xae8b14860a799888,
		Answer: ledger.Answer{ETag: `"0x1"`, RequestID: "r-1", Date: time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))},
	}
}

func writeReceipt(t *testing.T, format Format, files map[string]ledger.Job) string {
	t.Helper()
	var out bytes.Buffer
	r, err := NewWriter(&out, format, receiptInbox)
	if err != nil {
		t.Fatal(err)
	}
	for name, j := range files {
		j.Source = name
		if err := r.Add(j); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestReceiptCSV(t *testing.T) {
	failed := deliveredJob("never")
	failed.State = ledger.Failed
	got := writeReceipt(t, CSV,
		map[string]ledger.Job{"d/a, \"b\".txt": deliveredJob("p/d/a, \"b\".txt"), "never": failed})
	want := "file,blob,bytes,crc64,crc64_hex,etag,request_id,delivered_at,inbox,checked,modified_at,sha256,md5\r\n" +
		`"d/a, ""b"".txt","p/d/a, ""b"".txt",9,iJh5CoYUi64=,0xae8b14860a799888,"""0x1""",r-1,2026-01-02T02:04:05Z,inbox.example/c/p,false,,,` + "\r\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestAReceiptHasWhenFilesWereModified, in UTC whatever this computer's zone is.
func TestAReceiptHasWhenFilesWereModified(t *testing.T) {
	j := deliveredJob("a.txt")
	j.ModTime = time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.FixedZone("", 3600))
	for format, want := range map[Format]string{
		CSV: ",false,2026-01-02T02:04:05.6Z,,\r\n", JSON: `,"modified_at":"2026-01-02T02:04:05.6Z"}`,
	} {
		got := writeReceipt(t, format, map[string]ledger.Job{"a.txt": j})
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
		if n, err := countIn(strings.NewReader(got)); n != 1 || err != nil {
			t.Errorf("it names %d files: %v", n, err)
		}
	}
}

func TestReceiptJSON(t *testing.T) {
	for name, files := range map[string]map[string]ledger.Job{
		"none": {}, "one": {"=a\n<b>": deliveredJob("=a_<b>")},
		"two": {"a": deliveredJob("a"), "b": deliveredJob("b")},
	} {
		t.Run(name, func(t *testing.T) {
			var got struct {
				Inbox map[string]string
				Files []wireLine
			}
			if err := json.Unmarshal([]byte(writeReceipt(t, JSON, files)), &got); err != nil {
				t.Fatal(err)
			}
			if len(got.Files) != len(files) || got.Inbox["container"] != "c" {
				t.Errorf("%+v", got)
			}
			for _, f := range got.Files {
				if j, ok := files[f.File]; !ok || j.Blob != f.Blob || f.CRC64 != "iJh5CoYUi64=" {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}

// TestAReceiptSaysOfEachFileWhereItWent: there may be several inboxes, and nothing is said of
// folders on the sender's computer.
func TestAReceiptSaysOfEachFileWhereItWent(t *testing.T) {
	home := t.TempDir()
	for format, want := range map[Format][]string{
		CSV:  {"run/a.txt,", "inbox.example/c/p,true,,,\r\n", "b.txt,", "other.example/d,false,,,\r\n"},
		JSON: {`"file":"run/a.txt"`, `"delivered_at":"2026-01-02T02:04:05Z","checked":true}`, `"file":"b.txt"`, `"inbox":"other.example/d","checked":false}`},
	} {
		var out bytes.Buffer
		r, err := NewWriter(&out, format, receiptInbox)
		if err != nil {
			t.Fatal(err)
		}
		for to, file := range map[token.Inbox]string{receiptInbox: "run/a.txt", {Host: "other.example", Container: "d"}: "b.txt"} {
			root, _, _ := strings.Cut(file, "/")
			transfer := ledger.Transfer{Roots: []string{filepath.Join(home, root)}}
			transfer.Options.Scan.Inbox = to
			if to == receiptInbox {
				transfer.Checks = ledger.ChecksAll
			}
			j := deliveredJob("blob")
			j.Source = filepath.Join(home, filepath.FromSlash(file))
			r.Begin(transfer)
			if err := r.Add(j); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		for _, part := range want {
			if !strings.Contains(out.String(), part) {
				t.Errorf("without %q:\n%s", part, out.String())
			}
		}
		if strings.Contains(out.String(), filepath.Base(home)) {
			t.Errorf("it says where the files lie:\n%s", out.String())
		}
	}
}

func TestReceiptCellsCanNotActInASpreadsheetOrATerminal(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[=+@-].*`),
			rapid.Map(rapid.SliceOf(rapid.Byte()),
				func(b []byte) string { return string(b) })).Draw(r, "name")
		records, err := csv.NewReader(strings.NewReader(writeReceipt(t, CSV,
			map[string]ledger.Job{name: deliveredJob(name)}))).ReadAll()
		if err != nil || len(records) != 2 {
			r.Fatalf("%d records, %v", len(records), err)
		}
		for _, c := range records[1][:2] {
			if strings.ContainsFunc(c, func(r rune) bool { return !unicode.IsPrint(r) }) ||
				c != "" && strings.ContainsRune("=+-@", rune(c[0])) {
				r.Errorf("cell %q", c)
			}
		}
	})
}

// torn fails after some bytes.
type torn struct{ left int }

func (w *torn) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errTorn
	}
	return len(p), nil
}

var errTorn = errors.New("torn")

func TestReceiptReportsWhatCouldNotBeWritten(t *testing.T) {
	for _, format := range []Format{CSV, JSON} {
		var w io.Writer = &torn{10}
		r, err := NewWriter(w, format, receiptInbox)
		for i := 0; err == nil && i < 3; i++ {
			err = r.Add(deliveredJob("a"))
		}
		if err == nil {
			err = r.Close()
		}
		if !errors.Is(err, errTorn) {
			t.Errorf("format %d: %v", format, err)
		}
	}
}
