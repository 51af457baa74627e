package sums_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"inboxuploader/internal/sums"
)

const (
	md5Hex    = "d41d8cd98f00b204e9800998ecf8427e"
	sha256Hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

func TestReadTakesEachFormOfCoreutils(t *testing.T) {
	for _, c := range []struct{ name, text, sum, want string }{
		{"text", sha256Hex + "  a/b c.txt\n", sha256Hex, "a/b c.txt"},
		{"binary", md5Hex + " *a.bin\n", md5Hex, "a.bin"},
		{"capitals", strings.ToUpper(md5Hex) + "  a\n", md5Hex, "a"},
		{"without a last newline", md5Hex + "  a", md5Hex, "a"},
		{"of Windows", "\ufeff" + md5Hex + "  a\r\n", md5Hex, "a"},
		{"from find", md5Hex + "  ./a/b\n", md5Hex, "a/b"},
		{"one blank", md5Hex + " a\n", md5Hex, "a"},
		{"name begins with a blank", md5Hex + "   a\n", md5Hex, " a"},
		{"name ends with a blank", md5Hex + "  a \n", md5Hex, "a "},
		{"name with a star", md5Hex + "  *a\n", md5Hex, "*a"},
		{"escaped", `\` + md5Hex + `  a\\b\nc\rd` + "\n", md5Hex, "a\\b\nc\rd"},
		{"backslash unescaped", md5Hex + `  a\nb` + "\n", md5Hex, `a\nb`},
		{"tagged", "SHA256 (a (1) = b) = " + sha256Hex + "\n", sha256Hex, "a (1) = b"},
		{"tagged, escaped", `\MD5 (a\\b) = ` + md5Hex + "\n", md5Hex, `a\b`},
		{"behind a remark", "# made by hand\n\n \n" + md5Hex + "  a\n", md5Hex, "a"},
		{"no UTF-8", md5Hex + "  a\xff\n", md5Hex, "a\xff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines, err := readAll(strings.NewReader(c.text))
			if err != nil || len(lines) != 1 {
				t.Fatalf("Read = %+v, %v, want one line", lines, err)
			}
			if l := lines[0]; l.Name != c.want || hex.EncodeToString(l.Sum) != c.sum ||
				l.IsMD5() != (len(c.sum) == 32) {
				t.Errorf("Read = %x %q, want %s %q", l.Sum, l.Name, c.sum, c.want)
			}
		})
	}
}

func TestReadSaysWhichLineMakesNoSense(t *testing.T) {
	for name, text := range map[string]string{
		"a sentence":           "this is no list",
		"no name":              md5Hex,
		"an empty name":        md5Hex + "  ",
		"a short sum":          md5Hex[1:] + "  a",
		"SHA-1":                "da39a3ee5e6b4b0d3255bfef95601890afd80709  a",
		"no hexadecimal":       strings.Replace(md5Hex, "d", "g", 1) + "  a",
		"an unknown escape":    `\` + md5Hex + `  a\tb`,
		"half an escape":       `\` + md5Hex + `  a\`,
		"NUL":                  md5Hex + "  a\x00b",
		"tag of another sum":   "SHA256 (a) = " + md5Hex,
		"tag of an unknown":    "SHA512 (a) = " + md5Hex,
		"longer than any line": md5Hex + "  " + strings.Repeat("a", 70_000),
	} {
		t.Run(name, func(t *testing.T) {
			lines, err := readAll(strings.NewReader(md5Hex + "  first\n" + text + "\n"))
			var at *sums.LineError
			if !errors.As(err, &at) || at.Line != 2 || len(lines) != 1 {
				t.Errorf("Read = %d lines, %v, want one and an error at line 2", len(lines), err)
			}
		})
	}
}

func TestReadHandsOnWhatTheReaderFailedWith(t *testing.T) {
	broken := errors.New("the disk is gone")
	in := io.MultiReader(strings.NewReader(md5Hex+"  a\n"), iotest.ErrReader(broken))
	if lines, err := readAll(in); !errors.Is(err, broken) || len(lines) != 1 {
		t.Errorf("Read = %d lines, %v, want one and the reader's error", len(lines), err)
	}
}

// odd are names that some list of checksums has gone wrong with.
var odd = []string{
	"plain", "with blank", " blank first", "blank last ", "*star", "#number", "-", "--tag", "ünï",
	`back\slash`, `\first`, `last\`, "new\nline", "carriage\rreturn", "\nfirst", "last\r",
	"MD5 (a) = b", "no UTF-8 \xff", "deep/er/file",
}

// TestTheRealToolsCheckWhatAppendWrites runs sha256sum and md5sum over a folder of odd names, and
// reads what they write themselves.
func TestTheRealToolsCheckWhatAppendWrites(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("these names need a file system of Linux")
	}
	for tool, sum := range map[string]func([]byte) []byte{
		"sha256sum": func(b []byte) []byte { s := sha256.Sum256(b); return s[:] },
		"md5sum":    func(b []byte) []byte { s := md5.Sum(b); return s[:] },
	} {
		t.Run(tool, func(t *testing.T) {
			version, err := exec.Command(tool, "--version").Output()
			if err != nil || !bytes.Contains(version, []byte("coreutils")) {
				t.Skipf("no %s of the coreutils here", tool)
			}
			dir := t.TempDir()
			var list []byte
			var want []sums.Line
			for _, name := range odd {
				content := []byte("content of " + name)
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, content, 0o600); err != nil {
					t.Fatal(err)
				}
				want = append(want, sums.Line{Sum: sum(content), Name: name})
				list = sums.Append(list, want[len(want)-1])
			}
			run := func(args ...string) []byte {
				t.Helper()
				c := exec.Command(tool, args...)
				c.Dir, c.Stdin = dir, bytes.NewReader(list)
				out, err := c.CombinedOutput()
				if err != nil {
					t.Fatalf("%s: %v\n%s", tool, err, out)
				}
				return out
			}
			if out := run("--strict", "--check", "/dev/stdin"); bytes.Count(out, []byte(": OK\n")) != len(odd) {
				t.Errorf("%s says:\n%s", tool, out)
			}
			for _, form := range []string{"--text", "--binary", "--tag"} {
				files := []string{form, "--"}
				for _, name := range odd {
					files = append(files, strings.TrimPrefix("./"+name, "./")) // names as they are
				}
				files[len(files)-len(odd)+slices.Index(odd, "-")] = "./-"
				got, err := readAll(bytes.NewReader(run(files...)))
				if err != nil || !slices.EqualFunc(got, want, same) {
					t.Errorf("%s %s reads as %q, %v\nwant %q", tool, form, got, err, want)
				}
			}
		})
	}
}

func FuzzWhatAppendWritesReadReads(f *testing.F) {
	for _, name := range odd {
		f.Add(name, true)
		f.Add(name, false)
	}
	f.Fuzz(func(t *testing.T, name string, short bool) {
		if name == "" || strings.Contains(name, "\x00") || strings.HasPrefix(name, "./") ||
			len(name) > 20_000 {
			t.Skip("no name in an inbox")
		}
		l := sums.Line{Name: name, Sum: bytes.Repeat([]byte{0xa5}, sha256.Size)}
		if short {
			l.Sum = l.Sum[:md5.Size]
		}
		text := sums.Append(sums.Append(nil, l), sums.Line{Name: "next", Sum: l.Sum})
		got, err := readAll(bytes.NewReader(text))
		if err != nil || len(got) != 2 || !same(got[0], l) || got[1].Name != "next" {
			t.Errorf("%q reads as %+v, %v", text, got, err)
		}
	})
}

func FuzzReadNeverPanics(f *testing.F) {
	f.Add([]byte("\\" + md5Hex + "  a\\nb\n\\MD5 (x) = " + md5Hex))
	f.Fuzz(func(t *testing.T, text []byte) {
		lines, _ := readAll(bytes.NewReader(text))
		for _, l := range lines {
			if l.Name == "" || len(l.Sum) != md5.Size && len(l.Sum) != sha256.Size {
				t.Errorf("%q reads as %+v", text, l)
			}
		}
	})
}

func same(a, b sums.Line) bool { return a.Name == b.Name && bytes.Equal(a.Sum, b.Sum) }

func readAll(r io.Reader) (all []sums.Line, err error) {
	for l, err := range sums.Read(r) {
		if err != nil {
			return all, err
		}
		all = append(all, l)
	}
	return all, nil
}
