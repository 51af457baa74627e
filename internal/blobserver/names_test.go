package blobserver

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePath(t *testing.T) {
	long := strings.Repeat("ä", 1024)
	for _, test := range []struct {
		name, path string
		want       target
		code       string
	}{
		{"account", "/acct", target{"acct", "", ""}, ""},
		{"container", "/acct/cont", target{"acct", "cont", ""}, ""},
		{"container with a slash", "/acct/cont/", target{"acct", "cont", ""}, ""},
		{"blob", "/acct/cont/a/b", target{"acct", "cont", "a/b"}, ""},
		{"decoded once", "/acct/cont/a%2520b%2Fc", target{"acct", "cont", "a%20b/c"}, ""},
		{"odd characters", "/acct/cont/%25%23%3F+&'%22%20%0", target{}, "InvalidUri"},
		{"signs", "/acct/cont/%25%23%3F+&'%22%20", target{"acct", "cont", "%#?+&'\" "}, ""},
		{"dots at the end", "/acct/cont/a./b..", target{"acct", "cont", "a/b"}, ""},
		{"only dots", "/acct/cont/...", target{"acct", "cont", ""}, "InvalidResourceName"},
		{"backslash", "/acct/cont/a%5Cb", target{"acct", "cont", "a/b"}, ""},
		{"empty segments", "/acct/cont/a//b", target{"acct", "cont", "a//b"}, ""},
		{"leading slash", "/acct/cont//a", target{"acct", "cont", "/a"}, ""},
		{"dot segments", "/acct/cont/a/./b/../c", target{"acct", "cont", "a/c"}, ""},
		{"escaped dot segments", "/acct/cont/a%2F%2E%2E%2Fc", target{"acct", "cont", "c"}, ""},
		{"into another container", "/acct/cont/../other/x", target{"acct", "other", "x"}, ""},
		{"above everything", "/acct/cont/../../../../etc/passwd", target{"etc", "passwd", ""}, ""},
		{"backslashes above everything", `/acct/cont/..%5C..%5C..%5Cetc%5Cpasswd%5Cx`, target{"etc", "passwd", "x"}, ""},
		{"1024 characters", "/acct/cont/" + url.PathEscape(long), target{"acct", "cont", long}, ""},
		{"1025 characters", "/acct/cont/" + url.PathEscape(long) + "a", target{}, "InvalidUri"},
		{"pairs count twice", "/acct/cont/" + strings.Repeat("%F0%9F%98%80", 513), target{}, "InvalidUri"},
		{"254 segments", "/acct/cont/" + strings.Repeat("a/", 253) + "a", target{"acct", "cont", strings.Repeat("a/", 253) + "a"}, ""},
		{"255 segments", "/acct/cont/" + strings.Repeat("a/", 254) + "a", target{}, "InvalidUri"},
		{"control character", "/acct/cont/a%1F", target{}, "InvalidResourceName"},
		{"newline", "/acct/cont/a%0Ab", target{}, "InvalidResourceName"},
		{"delete", "/acct/cont/a%7F", target{}, "InvalidResourceName"},
		{"C1", "/acct/cont/a%C2%81", target{}, "InvalidResourceName"},
		{"another C1", "/acct/cont/a%C2%85", target{"acct", "cont", "a\u0085"}, ""},
		{"lone surrogate", "/acct/cont/a%ED%A0%80", target{}, "InvalidResourceName"},
		{"private use", "/acct/cont/a%EE%80%80", target{}, "InvalidResourceName"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, e := parsePath(test.path)
			code := ""
			if e != nil {
				code = e.code
			}
			if code != test.code || code == "" && got != test.want {
				t.Errorf("%+v %q, want %+v %q", got, code, test.want, test.code)
			}
		})
	}
}

func TestContainerNames(t *testing.T) {
	for name, want := range map[string]bool{
		"abc": true, "a-b-1": true, "123": true, strings.Repeat("a", 63): true, "con": true,
		"ab": false, strings.Repeat("a", 64): false, "Abc": false, "-ab": false, "ab-": false,
		"a--b": false,
		"a_b":  false, "a.b": false, "$root": false, "..": false, "a/b": false, "": false,
	} {
		if got := checkContainerName(name) == nil; got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

// open makes a server over a new folder and returns its container "box".
func open(t *testing.T, dir string) (*Server, *container) {
	t.Helper()
	s, err := New(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.CreateContainer("box"); err != nil && !errors.Is(err, ErrContainerExists) {
		t.Fatal(err)
	}
	return s, s.container("box")
}

func always(*content) *apiError { return nil }

// deliver stores text under name without HTTP.
func deliver(t *testing.T, c *container, name, text string) {
	t.Helper()
	check, e := newSums(nil, true)
	if e != nil {
		t.Fatal(e)
	}
	src, err := c.receive(strings.NewReader(text), int64(len(text)), check)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.put(name, src, blobState{Size: int64(len(text))}, always); err != nil {
		t.Fatal(err)
	}
}

// TestEveryNameHasItsOwnFile stores names that a folder can't hold side by side; none disturbs
// another, now or after the folder is opened again.
func TestEveryNameHasItsOwnFile(t *testing.T) {
	dir := t.TempDir()
	s, c := open(t, dir)
	names := []string{
		"a", "a/b", "a//b", "/a", "a/", "/", "//", "case", "CASE", "CON", "nul.txt", "x:y",
		"trailing ",
		"caf\u00e9", "cafe\u0301", strings.Repeat("n", 255), strings.Repeat("n", 1024),
		strings.Repeat("d/", 253) + "f", ".blobserver/key", ".hidden", "-rf", "~", "con/aux/x",
	}
	for round := range 2 {
		for _, n := range names {
			deliver(t, c, n, n+string(rune('0'+round)))
		}
		for _, n := range names {
			_, f, err := c.open(n)
			if err != nil {
				t.Fatalf("%.20q: %v", n, err)
			}
			got, err := os.ReadFile(f.Name())
			if err := errors.Join(err, f.Close()); err != nil ||
				string(got) != n+string(rune('0'+round)) {
				t.Errorf("%.20q holds %.20q, %v", n, got, err)
			}
		}
		if diff := cmp.Diff(len(names), len(c.names(""))); diff != "" {
			t.Error(diff)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s, c = open(t, dir)
	}
	for _, n := range []string{"a", "case", ".hidden", "con/aux/x"} {
		if _, err := os.Stat(filepath.Join(dir, "box", filepath.FromSlash(n))); err != nil &&
			os.PathSeparator == '/' {
			t.Errorf("a plain name is not readable in the folder: %v", err)
		}
	}
	for _, n := range names {
		if err := c.delete(n, always); err != nil {
			t.Errorf("delete %.20q: %v", n, err)
		}
	}
	left, err := os.ReadDir(filepath.Join(dir, "box"))
	if err != nil || len(left) != 0 {
		t.Errorf("after all was deleted: %v, %v", left, err)
	}
}

// TestForeignFilesStay: what stands in the folder and is no blob is never replaced, and a link does
// not lead out.
func TestForeignFilesStay(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	_, c := open(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "box", "mine"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "box", "link")); err != nil {
		t.Skip("no links here:", err)
	}
	deliver(t, c, "mine", "blob")
	deliver(t, c, "link/x", "blob")
	if got, err := os.ReadFile(filepath.Join(dir, "box", "mine")); err != nil ||
		string(got) != "mine" {
		t.Errorf("replaced: %q, %v", got, err)
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 0 {
		t.Errorf("written outside: %v, %v", left, err)
	}
	for _, n := range []string{"mine", "link/x"} {
		cur, f, err := c.open(n)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil || !strings.HasPrefix(cur.path, internalDir) {
			t.Errorf("%s is at %s, %v", n, cur.path, err)
		}
	}
}

// FuzzPathNeverLeavesTheFolder stores a blob under whatever a path says and looks for files
// elsewhere.
func FuzzPathNeverLeavesTheFolder(f *testing.F) {
	for _, s := range []string{
		"/acct/box/a", "/acct/box/../../x", "/acct/box/..%5C..%5Cx", "/acct/box/a./b",
		"/acct/box//", "/acct/box/%2e%2e%2f",
		"/acct/box/.../..../x", "/acct/box/.blobserver/key", "/acct/box/..%2F.blobserver%2Fkey",
		"/acct/.blobserver/key",
	} {
		f.Add(s)
	}
	parent := f.TempDir()
	dir := filepath.Join(parent, "inbox")
	s, err := New(Config{Dir: dir, Key: []byte("k")})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := s.Close(); err != nil {
			f.Error(err)
		}
	})
	if err := s.CreateContainer("box"); err != nil {
		f.Fatal(err)
	}
	c := s.container("box")
	f.Fuzz(func(t *testing.T, path string) {
		got, e := parsePath(path)
		if e != nil || got.blob == "" {
			return
		}
		if e := checkBlobName(got.blob); e != nil {
			t.Fatalf("accepted %q", got.blob)
		}
		for seg := range strings.SplitSeq(got.blob, "/") {
			if strings.HasSuffix(seg, ".") || strings.Contains(seg, `\`) {
				t.Fatalf("not rewritten: %q", got.blob)
			}
		}
		if again, e := parsePath("/acct/box/" + url.PathEscape(got.blob)); e != nil ||
			again.blob != got.blob {
			t.Fatalf("rewritten again: %q becomes %q", got.blob, again.blob)
		}
		deliver(t, c, got.blob, "x")
		if c.blob(got.blob) == nil {
			t.Fatal("not there")
		}
		if err := c.delete(got.blob, always); err != nil {
			t.Fatal(err)
		}
		for _, d := range []string{parent, dir} {
			entries, err := os.ReadDir(d)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if n := e.Name(); n != "inbox" && n != "box" && n != internalDir {
					t.Fatalf("left the folder: %s", n)
				}
			}
		}
		if _, err := os.Stat(filepath.Join(dir, internalDir, "key")); !errors.Is(err,
			fs.ErrNotExist) {
			t.Fatal("wrote the key")
		}
	})
}

// FuzzBlockListIsReadOrRefused: whatever is sent, a list is short enough and of good ids, or
// refused.
func FuzzBlockListIsReadOrRefused(f *testing.F) {
	f.Add("<BlockList><Latest>YQ==</Latest></BlockList>")
	f.Add("<BlockList/>")
	f.Add("<!DOCTYPE x [<!ENTITY a 'b'>]><BlockList>&a;</BlockList>")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		list, e := parseBlockList(strings.NewReader(text))
		if e != nil {
			if e.status < 400 || len(list) != 0 {
				t.Fatalf("refused with %d and %d blocks", e.status, len(list))
			}
			return
		}
		if len(list) > maxBlockList {
			t.Fatal("too long")
		}
		for _, l := range list {
			if raw, e := blockID(l.id); e != nil || raw == "" {
				t.Fatalf("bad id %q", l.id)
			}
		}
	})
}
