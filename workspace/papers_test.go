package workspace

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/internal/sums"
	"inboxuploader/uploader/receipt"
)

// TestAPaperIsReadAsWhatItIs: a person drops a file, whatever it is called.
func TestAPaperIsReadAsWhatItIs(t *testing.T) {
	const (
		head = `{
"inbox": {"account":"","container":"ws1-7","prefix":"","storage":"trestore.blob.core.windows.net"},
"files": [
`
		here = `{"file":"/data/a","blob":"data/a","bytes":9,"crc64":"iJh5CoYUi64=",` +
			`"crc64_hex":"0xae8b14860a799888","etag":"\"0x8DE1\"","request_id":"",` +
			`"delivered_at":"2026-11-30T09:04:05Z"}`
		sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
		md5 = "900150983cd24fb0d6963f7d28e17f72"
	)
	elsewhere := strings.Replace(here, `"request_id":`,
		`"inbox":"trestore.blob.core.windows.net/ws1-8","request_id":`, 1)
	for name, c := range map[string]struct {
		text, folder string
		names        []string
		isList       bool
		others       int64
		err          string
	}{
		"receipt":                  {text: head + here + "\n]\n}\n", names: []string{"data/a"}},
		"receipt of several":       {text: head + here + ",\n" + elsewhere + "\n]\n}\n", names: []string{"data/a"}, others: 1},
		"receipt of another inbox": {text: head + elsewhere + "\n]\n}\n", others: 1, err: "other inbox"},
		"receipt cut off":          {text: head + here, names: []string{"data/a"}, err: "no receipt"},
		"sha256":                   {text: sum + "  a.txt\n", folder: "data", names: []string{"data/a.txt"}, isList: true},
		"md5":                      {text: "# made by hand\n" + md5 + " *a.txt\n", folder: "/data/", names: []string{"data/a.txt"}, isList: true},
		"list with a broken line":  {text: sum + "  a.txt\nnonsense\n", names: []string{"a.txt"}, isList: true, err: "line"},
		"a letter":                 {text: "Dear data manager,\n", err: "no paper"},
		"a picture":                {text: "\x89PNG\r\n\x1a\n\x00", err: "no paper"},
		"another JSON":             {text: `{"a":1}`, err: "no paper"},
		"nothing":                  {isList: true},
	} {
		t.Run(name, func(t *testing.T) {
			var s Statements
			isList, others, err := s.AddPaper(strings.NewReader(c.text), "ws1-7", c.folder)
			kind := ""
			var line *sums.LineError
			var other *OtherInboxError
			switch {
			case errors.Is(err, receipt.ErrNotReceipt):
				kind = "no receipt"
			case errors.Is(err, ErrNotPaper):
				kind = "no paper"
			case errors.As(err, &line):
				kind = "line"
			case errors.As(err, &other):
				kind = "other inbox"
			case err != nil:
				t.Fatal(err)
			}
			if kind != c.err || isList != c.isList || others != c.others {
				t.Errorf("a list: %v, %d others, %q; want %v, %d, %q", isList, others, kind, c.isList,
					c.others, c.err)
			}
			if diff := cmp.Diff(c.names, s.Missing()); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAListIsWrittenForProgramsAndSpreadsheets: names can't act in either.
func TestAListIsWrittenForProgramsAndSpreadsheets(t *testing.T) {
	files := func(yield func(File, error) bool) {
		_ = yield(File{Name: "data/a.txt", Size: 3, ETag: `"0x1"`, MD5: []byte{0xab}}, nil) &&
			yield(File{Name: "=HYPERLINK(1)", Size: 4}, nil) &&
			yield(File{Name: "a\x1b[2J,\u202e", Size: 5}, nil)
	}
	var table, object strings.Builder
	if err := WriteCSV(&table, files); err != nil {
		t.Fatal(err)
	}
	if err := WriteJSON(&object, "ws1", 7, files); err != nil {
		t.Fatal(err)
	}
	want := "name,bytes,arrived,md5,etag\n" +
		"data/a.txt,3,0001-01-01T00:00:00Z,ab,\"\"\"0x1\"\"\"\n" +
		"'=HYPERLINK(1),4,0001-01-01T00:00:00Z,,\n" +
		"\"a\\u{1b}[2J,\\u{202e}\",5,0001-01-01T00:00:00Z,,\n"
	if diff := cmp.Diff(want, table.String()); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
	got := object.String()
	for _, part := range []string{
		`"container": "ws1-7"`, `{"name":"data/a.txt","bytes":3,`, `\u001b[2J,\u202e`,
		`"files_total": 3`, `"bytes_total": 12`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("the object lacks %s:\n%s", part, got)
		}
	}
	failing := func(yield func(File, error) bool) { yield(File{}, newError("list", ServiceBusy)) }
	if WriteCSV(&table, failing) == nil || WriteJSON(&object, "ws1", 7, failing) == nil {
		t.Error("a list that broke off counts as whole")
	}
}
