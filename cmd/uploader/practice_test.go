package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/assets"
	"inboxuploader/internal/blobserver"
)

// runPractice carries out the command with an empty environment.
func runPractice(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, complaints bytes.Buffer
	code = run(t.Context(), append([]string{"practice"}, args...), strings.NewReader(""), &out,
		&complaints, func(string) string { return "" })
	return code, out.String(), complaints.String()
}

func TestPracticeDeliversEachByte(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	code, stdout, stderr := runPractice(t, "--dir", dir)
	if code != exitOK || !strings.Contains(stdout, "7 of 7 files arrived unchanged") {
		t.Fatalf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
	if strings.Contains(stdout+stderr, "sig=") {
		t.Error("the token's signature was printed")
	}
	// What the command says is looked up on the disk, too, past all its code.
	want, got := files(t, filepath.Join(dir, "samples")), files(t,
		filepath.Join(dir, "inbox", practiceContainer, "samples"))
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 7 {
		t.Errorf("%d samples; inbox (-want +got):\n%s", len(want), diff)
	}
}

func TestPracticeRefusesAFolderInUse(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{dir, mine} {
		if code, _, stderr := runPractice(t, "--dir", at); code != exitUsage ||
			!strings.Contains(stderr, "--dir") {
			t.Errorf("%s: exit code %d, stderr %q", at, code, stderr)
		}
	}
	if diff := cmp.Diff(map[string]string{"mine.txt": "mine"}, files(t, dir)); diff != "" {
		t.Errorf("the folder changed (-want +got):\n%s", diff)
	}
}

// files returns the content of each file below dir by its path with slashes.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		found[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestComparisonNoticesEachDifference makes sure that the practice run's verdict is worth
// something.
func TestComparisonNoticesEachDifference(t *testing.T) {
	dir := t.TempDir()
	samples, inbox := filepath.Join(dir, "samples"), filepath.Join(dir, "inbox")
	if err := assets.WriteSamples(samples); err != nil {
		t.Fatal(err)
	}
	p := practiceRun{
		program: newProgram(&console{stdout: io.Discard, stderr: t.Output(), env: noEnvironment}),
		dir:     dir,
	}
	err := withLocalInbox(
		t.Context(),
		blobserver.Config{Dir: inbox},
		func(server *blobserver.Server, address string) error {
			if err := p.bothSides(t.Context(), samples, server, address); err != nil {
				t.Fatalf("practice: %v", err)
			}
			change := func(name string, do func(path string) error) {
				if err := do(filepath.Join(samples, filepath.FromSlash(name))); err != nil {
					t.Fatal(err)
				}
			}
			change("participants.csv", func(path string) error { // one byte, size kept
				data, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				data[len(data)-2] ^= 1
				return os.WriteFile(path, data, 0o600)
			})
			change("study.json", func(path string) error { return os.Truncate(path, 10) })
			change("empty.log",
				func(path string) error { return os.WriteFile(path, []byte("no longer"), 0o600) })
			change("visit 1/raw/recording.i16", os.Remove)
			change("late.txt",
				func(path string) error { return os.WriteFile(path, []byte("late"), 0o600) })
			results, err := compareInbox(samples, server)
			if err != nil {
				return err
			}
			got := map[string]string{}
			for _, r := range results {
				got[strings.TrimPrefix(r.blob, "samples/")] = r.verdict
			}
			want := map[string]string{
				"READ ME FIRST.txt": verdictSame, "participants.csv": verdictDiffers,
				"study.json": verdictDiffers,
				"empty.log":  verdictDiffers, "late.txt": verdictMissing,
				"visit 1/raw/recording.i16":                 verdictExtra,
				"visit 1/50% saline + 5 µg (#3) & more.csv": verdictSame,
				"visit 1/心拍数.csv":                           verdictSame,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
			return nil
		},
	)
	if err != nil {
		t.Fatal(err)
	}
}

func TestSameContent(t *testing.T) {
	long := strings.Repeat("x", 64<<10)
	for name, c := range map[string]struct {
		a, b string
		want bool
	}{
		"both empty":            {"", "", true},
		"one empty":             {"", "x", false},
		"exactly one buffer":    {long, long, true},
		"longer by one":         {long, long + "x", false},
		"shorter by one":        {long + "x", long, false},
		"differs in the second": {long + "a", long + "b", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := sameContent(strings.NewReader(c.a),
				iotest.OneByteReader(strings.NewReader(c.b)))
			if err != nil || got != c.want {
				t.Errorf("got %v, %v; want %v", got, err, c.want)
			}
		})
	}
	if _, err := sameContent(strings.NewReader("x"), iotest.ErrReader(context.Canceled)); err == nil {
		t.Error("a failed read was taken for an answer")
	}
}
