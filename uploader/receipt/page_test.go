package receipt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/token"
)

// pageOf returns the page of jobs with these names, and of one that was not delivered.
func pageOf(t *testing.T, names ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, HTML, receiptInbox,
		By("0.1.0 <b>", time.Date(2026, 11, 30, 18, 0, 0, 0, time.UTC)),
		WithSums(func(j ledger.Job) source.Sums { return source.Sums{SHA256: strings.Repeat("\x0f", 32)} }),
		NotSent(func(visit func(ledger.Transfer, ledger.Job, string) error) error {
			return visit(ledger.Transfer{}, ledger.Job{Source: "late\u202e<i>"}, "It is <paused>.")
		}))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		j := deliveredJob(name)
		j.Source = name
		if err := w.Add(j); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestAPageRunsNothingAndNeedsNothing, whatever the names of files are: it has no element but those
// of a text, no address, and shows what can't be seen.
func TestAPageRunsNothingAndNeedsNothing(t *testing.T) {
	hostile := []string{
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "turned \u202egpj.exe", "bytes\xff",
		"two\nlines", "-->", "</bdi></table>", "שלום.txt", "&lt;", "zero\u200bwidth",
	}
	text := pageOf(t, hostile...)
	if bytes.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }) {
		t.Error("something in it can't be seen")
	}
	known := map[string]bool{}
	for _, tag := range strings.Fields("html head meta style title body h1 h2 dl dt dd p table thead tbody tr th td bdi small code") {
		known[tag] = true
	}
	shown := ""
	for z := html.NewTokenizer(bytes.NewReader(text)); z.Next() != html.ErrorToken; {
		switch token := z.Token(); token.Type {
		case html.StartTagToken, html.SelfClosingTagToken:
			if !known[token.Data] {
				t.Errorf("<%s> stands in it", token.Data)
			}
			for _, a := range token.Attr {
				if a.Key == "src" || a.Key == "href" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s=%q", a.Key, a.Val)
				}
			}
		case html.TextToken:
			shown += token.Data + "\n"
		}
	}
	for _, want := range []string{
		"<script>alert(1)</script>", `turned \u{202e}gpj.exe`, `bytes\xff`, `two\u{a}lines`, "שלום.txt", "&lt;",
		"10 files, 90 bytes (90 B)", "inbox.example/c/p", "Inbox Uploader 0.1.0 <b>", "2 Jan 2026, 02:04 UTC",
		`late\u{202e}<i>`, "It is <paused>.", "1 file\n", "30 Nov 2026, 18:00 UTC", strings.Repeat("0f", 32),
		"0xae8b14860a799888", "How to verify", "It did not say that it compared",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("it does not show %q", want)
		}
	}
	for _, from := range []string{"http:", "https:", "url(", "@import"} {
		if bytes.Contains(text, []byte(from)) {
			t.Errorf("%q stands in it", from)
		}
	}
}

// TestAPageReplacesAPageAndNothingElse, nor one that a person wrote something into.
func TestAPageReplacesAPageAndNothingElse(t *testing.T) {
	whole := string(pageOf(t, "a", "b"))
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"a page":             {whole, ErrKept}, // it names files, and this one none
		"of nothing":         {string(pageOf(t)), nil},
		"with a note":        {strings.Replace(whole, "<p>", "<p>Checked by me. ", 1), ErrNotReceipt},
		"with more behind":   {whole + "\n", ErrNotReceipt},
		"another page":       {"<!doctype html><p>Hello", ErrNotReceipt},
		"a large other page": {"<" + strings.Repeat("a", largestOfAll), ErrNotReceipt},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "r.html")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := Save(t.Context(), path, token.Inbox{}, none); !errors.Is(err, c.want) ||
				err != nil && c.want == nil {
				t.Error(err)
			}
			now, err := os.ReadFile(path)
			if err != nil || (string(now) == c.text) != (c.want != nil) {
				t.Errorf("afterwards it holds %.40q, %v", now, err)
			}
		})
	}
	if _, err := readAll(strings.NewReader(whole)); !errors.Is(err, ErrNotReceipt) {
		t.Error("a page is read as a receipt:", err)
	}
}

// TestALongPageSaysThatItIsNotAll, with the totals of all.
func TestALongPageSaysThatItIsNotAll(t *testing.T) {
	var names []string
	for i := range MostOnAPage + 5 {
		names = append(names, fmt.Sprintf("n%d", i))
	}
	text := string(pageOf(t, names...))
	if !strings.Contains(text, "10,005 files") || !strings.Contains(text, "And 5 more.") ||
		strings.Count(text, "<tr><td><bdi>n") != MostOnAPage {
		t.Error("it lists or counts wrong")
	}
	if n, err := countIn(strings.NewReader(text)); n != MostOnAPage+5 || err != nil {
		t.Error(n, err)
	}
}

// TestAReceiptSaysWhenAndByWhat: JSON has totals and period always, the rest where it is known.
func TestAReceiptSaysWhenAndByWhat(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, JSON, receiptInbox, By("0.1.0", time.Unix(0, 0)),
		WithSums(func(ledger.Job) source.Sums { return source.Sums{MD5: strings.Repeat("\xa0", 16)} }))
	if err == nil {
		err = errors.Join(w.Add(deliveredJob("a")), w.Add(deliveredJob("b")), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"totals": {"files":2,"bytes":18}`, `"version": "0.1.0"`, `"written_at": "1970-01-01T00:00:00Z"`,
		`"period": {"from":"2026-01-02T02:04:05Z","to":"2026-01-02T02:04:05Z"}`,
		`"md5":"` + strings.Repeat("a0", 16) + `"`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in %s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "sha256") {
		t.Error("it has what nobody knows")
	}
	if n, err := countIn(&out); n != 2 || err != nil {
		t.Error(n, err)
	}
}
