package proof_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"inboxuploader/internal/sums"
	"inboxuploader/uploader/proof"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// grow makes files of these names with content of their own below a folder, and returns the folder.
func grow(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// oddNames are names that lists of checksums have to take care of, and that no storage takes.
var oddNames = []string{
	"plain", "with  two blanks", " first", "last ", "back\\slash", "new\nline", "return\r",
	"\\n is no new line", "*star", "-", "#comment", "SHA256 (a) = b", "bytes\xff\xfe", "turned\u202e",
	"sub/deep/file", "sub/new\n\nlines/a\\b", "...", "dot.", strings.Repeat("n", 255),
}

// manifest returns a list of a folder's files, as the name of a program of coreutils has it.
func manifest(t *testing.T, dir, program string) []byte {
	t.Helper()
	hashes := source.SHA256
	if program == "md5sum" {
		hashes = source.MD5
	}
	var list []byte
	totals, err := proof.Manifest(t.Context(), dir, []string{dir}, scan.Options{Recursive: true},
		hashes, func(f proof.Listed) error {
			if f.Err != nil {
				t.Errorf("%s: %v", f.Source, f.Err)
			}
			list = sums.Append(list, sums.Line{Sum: []byte(f.Sums.MD5 + f.Sums.SHA256), Name: f.Name})
			return nil
		})
	if err != nil || totals.Files == 0 {
		t.Fatal(totals, err)
	}
	return list
}

// TestTheSystemsOwnProgramsReadAManifest of odd names, say that all is as it was, and find what is
// not.
func TestTheSystemsOwnProgramsReadAManifest(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("such names can't be on Windows")
	}
	for _, program := range []string{"sha256sum", "md5sum"} {
		t.Run(program, func(t *testing.T) {
			path, err := exec.LookPath(program)
			if err != nil {
				t.Skip("not on this system:", err)
			}
			dir := grow(t, oddNames...)
			list := manifest(t, dir, program)
			check := func() (string, error) {
				c := exec.Command(path, "--check", "--strict", "-")
				c.Dir, c.Stdin = dir, bytes.NewReader(list)
				out, err := c.CombinedOutput()
				return string(out), err
			}
			out, err := check()
			if n := strings.Count(out, ": OK\n"); err != nil || n != len(oddNames) {
				t.Fatalf("%d files, %v: %s", n, err, out)
			}
			for _, name := range oddNames {
				path := filepath.Join(dir, filepath.FromSlash(name))
				if err := os.WriteFile(path, []byte("other"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			out, err = check()
			if n := strings.Count(out, ": FAILED\n"); err == nil || n != len(oddNames) {
				t.Errorf("of changed ones it tells %d: %s", n, out)
			}
		})
	}
}

// TestAManifestHasItsFilesInTheScansOrder, though several are read at once.
func TestAManifestHasItsFilesInTheScansOrder(t *testing.T) {
	var names []string
	for i := range 6000 { // more than wait for a large one
		names = append(names, fmt.Sprintf("d/%05d", i))
	}
	dir := grow(t, names...)
	if err := os.WriteFile(filepath.Join(dir, "d", "00000"), make([]byte, 32<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	var got []string
	_, err := proof.Manifest(t.Context(), dir, []string{dir}, scan.Options{Recursive: true}, source.SHA256,
		func(f proof.Listed) error {
			got = append(got, f.Name)
			if want := sha256.Sum256([]byte(f.Name)); f.Name != "d/00000" &&
				string(want[:]) != f.Sums.SHA256 {
				t.Errorf("%s has another's checksum", f.Name)
			}
			return nil
		})
	if err != nil || len(got) != len(names) {
		t.Fatal(len(got), err)
	}
	var scanned []string
	_, err = scan.Files(t.Context(), []string{dir}, scan.Options{Recursive: true},
		func(found []scan.Found) error {
			for _, f := range found {
				rel, err := filepath.Rel(dir, f.Source)
				if err != nil {
					return err
				}
				scanned = append(scanned, filepath.ToSlash(rel))
			}
			return nil
		})
	if err != nil || !slices.Equal(scanned, got) {
		t.Errorf("another order: %v", err)
	}
}

// TestAManifestEndsWhenNobodyWantsIt: with its reader's error, and with the cause of the end.
func TestAManifestEndsWhenNobodyWantsIt(t *testing.T) {
	dir := grow(t, "a", "b", "c")
	enough := errors.New("enough")
	_, err := proof.Manifest(t.Context(), dir, []string{dir}, scan.Options{Recursive: true}, source.MD5,
		func(proof.Listed) error { return enough })
	if !errors.Is(err, enough) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err = proof.Manifest(ctx, dir, []string{dir}, scan.Options{Recursive: true}, source.MD5,
		func(proof.Listed) error { cancel(enough); return nil })
	if err != nil && !errors.Is(err, enough) {
		t.Error(err)
	}
}

// TestAFileThatHasNoContentOfItsOwnIsNotListed, such as what the system makes up while it is read.
func TestAFileThatHasNoContentOfItsOwnIsNotListed(t *testing.T) {
	const made = "/proc/self/status"
	if _, err := os.Stat(made); err != nil {
		t.Skip("only Linux has it:", err)
	}
	_, err := proof.Manifest(t.Context(), "/proc/self", []string{made}, scan.Options{}, source.MD5,
		func(f proof.Listed) error {
			if !errors.Is(f.Err, proof.ErrUnsteady) {
				t.Errorf("%+v", f)
			}
			return nil
		})
	if err != nil {
		t.Error(err)
	}
}

// TestFolder finds what names of a list are relative to.
func TestFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("written for Unix")
	}
	for _, c := range []struct {
		dir, roots, want string // "" is none
	}{
		{"/data", "/data", "/data"},
		{"/data", "/data/run /data/run/sub /data/x", "/data"},
		{"/", "/data", "/"},
		{"/home", "/data/run", "/data"},
		{"/home", "/data/run /data/x", "/data"},
		{"/home", "/data/run /other/run", ""},
		{"/home", "/data/run /home/run", ""},
		{"/home", "/", ""},
		{"/data/run", "/data/run2", "/data"},
	} {
		got, ok := proof.Folder(c.dir, strings.Fields(c.roots))
		if got != c.want && ok || ok != (c.want != "") {
			t.Errorf("a list in %s of %s: %q, %v", c.dir, c.roots, got, ok)
		}
	}
}

// TestAListReplacesNothing, neither when it is begun nor when it is done.
func TestAListReplacesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "SHA256SUMS")
	for _, c := range []struct {
		name          string
		before, later string // what is there; "" is an empty file, "-" nothing
		want          error
	}{
		{"nothing", "-", "-", nil},
		{"an empty file", "", "-", nil},
		{"another list", "other", "-", proof.ErrTaken},
		{"what came meanwhile", "-", "other", proof.ErrTaken},
		{"an empty file that came meanwhile", "-", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_ = os.Remove(path)
			put := func(text string) {
				if text == "-" {
					return
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			put(c.before)
			f, err := proof.Create(path)
			if err == nil {
				if _, err := f.Write([]byte("list")); err != nil {
					t.Fatal(err)
				}
				put(c.later)
				if err = f.Commit(); err != nil {
					f.Discard()
				}
			}
			if !errors.Is(err, c.want) {
				t.Error(err)
			}
			want := "other"
			if c.want == nil {
				want = "list"
			}
			if text, err := os.ReadFile(path); err != nil || string(text) != want {
				t.Errorf("%q, %v", text, err)
			}
			if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
				t.Errorf("left behind: %v, %v", all, err)
			}
		})
	}
}
