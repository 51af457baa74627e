package main

import (
	"bytes"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"inboxuploader/uploader/token"
)

// TestTheHelpNamesAllFieldsOfJSON: what programs rely on is told where a person looks for it.
func TestTheHelpNamesAllFieldsOfJSON(t *testing.T) {
	for _, c := range []struct {
		command string
		objects []any
	}{
		{"copy", []any{summary{}, summaryFile{}, dryLine{}, progressObject{}}},
		{"status", []any{statusTransfer{}, statusFile{}}},
		{"token", []any{token.Fields{}, checkedJSON{}}},
		{"token list", []any{listedToken{}}},
		{"network", []any{networkReport{}, networkStep{}}},
		{"inbox fetch", []any{inboxFile{}}},
	} {
		var out bytes.Buffer
		if code := run(t.Context(), append(strings.Fields(c.command), "--help"), nil, &out, &out, noEnvironment); code != exitOK {
			t.Fatalf("%s: exit code %d", c.command, code)
		}
		for _, object := range c.objects {
			for _, f := range reflect.VisibleFields(reflect.TypeOf(object)) {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				if name != "" && !regexp.MustCompile(`\b`+name+`\b`).Match(out.Bytes()) {
					t.Errorf("the help of %q does not name %s", c.command, name)
				}
			}
		}
	}
}

// helpTexts returns the help of every command, by how it is called.
func helpTexts(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	var look func(c *cobra.Command)
	look = func(c *cobra.Command) {
		var out bytes.Buffer
		line := append(strings.Fields(c.CommandPath())[1:], "--help")
		if code := run(t.Context(), line, nil, &out, &out, noEnvironment); code != exitOK {
			t.Errorf("%v: exit code %d", line, code)
		}
		all[c.CommandPath()] = out.String()
		for _, below := range c.Commands() {
			look(below)
		}
	}
	look(newProgram(&console{stdout: printer{io.Discard}, env: noEnvironment}).root())
	return all
}

// TestHelpFitsIntoHundredColumns: every line of every command's, examples and flags included.
func TestHelpFitsIntoHundredColumns(t *testing.T) {
	texts := helpTexts(t)
	if len(texts) < 30 {
		t.Errorf("%d commands only", len(texts))
	}
	for name, text := range texts {
		for line := range strings.SplitSeq(text, "\n") {
			if n := utf8.RuneCountInString(line); n > helpColumns {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
		}
	}
}

// TestFlow: paragraphs are broken anew, tables and examples stay.
func TestFlow(t *testing.T) {
	got := flow("One two\nthree four five six seven.\nEight:\n    0  an example that is longer "+
		"than a line\n    1  two\nNine.\n\nTEN\nEleven\n", 24)
	want := "One two three four five\nsix seven. Eight:\n    0  an example that is longer than a " +
		"line\n    1  two\nNine.\n\nTEN\nEleven"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestHelpIsAsWideAsItsReader: where the output is no terminal, as a file, it is 100 columns.
func TestHelpIsAsWideAsItsReader(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/help")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, out := range []io.Writer{f, io.Discard} {
		if got := (&console{stdout: printer{out}}).helpWidth(); got != helpColumns {
			t.Errorf("%d columns", got)
		}
	}
}
