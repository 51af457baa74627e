//go:build !race

package sim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryMutantApplies: what a deliberate bug replaces stands in the code, else the script that
// applies it would stop there.
func TestEveryMutantApplies(t *testing.T) {
	patches, err := filepath.Glob(filepath.Join("testdata", "mutants", "*.patch"))
	if err != nil || len(patches) < 40 {
		t.Fatalf("%d patches, %v", len(patches), err)
	}
	for _, path := range patches {
		patch, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var code, before string
		check := func() {
			if before != "" && !strings.Contains(code, before) {
				t.Errorf("%s: nothing in the code is\n%s", filepath.Base(path), before)
			}
			before = ""
		}
		for line := range strings.Lines(string(patch)) {
			switch {
			case strings.HasPrefix(line, "--- a/"):
				check()
				name := strings.TrimSpace(strings.TrimPrefix(line, "--- a/"))
				text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
				if err != nil {
					t.Errorf("%s: %v", filepath.Base(path), err)
				}
				code = string(text)
			case strings.HasPrefix(line, "+++ "), strings.HasPrefix(line, "@@"):
				check()
			case line[0] == ' ', line[0] == '-':
				before += line[1:]
			case line == "\n":
				before += line
			}
		}
		check()
	}
}
