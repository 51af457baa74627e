//go:build !windows

package main

import (
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestAFewOpenFilesAreEnoughOrSaidToBeTooFew: neither a file nor the network is blamed, nothing is
// waited for in vain, and programs get their object.
func TestAFewOpenFilesAreEnoughOrSaidToBeTooFew(t *testing.T) {
	l := newLab(t, "w")
	tree := filepath.Join(t.TempDir(), "tree")
	plant(t, tree, 1)
	for _, most := range []int{8, 12, 16, 17, 18, 20, 23, fewestFiles, 28, 40} {
		t.Run(strconv.Itoa(most), func(t *testing.T) {
			line := l.command("copy", tree, "--recursive", "--token-file", l.tokenFile, "--json",
				"--overwrite=true", "--state-dir", filepath.Join(t.TempDir(), "state"))
			c := exec.Command("sh", "-c", "ulimit -n "+strconv.Itoa(most)+` && exec "$0" "$@"`)
			c.Args = append(c.Args, line.Args...)
			c.Env = line.Env
			var words strings.Builder
			c.Stderr = &words
			out, err := c.Output()
			var failed *exec.ExitError
			if err != nil && !errors.As(err, &failed) {
				t.Fatal(err)
			}
			var said summary
			if err := json.Unmarshal(out, &said); err != nil {
				t.Errorf("%q is no object: %v", out, err)
			}
			code, reason, sentence := exitNotDelivered, "too-few-open-files", "only "+strconv.Itoa(
				most,
			)+" open files"
			if most >= fewestFiles {
				code, reason, sentence = exitOK, "", "Delivered all"
			}
			if c.ProcessState.ExitCode() != code || said.Reason != reason ||
				!strings.Contains(words.String(), sentence) {
				t.Errorf("exit code %d, reason %q, and: %s", c.ProcessState.ExitCode(), said.Reason,
					&words)
			}
		})
	}
}
