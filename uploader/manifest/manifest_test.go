package manifest

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inboxuploader/internal/crc64"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// deliveredFiles are jobs that delivered files of a folder.
type deliveredFiles struct {
	*testing.T
	dir  string
	jobs []ledger.Job
}

// add writes a file and delivers it under its name.
func (d *deliveredFiles) add(name, content string) *ledger.Job {
	d.Helper()
	path := filepath.Join(d.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		d.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		d.Fatal(err)
	}
	at, err := source.Resolve(path)
	if err != nil {
		d.Fatal(err)
	}
	d.jobs = append(d.jobs, ledger.Job{
		ID: int64(len(d.jobs) + 1), Source: path, At: at, Blob: "prefix/" + name,
		Size: int64(len(content)), CRC64: crc64.Checksum([]byte(content)), State: ledger.Delivered,
	})
	return &d.jobs[len(d.jobs)-1]
}

func (d *deliveredFiles) deliveries(
	_ context.Context, visit func(ledger.Transfer, ledger.Job) error,
) error {
	for _, j := range d.jobs {
		if err := visit(ledger.Transfer{}, j); err != nil {
			return err
		}
	}
	return nil
}

// list is what Write makes of them.
func (d *deliveredFiles) list(state string, of source.Hashes) (string, *List, Written) {
	d.Helper()
	known, err := Load(state)
	if err != nil {
		d.Fatal(err)
	}
	keeper := NewKeeper(state)
	var b strings.Builder
	l := &List{Of: of, To: &b}
	w, err := Write(d.Context(), []*List{l}, "prefix/", d.deliveries, known, keeper)
	if err = errors.Join(err, keeper.Close(), known.Close()); err != nil {
		d.Fatal(err)
	}
	return b.String(), l, w
}

// TestAManifestIsReadBySha256sum, whatever names are in it.
func TestAManifestIsReadBySha256sum(t *testing.T) {
	for of, tool := range map[source.Hashes]string{
		source.SHA256: "sha256sum", source.MD5: "md5sum",
	} {
		t.Run(tool, func(t *testing.T) {
			program, err := exec.LookPath(tool)
			if err != nil {
				t.Skip(tool + " is not installed")
			}
			d := &deliveredFiles{T: t, dir: t.TempDir()}
			for _, name := range []string{"a", "b c/ d", "-", "#x", "ü/日本", "*star"} {
				d.add(name, "content of "+name)
			}
			text, l, w := d.list(t.TempDir(), of)
			if w.Missing != 0 || l.Files != int64(len(d.jobs)) {
				t.Errorf("%+v, %d files", w, l.Files)
			}
			c := exec.CommandContext(t.Context(), program, "--strict", "-c", "-")
			c.Dir, c.Stdin = d.dir, strings.NewReader(text)
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s\n%s", err, out, text)
			}
		})
	}
}

// TestOnlyWhatIsStillWhatWasDeliveredIsListed: a changed file has no hash that could be told.
func TestOnlyWhatIsStillWhatWasDeliveredIsListed(t *testing.T) {
	d := &deliveredFiles{T: t, dir: t.TempDir()}
	d.add("same", "same")
	changed, shorter, gone := d.add("changed", "one"), d.add("shorter", "one"), d.add("gone", "x")
	for path, content := range map[string]string{changed.Source: "two", shorter.Source: "o"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(gone.Source); err != nil {
		t.Fatal(err)
	}
	text, l, w := d.list(t.TempDir(), source.SHA256)
	if l.Files != 1 || w.Missing != 3 || len(w.Unlisted) != 3 ||
		strings.Contains(text, "changed") {
		t.Errorf("%q, %d files, %+v", text, l.Files, w)
	}
	for _, u := range w.Unlisted {
		if (u.Why != nil) != (u.Source == gone.Source) {
			t.Errorf("%s: %v", u.Source, u.Why)
		}
	}
}

// TestKeptHashesAreOfWhatWasDelivered: a file that has changed since is listed as it was sent, and
// hashes that were kept of another content are not.
func TestKeptHashesAreOfWhatWasDelivered(t *testing.T) {
	d, state := &deliveredFiles{T: t, dir: t.TempDir()}, filepath.Join(t.TempDir(), "not there yet")
	j := d.add("a", "as it was sent")
	k := NewKeeper(state)
	hashes := func(content string) source.Sums {
		m, s := md5.Sum([]byte(content)), sha256.Sum256([]byte(content))
		return source.Sums{MD5: string(m[:]), SHA256: string(s[:])}
	}
	err := errors.Join(
		k.Keep(reading(j, crc64.Checksum([]byte("earlier")), hashes("earlier"))),
		k.Keep(reading(j, j.CRC64, hashes("as it was sent"))),
		k.Keep(reading(j, crc64.Checksum([]byte("not delivered")), hashes("not delivered"))),
		k.Keep(reading(&ledger.Job{ID: j.ID + 1}, j.CRC64, source.Sums{})),
		k.Close(),
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(j.Source, []byte("as it is now"), 0o600); err != nil {
		t.Fatal(err)
	}
	text, _, w := d.list(state, source.SHA256)
	want := sha256.Sum256([]byte("as it was sent"))
	if !strings.HasPrefix(text, hex.EncodeToString(want[:])) || w.Again != 0 {
		t.Errorf("%q, %+v", text, w)
	}
}

func reading(j *ledger.Job, crc uint64, s source.Sums) ledger.Reading {
	return ledger.Reading{Job: j, CRC64: crc, Sums: s}
}

// TestDamagedRecordsCountForNothing: such files are read again, whatever is in the folder.
func TestDamagedRecordsCountForNothing(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"a bit":        func(b []byte) []byte { b[40] ^= 1; return b },
		"the job":      func(b []byte) []byte { b[0] ^= 1; return b },
		"a part of it": func(b []byte) []byte { return b[:len(b)-3] },
		"something":    func([]byte) []byte { return bytes.Repeat([]byte{7}, 999) },
		"nothing":      func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			d, state := &deliveredFiles{T: t, dir: t.TempDir()}, t.TempDir()
			j := d.add("a", "content")
			k, sum := NewKeeper(state), sha256.Sum256([]byte("content"))
			if err := errors.Join(k.Keep(reading(j, j.CRC64, source.Sums{SHA256: string(sum[:])})),
				k.Close()); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(state, keptName)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, damage(data), 0o600); err != nil {
				t.Fatal(err)
			}
			text, _, w := d.list(state, source.SHA256)
			if w.Again != 1 || !strings.HasPrefix(text, hex.EncodeToString(sum[:])) {
				t.Errorf("%q, %+v", text, w)
			}
			if _, _, w := d.list(state, source.SHA256); w.Again != 0 {
				t.Errorf("what was read again was not kept: %+v", w)
			}
		})
	}
}

// TestOfTwoVersionsTheLaterIsListed, under the name that both have.
func TestOfTwoVersionsTheLaterIsListed(t *testing.T) {
	d := &deliveredFiles{T: t, dir: t.TempDir()}
	first := *d.add("a", "first")
	second := d.add("a", "second")
	second.Earlier = first.ID
	sum := sha256.Sum256([]byte("second"))
	text, l, w := d.list(t.TempDir(), source.SHA256)
	if l.Files != 1 || w.Missing != 0 || text != hex.EncodeToString(sum[:])+"  a\n" {
		t.Errorf("%q, %+v", text, w)
	}
}

// TestTheOrderOfAListIsNoPartOfItsContent, and each of its lines is.
func TestTheOrderOfAListIsNoPartOfItsContent(t *testing.T) {
	a, b := strings.Repeat("a", 64)+"  a\n", strings.Repeat("b", 64)+"  b\n"
	content := func(text string) uint64 {
		n, err := Content(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if content(a+b) != content(b+a) || content(a+b) == content(a) || content(a+a) == content("") ||
		content(a+a) == content(b+b) {
		t.Error("contents are mistaken for each other")
	}
	d := &deliveredFiles{T: t, dir: t.TempDir()}
	d.add("x", "x")
	d.add("y", "y")
	text, l, _ := d.list(t.TempDir(), source.MD5)
	if content(text) != l.Content {
		t.Error("what was written is not what is read")
	}
	if _, err := Content(strings.NewReader("hello\n")); err == nil {
		t.Error("what is no list has a content")
	}
}

// TestANoteIsOneObject that says what was delivered and what was not, and complete only if all was.
func TestANoteIsOneObject(t *testing.T) {
	d := &deliveredFiles{T: t, dir: t.TempDir()}
	d.add("a", "content")
	j := d.add("left", "x")
	d.jobs = d.jobs[:1]
	j.Problem = problem.New("send", j.Source, problem.AlreadyThere)
	nameless := ledger.Job{Source: filepath.Join(d.dir, "secret folder", "name")}
	known, err := Load(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, fail := range []bool{false, true} {
		n := Note{Message: "<hello>\u202e\n", From: "me", Version: "1", Time: time.Unix(0, 0)}
		n.Exclude(&ledger.Transfer{})
		if fail {
			n.Fail(j)
			n.Fail(&nameless)
		}
		var b strings.Builder
		if err := n.Write(t.Context(), &b, "prefix/", d.deliveries, known); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Format, Message, From, Version string
			Complete                       bool
			Failed                         []FailedFile
			Files                          []struct{ Name, CRC64 string }
			Totals                         struct{ Files, Bytes int64 }
		}
		if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		if got.Format != NoteFormat || got.Message != n.Message || got.Complete == fail ||
			len(got.Files) != 1 || got.Files[0].Name != "a" || got.Totals.Bytes != 7 {
			t.Errorf("%+v", got)
		}
		if fail && (len(got.Failed) != 2 || got.Failed[0].Reason != "already-there" ||
			got.Failed[0].Name != "left" || got.Failed[1].Name != "name") ||
			strings.Contains(b.String(), "secret") || strings.Contains(b.String(), "\u202e") {
			t.Errorf("failed: %+v\n%s", got.Failed, b.String())
		}
	}
}

// TestOnlyWhatAManifestSaysPasses: a file of other content, one that is not listed, and all of them
// where the manifest can't be read, do not.
func TestOnlyWhatAManifestSaysPasses(t *testing.T) {
	root := t.TempDir()
	m, s := md5.Sum([]byte("content")), sha256.Sum256([]byte("content"))
	both := source.Sums{MD5: string(m[:]), SHA256: string(s[:])}
	list := filepath.Join(t.TempDir(), "list")
	text := hex.EncodeToString(s[:]) + "  sub/a\n" + hex.EncodeToString(m[:]) + " *sub/a\n" +
		hex.EncodeToString(m[:]) + "  b\n"
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	k := NewKeeper(t.TempDir())
	defer func() { _ = k.Close() }()
	for _, c := range []struct {
		name string
		sums source.Sums
		list string
		want problem.Reason
	}{
		{"sub/a", both, list, ""},
		{"b", source.Sums{MD5: both.MD5}, list, ""},
		{"sub/a", source.Sums{MD5: both.MD5}, list, problem.ManifestDiffers},
		{"b", source.Sums{}, list, problem.ManifestDiffers},
		{"b", source.Sums{MD5: "other"}, list, problem.ManifestDiffers},
		{"c", both, list, problem.ManifestDiffers},
		{"../b", both, list, problem.ManifestDiffers},
		{"b", both, root, problem.ListUnreadable},
		{"b", both, list + " is gone", problem.ListUnreadable},
	} {
		j := &ledger.Job{ID: 1, Source: filepath.Join(root, filepath.FromSlash(c.name))}
		err := k.Keep(ledger.Reading{Job: j, Roots: []string{root}, Check: c.list, Sums: c.sums})
		if got := problem.ReasonOf(err); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if err := (ledger.NoSums{}).Keep(ledger.Reading{Job: &ledger.Job{}, Check: list}); err == nil {
		t.Error("without a keeper nothing is compared, and all is sent")
	}
}

// TestWithoutAFolderNothingIsKept: neither where the process happens to be nor anywhere else.
func TestWithoutAFolderNothingIsKept(t *testing.T) {
	t.Chdir(t.TempDir())
	d := &deliveredFiles{T: t, dir: t.TempDir()}
	j := d.add("a", "content")
	k := NewKeeper("")
	if err := errors.Join(k.Keep(reading(j, j.CRC64, source.Sums{MD5: strings.Repeat("x", 16)})),
		k.Close()); err != nil {
		t.Fatal(err)
	}
	if _, _, w := d.list("", source.MD5); w.Again != 1 {
		t.Errorf("%+v", w)
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("%v was written, %v", left, err)
	}
}
