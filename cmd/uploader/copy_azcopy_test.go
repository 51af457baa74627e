package main

import (
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/go-cmp/cmp"
)

func TestSplitLine(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		want []string
	}{
		"sh":              {`azcopy copy "my data" 'https://x/y?a=1&b=2' --recursive`, []string{"azcopy", "copy", "my data", "https://x/y?a=1&b=2", "--recursive"}},
		"windows paths":   {`azcopy.exe cp "C:\my data\new" C:\x\*`, []string{"azcopy.exe", "cp", `C:\my data\new`, `C:\x\*`}},
		"continued":       {"azcopy copy \\\n a ^\r\n b `\n c", []string{"azcopy", "copy", "a", "b", "c"}},
		"curly quotes":    {"azcopy copy “my data” ”b c”", []string{"azcopy", "copy", "my data", "b c"}},
		"quotes inside":   {`--exclude-path="a b;c"`, []string{"--exclude-path=a b;c"}},
		"empty word":      {`a "" b`, []string{"a", "", "b"}},
		"quote left open": {`a "b c`, []string{"a", "b c"}},
		"nothing":         {"  ", nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, splitLine(c.line)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSplitLists(t *testing.T) {
	got := splitLists([]string{"*.jpg;*.pdf", "a[;]b", "{x;y}", " ; z "})
	if diff := cmp.Diff([]string{"*.jpg", "*.pdf", "a[;]b", "{x;y}", "z"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPathPatternsMeanThePathAndAllBelow(t *testing.T) {
	for list, match := range map[string]map[string]bool{
		`sub\a;b`: {"sub/a": true, "sub/a/x": true, "b": true, "b/c/d": true, "sub/b": false, "ab": false},
		"a[1]*":   {"a[1]*": true, "a[1]*/x": true, "a1x": false},
		"{x,y}/":  {"{x,y}/z": true, "x/z": false},
	} {
		for path, want := range match {
			got := false
			for _, p := range pathPatterns(list) {
				got = got || doublestar.MatchUnvalidated(p, path)
			}
			if got != want {
				t.Errorf("%q matches %q: %t", list, path, got)
			}
		}
	}
}

func TestAzCopyIsKnownByItsName(t *testing.T) {
	for word, want := range map[string]bool{
		"azcopy": true, "./azcopy": true, `C:\tools\AzCopy.exe`: true, "azcopy.exe": true, "azcopy2": false, "data": false, "": false,
	} {
		if got := isAzCopy(word); got != want {
			t.Errorf("isAzCopy(%q) = %t", word, got)
		}
	}
}
