package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestTheManualHasAPageForEachCommand and on it each of its options.
func TestTheManualHasAPageForEachCommand(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	if code := run(t.Context(), []string{"manual", dir}, nil, &out, &out, noEnvironment); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &out)
	}
	var look func(c *cobra.Command)
	pages := 0
	look = func(c *cobra.Command) {
		if !c.IsAvailableCommand() && c.HasParent() {
			return
		}
		pages++
		page, err := os.ReadFile(filepath.Join(dir, pageName(c)+".1"))
		if err != nil {
			t.Error(err)
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden && !strings.Contains(string(page), `\fB`+roff("--"+f.Name)+`\fR`) {
				t.Errorf("%s: --%s is not there", c.CommandPath(), f.Name)
			}
		})
		for _, below := range c.Commands() {
			look(below)
		}
	}
	look(newProgram(&console{stdout: printer{io.Discard}, env: noEnvironment}).root())
	if written, err := os.ReadDir(dir); err != nil || len(written) != pages || pages < 20 {
		t.Errorf("%d files for %d commands: %v", len(written), pages, err)
	}
}

func TestAManualsTextPrintsAsItStands(t *testing.T) {
	got := roffText("Says \\d, 'so'.\n.dot --flag\n\nHEADING\nFor example:\n    uploader x\n")
	want := `\&Says \ed, \(aqso\(aq.
\&.dot \-\-flag
.PP
.SS HEADING
\&For example:
.nf
\&    uploader x
.fi
.PP
`
	if got != want {
		t.Errorf("got\n%s\nwanted\n%s", got, want)
	}
}
