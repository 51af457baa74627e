package receipt

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/token"
)

// none delivers nothing.
func none(context.Context, func(ledger.Transfer, ledger.Job) error) error { return nil }

// TestAReceiptReplacesNothingButAReceipt: neither before anything is sent nor, where a file came
// meanwhile, at the end.
func TestAReceiptReplacesNothingButAReceipt(t *testing.T) {
	dir := t.TempDir()
	earlier := map[string]string{}
	for _, format := range []string{"csv", "json"} {
		path := filepath.Join(dir, "earlier."+format)
		if err := Save(t.Context(), path, token.Inbox{}, none); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		earlier[format] = string(text)
	}
	for name, c := range map[string]struct {
		there string
		want  error
	}{
		"an empty file":        {"", nil},
		"a receipt":            {earlier["csv"], nil},
		"a JSON receipt":       {earlier["json"], nil},
		"of another version":   {"file,blob,bytes,crc64,sha256\r\n", nil},
		"a table":              {"file,blob,note\r\n", ErrNotReceipt},
		"a short text":         {"file", ErrNotReceipt},
		"another JSON":         {"{\n\"inbox\": 1}", ErrNotReceipt},
		"a file of zeros":      {string(make([]byte, 1<<20)), ErrNotReceipt},
		"behind an empty line": {"\n" + earlier["csv"], ErrNotReceipt},

		"a receipt's head over a table":    {earlier["csv"] + "a,a,1,x,y,,,,,\r\n", ErrNotReceipt},
		"a receipt with a person's column": {"file,blob,bytes,crc64,note\r\na,a,1,x,keep this\r\n", ErrNotReceipt},
		"a receipt with a person's line":   {earlier["csv"] + "to be checked again\r\n", ErrNotReceipt},
		"a JSON that begins alike":         {"{\n\"inbox\": {\"account\":\"a\"},\n\"results\": []}", ErrNotReceipt},
		"a JSON with more behind":          {earlier["json"] + "{}", ErrNotReceipt},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "r.csv")
			if err := os.WriteFile(path, []byte(c.there), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := Try(path); !errors.Is(err, c.want) {
				t.Errorf("Try: %v, want %v", err, c.want)
			}
			if err := Save(t.Context(), path, token.Inbox{}, none); !errors.Is(err, c.want) {
				t.Errorf("Save: %v, want %v", err, c.want)
			}
			now, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if kept := string(now) == c.there; kept != (c.want != nil) &&
				c.there != earlier["csv"] {
				t.Errorf("afterwards it holds %.40q", now)
			}
			if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
				t.Errorf("%v, %v", left, err)
			}
		})
	}
	t.Run("a link", func(t *testing.T) {
		link := filepath.Join(t.TempDir(), "r.csv")
		if err := os.Symlink(filepath.Join(dir, "earlier.csv"), link); err != nil {
			t.Skip("no links here:", err)
		}
		if err := Try(link); !errors.Is(err, ErrNotReceipt) {
			t.Errorf("%v", err)
		}
	})
}

// TestAReceiptOfNothingReplacesNone that names files, in either format and whatever the files'
// names.
func TestAReceiptOfNothingReplacesNone(t *testing.T) {
	for _, name := range []string{"r.csv", "r.json"} {
		path := filepath.Join(t.TempDir(), name)
		some := func(_ context.Context, visit func(ledger.Transfer, ledger.Job) error) error {
			for i := range 300 {
				j := deliveredJob("a,\"b\"\n")
				j.Source, j.CRC64 = "=x\xff", uint64(i)<<56|uint64(i) // of all beginnings that a checksum can have
				if err := visit(ledger.Transfer{}, j); err != nil {
					return err
				}
			}
			return nil
		}
		for range 2 {
			if err := Save(t.Context(), path, token.Inbox{}, some); err != nil {
				t.Fatal(name, err)
			}
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := Save(t.Context(), path, token.Inbox{}, none); !errors.Is(err, ErrKept) {
			t.Errorf("%s: %v", name, err)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != string(before) {
			t.Errorf("%s: %v, it was changed", name, err)
		}
		if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
			t.Errorf("%v, %v", left, err)
		}
	}
}
