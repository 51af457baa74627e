package workspace

import (
	"crypto/md5"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/crc64nvme"

	"inboxuploader/internal/blobserver"
)

// fetch fetches token 1 and returns what became of each file by its name in the inbox.
func fetch(t *testing.T, w *Workspace, dir string) (map[string]Fetched, error) {
	t.Helper()
	got := map[string]Fetched{}
	err := w.Fetch(t.Context(), 1, dir, w.Files(t.Context(), 1), nil, func(f Fetched) { got[f.Name] = f })
	return got, err
}

// inboxWith returns a site where token 1 has brought files.
func inboxWith(
	t *testing.T, cfg blobserver.Config, r Request, files map[string]string,
) (*site, *Workspace) {
	t.Helper()
	s := newSite(t, cfg)
	w := s.open(t, "ws")
	r.Reason = "x"
	token, _ := s.issue(t, w, r)
	if _, err := deliver(t, token, folder(t, files)); err != nil {
		t.Fatal(err)
	}
	return s, w
}

func TestFetchingBringsChecksums(t *testing.T) {
	_, w := inboxWith(t, blobserver.Config{}, Request{},
		map[string]string{"a.csv": "1,2\n", "empty": ""})
	dir := t.TempDir()
	got, err := fetch(t, w, dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"data/a.csv": "1,2\n", "data/empty": ""} {
		f := got[name]
		sum := md5.Sum([]byte(text))
		if f.Err != nil || f.Path != name || f.Size != int64(len(text)) || f.Kept ||
			f.CRC64 != crc64nvme.Checksum([]byte(text)) ||
			f.SHA256 != sha256.Sum256([]byte(text)) || string(f.MD5) != string(sum[:]) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestFetchingAgainGoesOn leaves alone what is there and brings what is new.
func TestFetchingAgainGoesOn(t *testing.T) {
	s, w := inboxWith(t, blobserver.Config{}, Request{}, map[string]string{"a": "1", "b": "2"})
	dir := t.TempDir()
	if _, err := fetch(t, w, dir); err != nil {
		t.Fatal(err)
	}
	before := s.server.Counts()[blobserver.ReadBlob]
	if err := os.Remove(filepath.Join(dir, "data", "b")); err != nil {
		t.Fatal(err)
	}
	got, err := fetch(t, w, dir)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := got["data/a"], got["data/b"]; !a.Kept || a.Err != nil ||
		a.SHA256 != sha256.Sum256([]byte("1")) || b.Kept || b.Err != nil {
		t.Errorf("a %+v, b %+v", a, b)
	}
	if n := s.server.Counts()[blobserver.ReadBlob] - before; n != 1 {
		t.Errorf("%d files were read again", n)
	}
}

// TestFetchingOverwritesNothing meets other files in its places.
func TestFetchingOverwritesNothing(t *testing.T) {
	_, w := inboxWith(t, blobserver.Config{}, Request{},
		map[string]string{"a": "1", "b/c": "2", "d": "3", "e": "4", "f": "5"})
	dir := t.TempDir()
	if _, err := fetch(t, w, dir); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, "data", name) }
	info, err := os.Stat(at("e"))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.WriteFile(at("a"), []byte("mine, longer"), 0o600),
		os.RemoveAll(at("b")), os.WriteFile(at("b"), []byte("a file"), 0o600),
		os.Remove(at("d")), os.Mkdir(at("d"), 0o700),
		os.WriteFile(at("e"), []byte("X"), 0o600), os.Chtimes(at("e"), time.Time{}, info.ModTime()), // altered under the same time
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := fetch(t, w, dir)
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]Reason{}
	for name, f := range got {
		if f.Err != nil {
			reasons[strings.TrimPrefix(name, "data/")] = f.Err.Reason
			sayable(t, f.Err)
		}
	}
	if reasons["b/c"] == CannotWrite { // what the system says of a path through a file differs
		reasons["b/c"] = PlaceTaken
	}
	if diff := cmp.Diff(map[string]Reason{"a": PlaceTaken, "b/c": PlaceTaken, "d": PlaceTaken, "e": PlaceTaken}, reasons); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{"a": "mine, longer", "b": "a file", "e": "X", "f": "5"} {
		if text, err := os.ReadFile(at(name)); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	for _, name := range filesBelow(t, dir) {
		if strings.Contains(name, ".part") {
			t.Errorf("left behind: %s", name)
		}
	}
}

// TestNamesThatLeadElsewhere is what a sender may put into an inbox, and an editor into the table.
func TestNamesThatLeadElsewhere(t *testing.T) {
	for name, want := range map[string]string{
		"a/b.txt": "a/b.txt", "50% (5 µg).csv": "50% (5 µg).csv", ".hidden": ".hidden",
		"a b": "a b",
		"":    "", "/etc/passwd": "", "../up": "", "a/../../up": "", "a//b": "", "a/": "", ".": "",
		"a/./b": "", "a\x00b": "", "a\xff": "",
	} {
		if got, ok := localName(name); filepath.ToSlash(got) != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", name, got, ok)
		}
	}
	if runtime.GOOS == "windows" {
		for _, name := range []string{"C:x", "a:b", "con", "a/nul", "a.", "a ", `..\up`, "a?b"} {
			if got, ok := localName(name); ok {
				t.Errorf("%q: %q", name, got)
			}
		}
	}
}

// TestAFetchStaysInItsFolder: a link inside the folder leads out of it, and the table's folder is
// altered.
func TestAFetchStaysInItsFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	_, w := inboxWith(t, blobserver.Config{}, Request{Folder: "may"}, map[string]string{"a": "1"})
	outside := t.TempDir()
	for name, link := range map[string]string{"the destination": "may", "a folder inside": "may/data"} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, link)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
		got, err := fetch(t, w, dir)
		if err == nil && got["data/a"].Err == nil {
			t.Errorf("%s: fetched through a link: %+v", name, got)
		}
	}
	if there := filesBelow(t, outside); len(there) != 0 {
		t.Errorf("written outside: %v", there)
	}
	g, err := w.Grant(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	g.Folder = "../../up"
	if err := w.saveGrant(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	if _, err := fetch(t, w, t.TempDir()); reasonOf(err) != FolderInvalid {
		t.Errorf("an altered folder: %v", err)
	}
}

// TestABrokenDownloadGoesOnWhereItStopped breaks the first answers off in the middle.
func TestABrokenDownloadGoesOnWhereItStopped(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	for how, answer := range map[string]blobserver.Answer{
		"breaks off": {Status: 200, Raw: []byte(text[:300_000]), Length: int64(len(text))},
		"reset":      {Reset: true},
		"busy":       {Status: 503, Code: "ServerBusy"},
		"timed out":  {Status: 500, Code: "OperationTimedOut"},
	} {
		t.Run(how, func(t *testing.T) {
			var tries atomic.Int32
			_, w := inboxWith(t,
				blobserver.Config{Before: func(op *blobserver.Op) *blobserver.Answer {
					if op.Kind == blobserver.ReadBlob && tries.Add(1) == 1 {
						return &answer
					}
					return nil
				}}, Request{}, map[string]string{"large": text})
			got, err := fetch(t, w, t.TempDir())
			if f := got["data/large"]; err != nil || f.Err != nil ||
				f.SHA256 != sha256.Sum256([]byte(text)) {
				t.Errorf("%+v, %v", f, err)
			}
			if n := tries.Load(); n != 2 {
				t.Errorf("%d tries", n)
			}
		})
	}
}

// TestADownloadThatNeverComesEnds without a byte between its tries.
func TestADownloadThatNeverComesEnds(t *testing.T) {
	s, w := inboxWith(t, blobserver.Config{Before: func(op *blobserver.Op) *blobserver.Answer {
		if op.Kind == blobserver.ReadBlob {
			return &blobserver.Answer{Reset: true}
		}
		return nil
	}}, Request{}, map[string]string{"a": "1"})
	dir := t.TempDir()
	if _, err := fetch(t, w, dir); reasonOf(err) != NetworkDown {
		t.Errorf("got %v", err)
	}
	if n := s.server.Counts()[blobserver.ReadBlob]; n < fetchTries {
		t.Errorf("%d tries", n)
	}
	if left := filesBelow(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestADownloadThatStandsStillGoesOnOnAnotherConnection stalls the first.
func TestADownloadThatStandsStillGoesOnOnAnotherConnection(t *testing.T) {
	var tries atomic.Int32
	s, _ := inboxWith(t, blobserver.Config{Before: func(op *blobserver.Op) *blobserver.Answer {
		if op.Kind == blobserver.ReadBlob && tries.Add(1) == 1 {
			return &blobserver.Answer{Wait: blobserver.Stall}
		}
		return nil
	}}, Request{}, map[string]string{"a": "1"})
	w := openWith(t, s.account, "ws", Options{noProgress: 500 * time.Millisecond})
	got, err := fetch(t, w, t.TempDir())
	if err != nil || got["data/a"].Err != nil || tries.Load() < 2 {
		t.Errorf("%+v, %v after %d tries", got["data/a"], err, tries.Load())
	}
}

// TestWhatIsWrongWithOneFile does not stop the others.
func TestWhatIsWrongWithOneFile(t *testing.T) {
	_, w := inboxWith(t, blobserver.Config{Before: func(op *blobserver.Op) *blobserver.Answer {
		if op.Kind != blobserver.ReadBlob {
			return nil
		}
		switch op.Blob {
		case "data/gone":
			return &blobserver.Answer{Status: 404, Code: "BlobNotFound"}
		case "data/replaced":
			return &blobserver.Answer{Status: 412, Code: "ConditionNotMet"}
		case "data/damaged":
			return &blobserver.Answer{Status: 200, Raw: []byte("1X"), Header: map[string][]string{"X-Ms-Request-Id": {"1"}}}
		case "data/longer":
			return &blobserver.Answer{Status: 200, Raw: []byte("12345")}
		}
		return nil
	}}, Request{},
		map[string]string{"gone": "1", "replaced": "1", "damaged": "12", "longer": "1", "good": "1", "also/good": "2"})
	dir := t.TempDir()
	got, err := fetch(t, w, dir)
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]Reason{}
	for name, f := range got {
		reasons[strings.TrimPrefix(name, "data/")] = ""
		if f.Err != nil {
			reasons[strings.TrimPrefix(name, "data/")] = f.Err.Reason
			sayable(t, f.Err)
		}
	}
	want := map[string]Reason{"gone": FileGone, "replaced": FileChanged, "damaged": FileDamaged, "longer": FileChanged, "good": "", "also/good": ""}
	if diff := cmp.Diff(want, reasons); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"data/also/good", "data/good"}, filesBelow(t, dir)); diff != "" {
		t.Errorf("the folder (-want +got):\n%s", diff)
	}
}

// TestAFolderThatCannotBeUsed is told before anything is fetched.
func TestAFolderThatCannotBeUsed(t *testing.T) {
	_, w := inboxWith(t, blobserver.Config{}, Request{}, map[string]string{"a": "1"})
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := fetch(t, w, filepath.Join(file, "below"))
	if reasonOf(err) != FolderUnusable {
		t.Errorf("got %v", err)
	}
	sayable(t, err)
}

// TestManyFilesAreFetchedOnce has more files than are fetched at once.
func TestManyFilesAreFetchedOnce(t *testing.T) {
	files := map[string]string{}
	for i := range 200 {
		files[fmt.Sprintf("%03d.txt", i)] = fmt.Sprint(i)
	}
	s, w := inboxWith(t, blobserver.Config{}, Request{}, files)
	dir := t.TempDir()
	got, err := fetch(t, w, dir)
	if err != nil || len(got) != 200 {
		t.Fatalf("%d files, %v", len(got), err)
	}
	for name, text := range files {
		if there, err := os.ReadFile(filepath.Join(dir, "data", name)); err != nil ||
			string(there) != text {
			t.Errorf("%s: %q, %v", name, there, err)
		}
	}
	if n := s.server.Counts()[blobserver.ReadBlob]; n != 200 {
		t.Errorf("%d files were read", n)
	}
}
