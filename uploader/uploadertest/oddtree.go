// Package uploadertest holds what tests of the engine and of its stores share.
package uploadertest

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// OddTreeFiles are the files of the odd tree, as paths with slashes below its root. Some can't be
// sent.
var OddTreeFiles = []string{
	"plain.csv",
	"no extension",
	".hidden",
	"..two dots first",
	"100%.txt",
	"a%2Fb%5Cc%3A.txt",
	"a#b?c+d&e.txt",
	"it's \"quoted\".txt",
	"[x] {y} (z) !$@^=;,~`.txt",
	" space first.txt",
	"space last ",
	"new\nline.txt",
	"tab\tstop.txt",
	"escape\x1b.txt",
	"delete\x7f.txt",
	"dot last.",
	"dots last...",
	"won.",
	"won",
	"twice.",
	"twice..",
	"...",
	"back\\slash.txt",
	"..\\up.txt",
	"CON",
	"nul.txt",
	"a:b.txt",
	"star*pipe|less<more>.txt",
	"Case.txt",
	"case.txt",
	"nfc-caf\u00e9.txt",
	"nfd-cafe\u0301.txt",
	"both-e\u0301.txt",
	"both-\u00e9.txt",
	"数据.csv",
	"בדיקה.txt",
	"اختبار.txt",
	"\u202eright to left.txt",
	"zero\u200bwidth.txt",
	"🧬 dna 👩\u200d🔬.txt",
	"undefined\u0081.txt",
	"private\ue000.txt",
	"latin1-\xe9.txt",
	"empty.bin",
	"folder.d/inside.txt",
	"folder dot./inside.txt",
	"merge/inside.txt",
	"merge./other.txt",
	"spaces in/sub folder/x y.txt",
	".hidden folder/x.txt",
	".DS_Store",
	"sub/Thumbs.db",
	"sub/~$report.docx",
	"sub/kept.log",
	"__pycache__/x.cpython-312.pyc",
	".git/HEAD",
	strings.Repeat("n", 255),
	strings.Repeat("d/", 252) + "at 254.txt",
	strings.Repeat("d/", 253) + "at 255.txt",
	"long/" + strings.Repeat(strings.Repeat("l", 200)+"/", 4) + "fits.txt",
	"long/" + strings.Repeat(strings.Repeat("l", 200)+"/", 5) + "does not.txt",
}

// OddTreeLinks are its symbolic links and where they lead, the same way. The folder outside it is named by WriteOddTree.
var OddTreeLinks = [][2]string{
	{"links/to file", "../plain.csv"},
	{"links/to folder", "../spaces in"},
	{"links/to folder again", "../spaces in"},
	{"links/to above", ".."},
	{"links/to itself", "to itself"},
	{"links/to nothing", "not there"},
	{"links/outside file", "../../outside of " + oddName + "/secret.txt"},
	{"links/outside folder", "../../outside of " + oddName},
}

// oddName stands for the tree's own name in a link's target.
const oddName = "\x00"

// OddTreeContent returns what the file of this path contains: something different in each, and nothing in empty.bin.
func OddTreeContent(path string) string {
	if filepath.Base(path) == "empty.bin" {
		return ""
	}
	return "content of " + path + "\n"
}

// WriteOddTree makes dir, which must not exist, a tree with every kind of name and file that is hard to deliver:
// OddTreeFiles, OddTreeLinks, an empty folder "nothing in it", a named pipe "special/pipe", a socket "special/socket",
// and a folder "closed" that can't be read unless by root. Beside dir it makes a folder "outside of …" for links out of
// the tree. It skips the test on Windows, where most of these can't exist, and on file systems that refuse some.
func WriteOddTree(t testing.TB, dir string) {
	t.Helper()
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("this system's file names can't hold the odd tree")
	}
	for _, path := range OddTreeFiles {
		write(t, filepath.Join(dir, path), OddTreeContent(path))
	}
	outside := filepath.Join(filepath.Dir(dir), "outside of "+filepath.Base(dir))
	write(t, filepath.Join(outside, "secret.txt"), "outside\n")
	for _, l := range OddTreeLinks {
		link := filepath.Join(dir, l[0])
		mkdir(t, filepath.Dir(link))
		if err := os.Symlink(strings.ReplaceAll(l[1], oddName, filepath.Base(dir)), link); err != nil {
			t.Fatal(err)
		}
	}
	mkdir(t, filepath.Join(dir, "nothing in it"))
	special := filepath.Join(dir, "special")
	mkdir(t, special)
	makePipe(t, filepath.Join(special, "pipe"))
	makeSocket(t, filepath.Join(special, "socket"))
	closed := filepath.Join(dir, "closed")
	write(t, filepath.Join(closed, "unseen.txt"), "unseen\n")
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Chmod(closed, 0o700); err != nil { // else it can't be removed
			t.Error(err)
		}
	})
}

func mkdir(t testing.TB, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, path, content string) {
	t.Helper()
	mkdir(t, filepath.Dir(path))
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		if strings.Contains(err.Error(), syscall.EILSEQ.Error()) {
			t.Skip("this file system refuses names that are no UTF-8")
		}
		t.Fatal(err)
	}
}

// makeSocket leaves a socket behind. It is made under a short path and moved, since addresses are limited to some 100
// bytes.
func makeSocket(t testing.TB, path string) {
	t.Helper()
	short, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(short) }()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(short, "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(short, "s"), path); err != nil {
		t.Fatal(err)
	}
}
