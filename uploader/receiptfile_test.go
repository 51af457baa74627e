package uploader

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"inboxuploader/uploader/token"
)

// TestAReceiptReplacesNothingButAReceipt: neither before anything is sent nor, where a file came meanwhile, at the end.
func TestAReceiptReplacesNothingButAReceipt(t *testing.T) {
	none := func(context.Context, func(Transfer, Job) error) error { return nil }
	dir := t.TempDir()
	earlier := map[string]string{}
	for _, format := range []string{"csv", "json"} {
		path := filepath.Join(dir, "earlier."+format)
		if err := SaveReceipt(t.Context(), path, token.Inbox{}, none); err != nil {
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
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "r.csv")
			if err := os.WriteFile(path, []byte(c.there), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := TryReceipt(path); !errors.Is(err, c.want) {
				t.Errorf("TryReceipt: %v, want %v", err, c.want)
			}
			if err := SaveReceipt(t.Context(), path, token.Inbox{}, none); !errors.Is(err, c.want) {
				t.Errorf("SaveReceipt: %v, want %v", err, c.want)
			}
			now, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if kept := string(now) == c.there; kept != (c.want != nil) && c.there != earlier["csv"] {
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
		if err := TryReceipt(link); !errors.Is(err, ErrNotReceipt) {
			t.Errorf("%v", err)
		}
	})
}
