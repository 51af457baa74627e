package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestFloorDeliversAll(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "tree")
	files := map[string]int64{
		"a.txt": 10, "empty": 0, "folder/b c.dat": 70_000, "folder/deep/whole.bin": mostWhole,
		"large.bin": 2*mostWhole + 5, "copied": copied, "sent by the system": copied + 1,
		"#?%.bin": 3,
	}
	buf := make([]byte, mib)
	var want summary
	for name, size := range files {
		path := filepath.Join(source, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := fill(path, file{name, size}, buf); err != nil {
			t.Fatal(err)
		}
		want.add("tree/"+name, size)
	}
	var large, small summary
	large.add("large.bin", files["large.bin"])
	small.add("a.txt", files["a.txt"])
	for _, how := range []struct{ tls, checksums bool }{{}, {tls: true}, {checksums: true}, {true, true}} {
		for _, c := range []struct {
			source string
			want   summary
		}{
			{source, want},
			{filepath.Join(source, "large.bin"), large},
			{filepath.Join(source, "a.txt"), small},
		} {
			s, a := serve(t, conditions{}, how.tls)
			args := []string{
				"-connections", "3", "-checksums=" + strconv.FormatBool(how.checksums), "-ca-file",
				a.CAFile,
				c.source, a.Inbox + "?" + query,
			}
			if err := floorRole(t.Context(), args, nil, nil); err != nil {
				t.Fatal(err)
			}
			if r := s.report(); r.summary != c.want || r.Damaged > 0 || r.Repeated > 0 ||
				r.Compared > 0 != how.checksums {
				t.Errorf("%s: got %+v, want %+v", c.source, r, c.want)
			}
		}
	}
}

func TestFloorEndsAtTheFirstFailure(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("content"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, a := serve(t, conditions{busy: 1}, false)
	err := floorRole(t.Context(), []string{"-connections", "2", dir, a.Inbox + "?" + query}, nil,
		nil)
	if err == nil || !strings.Contains(err.Error(), "503") ||
		strings.Contains(err.Error(), "sig=") {
		t.Errorf("got %v", err)
	}
	err = floorRole(t.Context(), []string{filepath.Join(dir, "a"), "http://127.0.0.1:1/x?" + query},
		nil, nil)
	if err == nil || strings.Contains(err.Error(), "sig=") {
		t.Errorf("nobody there: %v", err)
	}
	if err := floorRole(t.Context(), []string{filepath.Join(dir, "gone"), a.Inbox}, nil,
		nil); err == nil {
		t.Error("a source that is not there was sent")
	}
}
