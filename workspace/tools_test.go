package workspace

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"inboxuploader/internal/blobserver"
)

// TestOtherProgramsTakeATokenMadeHere uploads with programs that workspaces tell their senders to
// use, where they are installed, and compares what arrived.
func TestOtherProgramsTakeATokenMadeHere(t *testing.T) {
	for _, c := range []struct {
		program, rights string
		command         func(link, data string) []string
		env             func(dir string) []string
	}{
		{
			program: "azcopy", rights: "w",
			command: func(link, data string) []string {
				return []string{"copy", data, link, "--recursive", "--from-to", "LocalBlob", "--skip-version-check", "--output-level", "essential"}
			},
			env: func(dir string) []string {
				return []string{"AZCOPY_LOG_LOCATION=" + dir, "AZCOPY_JOB_PLAN_LOCATION=" + dir, "AZCOPY_DISABLE_SYSLOG=true"}
			},
		},
		{
			program: "rclone", rights: "rcwl", // it looks before it writes
			command: func(link, data string) []string {
				_, container, _ := strings.Cut(strings.TrimPrefix(link, "http://"), "/localinbox/")
				container, _, _ = strings.Cut(container, "?")
				return []string{"copy", filepath.Dir(data), ":azureblob:" + container, "--azureblob-sas-url", link, "--retries", "1", "--low-level-retries", "1"}
			},
			env: func(dir string) []string { return []string{"RCLONE_CONFIG=" + filepath.Join(dir, "none.conf")} },
		},
	} {
		t.Run(c.program, func(t *testing.T) {
			path, err := exec.LookPath(c.program)
			if err != nil {
				t.Skipf("%s is not installed: whether it takes a token made here was not tried",
					c.program)
			}
			s := newSite(t, blobserver.Config{})
			w := s.open(t, "ws")
			token, _ := s.issue(t, w, Request{Reason: "another program", Rights: c.rights})
			files := map[string]string{"a.csv": "1,2\n", "sub/b & c (50%).txt": "text", "large.bin": strings.Repeat("0123456789abcdef", 1<<20)}
			data := folder(t, files)
			cmd := exec.CommandContext(t.Context(), path, c.command(token.Link(), data)...)
			home := t.TempDir()
			cmd.Dir = home
			cmd.Env = append(os.Environ(), append(c.env(home), "HOME="+home)...)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			dir := t.TempDir()
			got, err := fetch(t, w, dir)
			if err != nil || len(got) != len(files) {
				t.Fatalf("%d files arrived, %v", len(got), err)
			}
			for name, text := range files {
				there, err := os.ReadFile(filepath.Join(dir, "data", filepath.FromSlash(name)))
				if err != nil || string(there) != text {
					t.Errorf("%s: %d bytes, %v", name, len(there), err)
				}
			}
		})
	}
}
