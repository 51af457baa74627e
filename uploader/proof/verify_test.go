package proof_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/internal/crc64"
	"inboxuploader/uploader/proof"
	"inboxuploader/uploader/receipt"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/token"
)

// line returns what a receipt says of a file of that content.
func line(name, content string) receipt.Line {
	h := source.NewHasher(source.SHA256 | source.MD5)
	_, _ = h.Write([]byte(content))
	return receipt.Line{
		File: name, Blob: name, Bytes: int64(len(content)), CRC64: crc64.Checksum([]byte(content)),
		SHA256: fmt.Sprintf("%x", h.Sums().SHA256), Delivered: time.Unix(1_000_000, 0),
		Modified: time.Unix(1, 0), Inbox: "inbox.example/c",
	}
}

// writeReceipt writes a receipt and returns its path.
func writeReceipt(t *testing.T, name string, lines ...receipt.Line) string {
	t.Helper()
	format := receipt.JSON
	if strings.HasSuffix(name, ".csv") {
		format = receipt.CSV
	}
	var out bytes.Buffer
	w, err := receipt.NewWriter(&out, format, token.Inbox{Host: "inbox.example", Container: "c"})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if err := w.Copy(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, filepath.Join(t.TempDir(), name), out.String())
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// verify returns what is other than the document says, a line each, and the totals.
func verify(t *testing.T, path, dir string) (differences []string, totals proof.Totals) {
	t.Helper()
	d, err := proof.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	each := func(r proof.Result) error {
		if r.State != proof.Same {
			differences = append(differences, string(r.State)+" "+r.Name)
		}
		return nil
	}
	totals, err = proof.Verify(t.Context(), d, proof.In(dir), each)
	if err == nil {
		err = proof.FindAdditional(t.Context(), d, dir, scan.Options{}, &totals, each)
	}
	if err != nil {
		t.Fatal(err)
	}
	return differences, totals
}

// TestWhatWasTamperedWithIsFound, on the disk and in the receipt, in either format; and what can't
// be compared is not called the same.
func TestWhatWasTamperedWithIsFound(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a right on Windows")
	}
	forged := line("d/a", "other")
	forged.CRC64 = crc64.Checksum([]byte("first"))
	for name, c := range map[string]struct {
		files map[string]string // beside d/a "first" and d/b "second"
		links map[string]string
		gone  string
		lines []receipt.Line // in place of those of d/a and d/b
		more  []receipt.Line // behind them
		want  []string
		same  int64
	}{
		"nothing":                      {same: 2},
		"another content":              {files: map[string]string{"d/a": "fjrst"}, want: []string{"changed d/a"}, same: 1},
		"another size":                 {files: map[string]string{"d/a": "first!"}, want: []string{"changed d/a"}, same: 1},
		"emptied":                      {files: map[string]string{"d/a": ""}, want: []string{"changed d/a"}, same: 1},
		"removed":                      {gone: "d/a", want: []string{"missing d/a"}, same: 1},
		"its folder removed":           {gone: "d", want: []string{"missing d/a", "missing d/b"}},
		"added":                        {files: map[string]string{"d/sub/c": "new"}, want: []string{"additional d/sub/c"}, same: 2},
		"added elsewhere":              {files: map[string]string{"x/c": "new"}, same: 2},
		"added, but of the system":     {files: map[string]string{"d/.DS_Store": "new"}, same: 2},
		"a folder in its place":        {gone: "d/a", files: map[string]string{"d/a/c": "first"}, want: []string{"not-compared d/a", "additional d/a/c"}, same: 1},
		"a file in its folder's place": {gone: "d", files: map[string]string{"d": "x"}, want: []string{"missing d/a", "missing d/b"}},
		"a link inside":                {gone: "d/a", files: map[string]string{"d/c": "first"}, links: map[string]string{"d/a": "c"}, want: []string{"additional d/c"}, same: 2},
		"a link out":                   {gone: "d/a", links: map[string]string{"d/a": "OUTSIDE/a"}, want: []string{"not-compared d/a"}, same: 1},
		"a link to a folder out":       {gone: "d", links: map[string]string{"d": "OUTSIDE"}, want: []string{"not-compared d/a", "not-compared d/b"}},
		"a link to nothing":            {gone: "d/a", links: map[string]string{"d/a": "nothing"}, want: []string{"missing d/a"}, same: 1},
		"a line forged":                {lines: []receipt.Line{line("d/a", "other"), line("d/b", "second")}, want: []string{"changed d/a"}, same: 1},
		"a line's hash forged alone":   {lines: []receipt.Line{forged, line("d/b", "second")}, want: []string{"changed d/a"}, same: 1},
		"a line added":                 {more: []receipt.Line{line("d/c", "")}, want: []string{"missing d/c"}, same: 2},
		"a line removed":               {lines: []receipt.Line{line("d/a", "first")}, want: []string{"additional d/b"}, same: 1},
		"a line that leads out":        {more: []receipt.Line{line("../outside/a", "first"), line("/etc/passwd", ""), line("d/../../outside/a", "first"), line("", "")}, want: []string{"not-compared ../outside/a", "not-compared /etc/passwd", "not-compared d/../../outside/a", "not-compared "}, same: 2},
		"an odd name":                  {files: map[string]string{"d/caf\xe9\n\u202e": "x"}, more: []receipt.Line{line("d/caf\xe9\n\u202e", "x")}, same: 3},
		"a name that looks written":    {files: map[string]string{`d/\u{202e}`: "x"}, more: []receipt.Line{line(`d/\u{202e}`, "x")}, same: 3},
		"a formula's name":             {files: map[string]string{"=a": "x", "'=b": "y"}, more: []receipt.Line{line("=a", "x"), line("'=b", "y")}, same: 4},
	} {
		for _, format := range []string{"r.json", "r.csv"} {
			t.Run(name+" "+format, func(t *testing.T) {
				base := t.TempDir()
				dir, outside := filepath.Join(base, "in"), filepath.Join(base, "outside")
				put := func(files map[string]string) {
					for name, text := range files {
						path := filepath.Join(dir, name)
						if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
							t.Fatal(err)
						}
						write(t, path, text)
					}
				}
				put(map[string]string{"d/a": "first", "d/b": "second"})
				if err := os.Mkdir(outside, 0o700); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(outside, "a"), "first")
				write(t, filepath.Join(outside, "b"), "second")
				if c.gone != "" {
					if err := os.RemoveAll(filepath.Join(dir, c.gone)); err != nil {
						t.Fatal(err)
					}
				}
				put(c.files)
				for link, to := range c.links {
					to = strings.Replace(to, "OUTSIDE", outside, 1)
					if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
						t.Fatal(err)
					}
				}
				lines := c.lines
				if lines == nil {
					lines = []receipt.Line{line("d/a", "first"), line("d/b", "second")}
				}
				got, totals := verify(t, writeReceipt(t, format, append(lines, c.more...)...), dir)
				if diff := cmp.Diff(c.want, got); diff != "" || totals.Same != c.same {
					t.Errorf("%d the same, want %d: %s", totals.Same, c.same, diff)
				}
				if totals.Differ() != (len(c.want) > 0) {
					t.Errorf("%+v", totals)
				}
			})
		}
	}
}

// TestTheLaterDeliveryCounts of a file to one inbox; each inbox has its own.
func TestTheLaterDeliveryCounts(t *testing.T) {
	dir := grow(t)
	write(t, filepath.Join(dir, "a"), "second")
	first, second, other := line("a", "first"), line("a", "second"), line("a", "first")
	second.Delivered = second.Delivered.Add(time.Hour)
	other.Inbox = "other.example/c"
	for _, lines := range [][]receipt.Line{{first, second}, {second, first}} {
		if got, totals := verify(t, writeReceipt(t, "r.csv", lines...), dir); got != nil ||
			totals.Same != 1 || totals.Older != 1 {
			t.Errorf("%v, %+v", got, totals)
		}
	}
	if got, totals := verify(t, writeReceipt(t, "r.csv", first, second, other), dir); len(got) != 1 ||
		totals.Changed != 1 {
		t.Errorf("%v, %+v", got, totals)
	}
}

// TestAListIsCompared: what a manifest lists is the same until it is changed, whatever the names.
func TestAListIsCompared(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("such names can't be on Windows")
	}
	for _, program := range []string{"sha256sum", "md5sum"} {
		dir := grow(t, oddNames...)
		path := write(t, filepath.Join(dir, "SHA256SUMS"), string(manifest(t, dir, program)))
		if got, totals := verify(t, path, dir); got != nil || totals.Same != int64(len(oddNames)) {
			t.Errorf("%v, %+v", got, totals)
		}
		write(t, filepath.Join(dir, "new\nline"), "changed")
		write(t, filepath.Join(dir, "another"), "")
		if err := os.Remove(filepath.Join(dir, "back\\slash")); err != nil {
			t.Fatal(err)
		}
		got, _ := verify(t, path, dir)
		slices.Sort(got)
		want := []string{"additional another", "changed new\nline", "missing back\\slash"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// TestWhatCanNotBeComparedWithIsTold before anything is compared.
func TestWhatCanNotBeComparedWithIsTold(t *testing.T) {
	whole, err := os.ReadFile(writeReceipt(t, "r.json", line("a", "x"), line("b", "y")))
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Repeat("0", 64) + "  a\n"
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"a page":           {"<!DOCTYPE html>\n<title>Receipt</title>", proof.ErrPage},
		"a receipt cut":    {string(whole[:len(whole)-20]), proof.ErrDamaged},
		"a list with more": {list + "hello\n", proof.ErrDamaged},
		"a text":           {"hello\n", proof.ErrNeither},
		"a table":          {"file,size\na,1\n", proof.ErrNeither},
		"zeros":            {string(make([]byte, 1<<20)), proof.ErrNeither},
		"a list":           {list, nil},
		"nothing":          {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := proof.Open(t.Context(), write(t, filepath.Join(t.TempDir(), "file"), c.text))
			if !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("%+v, %v", d, err)
			}
		})
	}
	if _, err := proof.Open(t.Context(), t.TempDir()); err == nil {
		t.Error("a folder is no receipt")
	}
}

// FuzzNoDocumentLeadsOut: whatever a receipt or a list says, nothing outside the folder is read.
func FuzzNoDocumentLeadsOut(f *testing.F) {
	f.Add([]byte(strings.Repeat("0", 64) + "  ../secret\n"))
	f.Add([]byte("file,blob,bytes,crc64,crc64_hex\r\n../secret,a,6,AAAAAAAAAAA=,0x0\r\n"))
	f.Add([]byte(`{"inbox":{"account":""},"files":[{"file":"link/secret","bytes":6,` +
		`"crc64":"AAAAAAAAAAA=","crc64_hex":"0x0"}]}`))
	base := f.TempDir()
	dir := filepath.Join(base, "in")
	if err := os.Mkdir(dir, 0o700); err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(base, "secret"), []byte("secret"), 0o600); err != nil {
		f.Fatal(err)
	}
	if err := os.Symlink(base, filepath.Join(dir, "link")); err != nil {
		f.Skip("no links here:", err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := proof.Open(t.Context(), write(t, filepath.Join(t.TempDir(), "file"), string(text)))
		if err != nil {
			return
		}
		totals, err := proof.Verify(t.Context(), d, proof.In(dir), func(r proof.Result) error {
			if r.State == proof.Same || r.State == proof.Changed {
				t.Errorf("%q was read", r.Name)
			}
			return nil
		})
		if err != nil || totals.Bytes > 0 {
			t.Error(totals, err)
		}
	})
}

// BenchmarkVerify compares a file that the system has in memory, by CRC-64.
func BenchmarkVerify(b *testing.B) {
	dir := b.TempDir()
	content := make([]byte, 64<<20)
	l := receipt.Line{Bytes: int64(len(content)), CRC64: crc64.Checksum(content)}
	var out bytes.Buffer
	w, err := receipt.NewWriter(&out, receipt.CSV, token.Inbox{})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 8 {
		l.File = fmt.Sprint(i)
		err = errors.Join(err, w.Copy(l), os.WriteFile(filepath.Join(dir, l.File), content, 0o600))
	}
	path := filepath.Join(b.TempDir(), "r.csv")
	err = errors.Join(err, w.Close(), os.WriteFile(path, out.Bytes(), 0o600))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(8 * int64(len(content)))
	for b.Loop() {
		d, err := proof.Open(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		totals, err := proof.Verify(b.Context(), d, proof.In(dir), func(proof.Result) error { return nil })
		if err != nil || totals.Same != 8 {
			b.Fatal(totals, err)
		}
	}
}
