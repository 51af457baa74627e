package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
)

// record is a line as the log has it.
func record(n int) string {
	return fmt.Sprintf(`{"time":"2026-11-24T08:46:55.677547694Z","level":"ERROR",`+
		`"msg":"rows","pid":32059,"error":"number %d"}`+"\n", n)
}

func records(from, to int) string {
	var text strings.Builder
	for n := from; n < to; n++ {
		text.WriteString(record(n))
	}
	return text.String()
}

// writeLog writes a log and the one that was put aside before it, if that is not empty.
func writeLog(t *testing.T, text, before string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "uploader.log")
	for p, text := range map[string]string{path: text, path + ".1": before} {
		if p == path || text != "" {
			if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return path
}

func TestTheEndOfTheLogIsRead(t *testing.T) {
	long := strings.Repeat("x", 3*logRead)
	for name, c := range map[string]struct {
		text, before string
		n            int
		first, last  string // ends of these lines
	}{
		"a short one": {records(0, 3), "", 3, "error=number 0", "error=number 2"},
		"a long one": {
			records(0, 1000), "", logLines, "error=number 700",
			"error=number 999",
		},
		"one that has just been begun": {
			records(500, 510), records(0, 500), logLines,
			"error=number 210", "error=number 509",
		},
		"an empty one":                  {"", "", 0, "", ""},
		"an empty one after a full one": {"", records(0, 5), 5, "error=number 0", "error=number 4"},
		"no record": {
			"panic: \u202eevil\x1b[2J\n" + record(1), "", 2,
			`panic: \u{202e}evil\u{1b}[2J`, "error=number 1",
		},
		"a line longer than all": {
			long + "\n" + record(1), "", 1, "error=number 1",
			"error=number 1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := writeLog(t, c.text, c.before)
			lines, state, err := readLog(path, logState{})
			if err != nil || len(lines) != c.n {
				t.Fatalf("%d lines, %v; want %d", len(lines), err, c.n)
			}
			if c.n > 0 && (!strings.HasSuffix(lines[0], c.first) ||
				!strings.HasSuffix(lines[len(lines)-1], c.last)) {
				t.Errorf("from %q to %q", lines[0], lines[len(lines)-1])
			}
			if again, _, err := readLog(path, state); err != nil || again != nil {
				t.Errorf("read again without a change: %d lines, %v", len(again), err)
			}
		})
	}
}

func TestTheLogIsFollowedWhileItIsOpen(t *testing.T) {
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	path := writeLog(t, records(0, 100), "")
	d := openDesk(t, Config{LogPath: path, Now: func() time.Time { return now }})
	d.openLog()
	d.finish()
	d.mustSay("2026-11-24", "ERROR rows error=number 99", "names of files", "no token")
	more := func(n int) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(record(n)); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	more(100)
	d.look()
	d.finish()
	if d.says("error=number 100") {
		t.Error("it was read again within a second")
	}
	now = now.Add(logEvery)
	d.look()
	d.finish()
	d.mustSay("error=number 100")
	d.tap("Copy")
	if copied := strings.Split(d.app.Clipboard().Content(), "\n"); len(copied) != 101 ||
		!strings.HasSuffix(copied[100], "number 100") {
		t.Errorf("%d lines were copied", len(copied))
	}
	// Who reads further up is left there.
	list := d.logLines()
	list.ScrollToTop()
	more(101)
	now = now.Add(logEvery)
	d.look()
	d.finish()
	if d.says("error=number 101") || !d.says("error=number 0") {
		t.Error("the person was taken from where they read")
	}
	if got := list.records[len(list.records)-1]; !strings.HasSuffix(got, "number 101") {
		t.Errorf("the last record is %q", got)
	}
}

// logLines returns the list of the log's lines, which must be open.
func (d *desk) logLines() (found *logList) {
	d.t.Helper()
	d.walk(func(o fyne.CanvasObject) {
		if l, ok := o.(*logList); ok {
			found = l
		}
	})
	if found == nil {
		d.t.Fatal("the log is not open")
	}
	return found
}

func TestLongRecordsAreBroken(t *testing.T) {
	l := newLogList(nil)
	l.columns = 20
	l.put([]string{"short", strings.Repeat("0123456789", 5)})
	want := []string{"short", "01234567890123456789", "    0123456789012345", "    67890123456789"}
	if !slices.Equal(l.lines, want) {
		t.Errorf("lines: %q, want %q", l.lines, want)
	}
}

func TestALogThatCantBeReadIsSaidToBeSo(t *testing.T) {
	d := openDesk(t, Config{LogPath: filepath.Join(t.TempDir(), "none.log")})
	d.openLog()
	d.finish()
	d.mustSay("The log can't be read.")
}
