package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPathsAreTakenAsTerminalsWriteThem(t *testing.T) {
	for _, test := range []struct {
		name, line string
		windows    bool
		want       []string
	}{
		{"nothing", "  ", false, nil},
		{"one", "/data/run", false, []string{"/data/run"}},
		{"several", " /data/a \t/data/b ", false, []string{"/data/a", "/data/b"}},
		{
			"GNOME Terminal", `'/data/my file' '/data/it'\''s'`, false,
			[]string{"/data/my file", "/data/it's"},
		},
		{
			"macOS", `/data/my\ file\ \(1\).txt /data/a\\b`, false,
			[]string{"/data/my file (1).txt", `/data/a\b`},
		},
		{
			"double quotes", `"/data/my \"own\" $file" /b`, false,
			[]string{`/data/my "own" $file`, "/b"},
		},
		{"a backslash in double quotes", `"/data/a\b"`, false, []string{`/data/a\b`}},
		{"a quote that is never closed", `"/data/my file`, false, []string{"/data/my file"}},
		{"a backslash at the end", `/data/a\`, false, []string{`/data/a\`}},
		{"an empty name", `""`, false, []string{""}},
		{"Windows", `C:\data\run`, true, []string{`C:\data\run`}},
		{"Windows with blanks", `"C:\my data\run" D:\x`, true, []string{`C:\my data\run`, `D:\x`}},
		{
			"Windows without a blank", `"C:\my data""D:\x y"`, true,
			[]string{`C:\my data`, `D:\x y`},
		},
		{"PowerShell", `'C:\my data'`, true, []string{`C:\my data`}},
		{"an apostrophe on Windows", `C:\it's`, true, []string{`C:\it's`}},
		{"a share", `\\server\share\a`, true, []string{`\\server\share\a`}},
		{"an address", "file:///data/my%20file", false, []string{"file:///data/my%20file"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, droppedPaths(test.line, test.windows)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAPathThatExistsIsTakenAsItStands: nobody quotes what they type to be asked for a path.
func TestAPathThatExistsIsTakenAsItStands(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	for _, name := range []string{"two words", `it's "one"`} {
		if filepath.Separator == '\\' && name != "two words" {
			continue // no name there
		}
		path := filepath.Join(home, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		want := []string{path}
		if diff := cmp.Diff(want, droppedPaths(" "+path, false)); diff != "" {
			t.Error(diff)
		}
	}
	if diff := cmp.Diff([]string{filepath.Join(home, "two words")},
		droppedPaths("~/two words", filepath.Separator == '\\')); diff != "" {
		t.Error(diff)
	}
}

func FuzzAQuotedPathComesBackAsItWas(f *testing.F) {
	f.Add("/data/it's")
	f.Add(`a\b "c" $d`)
	f.Fuzz(func(t *testing.T, path string) {
		if path == "" || path != string([]rune(path)) {
			return
		}
		quoted := "'"
		for _, c := range path {
			if c == '\'' {
				quoted += `'\''`
			} else {
				quoted += string(c)
			}
		}
		if diff := cmp.Diff([]string{path}, shellWords(quoted+"'", false)); diff != "" {
			t.Error(diff)
		}
	})
}
