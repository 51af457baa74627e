package receipt

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/token"
)

// receiptFile writes a receipt of some lines.
func receiptFile(t *testing.T, format Format, to token.Inbox, lines ...Line) string {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, format, to)
	for _, l := range lines {
		err = errors.Join(err, w.Copy(l))
	}
	path := filepath.Join(t.TempDir(), "r")
	if err = errors.Join(err, w.Close(), os.WriteFile(path, out.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// lineTo is a delivery of so many bytes.
func lineTo(file string, size int64, hour int) Line {
	return Line{
		File: file, Written: file, Blob: "p/" + file, Bytes: size, CRC64: uint64(size) * 7,
		ETag: fmt.Sprintf(`"%d"`, hour), Inbox: receiptInbox.String(), Checked: true,
		Delivered: time.Date(2026, 1, 2, hour, 0, 0, 0, time.UTC),
	}
}

// TestMergedReceiptsSayWhatTheySaid, whichever of them is CSV or JSON, and names are odd.
func TestMergedReceiptsSayWhatTheySaid(t *testing.T) {
	odd := lineTo("run/=a\n\xff.txt", 3, 4)
	odd.Blob = "p/run/=a_.txt"
	elsewhere := lineTo("run/b", 3, 5)
	elsewhere.Inbox = "other.example/d"
	first := []Line{lineTo("run/a", 1, 1), odd}
	second := []Line{lineTo("run/b", 2, 2), elsewhere}
	for _, forms := range [][2]Format{{CSV, CSV}, {CSV, JSON}, {JSON, CSV}, {JSON, JSON}} {
		m, err := Merge(t.Context(), []string{
			receiptFile(t, forms[0], receiptInbox, first...),
			receiptFile(t, forms[1], receiptInbox, second...),
		})
		if err != nil {
			t.Fatal(err)
		}
		if m.Files != 4 || m.Bytes != 9 || m.Twice.Count != 0 || m.Contrary.Count != 0 {
			t.Errorf("%+v", m)
		}
		for _, l := range slices.Concat(first, second) {
			if !m.Has(l.File) {
				t.Errorf("no %q", l.File)
			}
		}
		if m.Has("run/c") || m.Has("a") {
			t.Error("it has what no receipt has")
		}
		for _, format := range []Format{CSV, JSON} {
			var out bytes.Buffer
			if err := m.Write(t.Context(), &out, format); err != nil {
				t.Fatal(err)
			}
			got, err := readAll(&out)
			for i := range got {
				got[i].Written = got[i].File
			}
			want := slices.Concat(first, second)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%v to %v: %v\n%s", forms, format, err, diff)
			}
		}
	}
}

// TestEarlierReceiptsMerge with those of today.
func TestEarlierReceiptsMerge(t *testing.T) {
	earlier, err := filepath.Glob("testdata/earlier/*")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Merge(t.Context(), append(earlier, receiptFile(t, JSON, receiptInbox, lineTo("new", 1, 1))))
	if err != nil || m.Files != 4 || m.Twice.Count != 3 || m.Contrary.Count != 0 {
		t.Errorf("%+v, %v", m, err)
	}
	var out bytes.Buffer
	if err := m.Write(t.Context(), &out, JSON); err != nil {
		t.Fatal(err)
	}
	if lines, err := readAll(&out); err != nil || len(lines) != 4 {
		t.Errorf("%v, %v", lines, err)
	}
}

// TestWhatStandsTwiceIsNamedAndStandsOnce: as it was delivered last, in whatever order.
func TestWhatStandsTwiceIsNamedAndStandsOnce(t *testing.T) {
	early, late := lineTo("run/a", 1, 1), lineTo("run/a", 1, 2)
	for _, order := range [][]Line{{early, late, early}, {late, early, late}} {
		var paths []string
		for _, l := range order {
			paths = append(paths, receiptFile(t, CSV, receiptInbox, l))
		}
		m, err := Merge(t.Context(), paths)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Named{1, []string{"p/run/a"}}, m.Twice); diff != "" || m.Files != 1 {
			t.Errorf("%+v\n%s", m, diff)
		}
		var out bytes.Buffer
		if err := m.Write(t.Context(), &out, CSV); err != nil {
			t.Fatal(err)
		}
		if lines, err := readAll(&out); err != nil || len(lines) != 1 || lines[0].ETag != `"2"` {
			t.Errorf("%v, %v", lines, err)
		}
	}
}

// TestContradictionsAreNamedOnceAndKept.
func TestContradictionsAreNamedOnceAndKept(t *testing.T) {
	one := receiptFile(t, CSV, receiptInbox, lineTo("a", 1, 1), lineTo("b", 1, 1))
	two := receiptFile(t, JSON, receiptInbox, lineTo("a", 2, 2), lineTo("a", 3, 3), lineTo("a", 1, 4))
	m, err := Merge(t.Context(), []string{one, two})
	if err != nil {
		t.Fatal(err)
	}
	want := Named{1, []string{"p/a (" + one + ", " + two + ")"}}
	if diff := cmp.Diff(want, m.Contrary); diff != "" || m.Files != 4 || m.Twice.Count != 1 {
		t.Errorf("%+v\n%s", m, diff)
	}
	path := filepath.Join(t.TempDir(), "all.json")
	if err := m.Save(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), `"blob":"p/a"`) != 3 {
		t.Errorf("%s, %v", text, err)
	}
}

// TestAFileOfNoInboxGetsNone: receipts did not always say where a file went, and the head's inbox
// would be said to be it.
func TestAFileOfNoInboxGetsNone(t *testing.T) {
	old := filepath.Join(t.TempDir(), "old.csv")
	text := "file,blob,bytes,crc64,crc64_hex,etag,request_id,delivered_at\r\n" +
		"x,x,9,iJh5CoYUi64=,0xae8b14860a799888,,,2026-01-02T02:04:05Z\r\n"
	if err := os.WriteFile(old, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Merge(t.Context(), []string{receiptFile(t, JSON, receiptInbox, lineTo("a", 1, 1)), old})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := m.Write(t.Context(), &out, JSON); err != nil {
		t.Fatal(err)
	}
	lines, err := readAll(&out)
	if err != nil || len(lines) != 2 || lines[0].Inbox != receiptInbox.String() ||
		lines[1].Inbox != "" {
		t.Errorf("%+v, %v", lines, err)
	}
}

// TestMergeSaysWhichIsNoReceipt, and notices one that changes meanwhile.
func TestMergeSaysWhichIsNoReceipt(t *testing.T) {
	good := receiptFile(t, CSV, receiptInbox, lineTo("a", 1, 1))
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, []byte("notes"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Merge(t.Context(), []string{good, bad})
	if not, ok := errors.AsType[*NotReceiptError](err); !ok || not.Path != bad ||
		!errors.Is(err, ErrNotReceipt) {
		t.Errorf("%v", err)
	}
	if _, err := Merge(t.Context(), []string{filepath.Join(bad, "x")}); err == nil {
		t.Error("no error of what is not there")
	}
	if _, err := Merge(t.Context(), []string{good + "-gone"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	m, err := Merge(t.Context(), []string{good})
	if err != nil {
		t.Fatal(err)
	}
	for _, lines := range [][]Line{{lineTo("a", 2, 1)}, {}} {
		if err := os.Rename(receiptFile(t, CSV, receiptInbox, lines...), good); err != nil {
			t.Fatal(err)
		}
		if err := m.Write(t.Context(), &bytes.Buffer{}, CSV); !errors.Is(err, ErrChanged) {
			t.Errorf("%v", err)
		}
	}
}
