package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/problem"
)

const (
	// logLines is how many of the log's last records are shown.
	logLines = 300
	// logRead is how many bytes at the end of the file are read for them.
	logRead = 256 << 10
	// logEvery is how often an open log is read again if it has grown.
	logEvery = time.Second
)

// logView is the sheet with the end of the log. It follows the log while it is open.
type logView struct {
	*screen
	lines   *logList
	seen    logState // of what is shown
	read    time.Time
	reading bool
}

// logState tells whether a file has changed.
type logState struct {
	size  int64
	mtime time.Time
}

// openLog shows the end of the log.
func (sc *screen) openLog() {
	v := &logView{screen: sc, lines: newLogList(sc)}
	closing := sc.newButton(tr("Close"), nil)
	closing.Importance = widget.HighImportance
	copying := sc.newButtonWithIcon(tr("Copy"), icon("copy", theme.ColorNameForeground), func() {
		sc.app.Clipboard().SetContent(strings.Join(v.lines.records, "\n"))
	})
	folder := sc.newButtonWithIcon(tr("Show in its folder"),
		icon("folder", theme.ColorNameForeground), func() { sc.inFileManager(sc.config.LogPath) })
	if sc.config.Desktop.Reveal == nil {
		folder.Hide()
	}
	words := small(tr("What happened, for support. It has names of files and the storage's " +
		"address, no token, and nothing of what is in a file."))
	s := sc.openSheet(tr("Log"), 860, ownScroll{column(6, 1, inset(0, 2, 8, 8, words),
		inset(0, 0, 4, 4, v.lines))}, folder, copying, closing)
	s.tag("cancel", closing)
	s.tag("copy", copying)
	s.tick = v.tick
	closing.OnTapped = s.close
	sc.window.Canvas().Focus(closing)
	v.tick(sc.config.Now())
	sc.wake()
}

// tick reads the log again, at most once in logEvery. It returns when it wants to be called next.
func (v *logView) tick(now time.Time) time.Duration {
	if v.reading || now.Sub(v.read) < logEvery {
		return logEvery
	}
	v.read, v.reading = now, true
	seen := v.seen
	v.inBackground(func(context.Context) {
		records, state, err := readLog(v.config.LogPath, seen)
		v.do(func() {
			v.reading = false
			switch {
			case err != nil:
				v.lines.put([]string{tr("The log can't be read.")})
			case state != v.seen:
				v.seen = state
				v.lines.put(records)
			}
		})
	})
	return logEvery
}

// readLog returns the last records of the log as readable lines, oldest first, unless its state is
// still the one in seen. It blocks on the disk. The older log file, which was set aside when it was
// full, counts as the beginning of the log.
func readLog(path string, seen logState) ([]string, logState, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, logState{}, err
	}
	state := logState{fi.Size(), fi.ModTime()}
	if state == seen {
		return nil, state, nil
	}
	records, err := lastRecords(path)
	if err == nil && len(records) < logLines {
		before, errBefore := lastRecords(path + ".1")
		if errBefore != nil && !errors.Is(errBefore, os.ErrNotExist) {
			return nil, state, errBefore
		}
		records = append(before, records...)
	}
	return records[max(len(records)-logLines, 0):], state, err
}

// lastRecords returns the last records of a file.
func lastRecords(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	from := max(fi.Size()-logRead, 0)
	text, err := io.ReadAll(io.NewSectionReader(f, from, logRead))
	if err != nil {
		return nil, err
	}
	if from > 0 { // the first line is a part of one
		_, text, _ = bytes.Cut(text, []byte{'\n'})
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte{'\n'})
	lines = lines[max(len(lines)-logLines, 0):]
	records := make([]string, 0, len(lines))
	for _, line := range lines {
		if len(line) > 0 {
			records = append(records, readable(line))
		}
	}
	return records, nil
}

// readable turns a record into a readable line: time, level, message and attributes. A text that is
// no record stays as it is.
func readable(record []byte) string {
	var m map[string]any
	if json.Unmarshal(record, &m) != nil {
		return show.Text(string(record))
	}
	when, _ := m["time"].(string)
	if t, err := time.Parse(time.RFC3339Nano, when); err == nil {
		when = t.Local().Format("2006-01-02 15:04:05")
	}
	line := fmt.Sprintf("%s %v %v", when, m["level"], m["msg"])
	for _, key := range slices.Sorted(maps.Keys(m)) {
		switch key {
		case "time", "level", "msg", "pid":
		default:
			line += fmt.Sprintf(" %s=%v", key, m[key])
		}
	}
	return show.Text(line)
}

// inFileManager shows a file in its folder, or says where it is.
func (sc *screen) inFileManager(path string) {
	sc.inBackground(func(context.Context) {
		err := sc.config.Desktop.Reveal(path)
		if err == nil {
			return
		}
		sc.config.Log.Error("reveal", "error", err)
		sc.do(func() {
			sc.tell(tr("No file manager opened"), problem.Explanation{
				What: tr("This computer's file manager could not be opened."),
				Safe: tr("Everything else stays as it is."),
				Do: tr("Open this folder yourself: {{.Folder}}",
					values("Folder", show.Text(filepath.Dir(path)))),
			})
		})
	})
}

// logList shows records, wrapped to the width, and stays at the end unless the person has scrolled
// away from it.
type logList struct {
	widget.List
	screen  *screen
	records []string
	lines   []string // the wrapped records
	columns int      // characters in a line
}

func newLogList(sc *screen) *logList {
	l := &logList{screen: sc}
	l.Length = func() int { return len(l.lines) }
	l.CreateItem = func() fyne.CanvasObject {
		t := canvas.NewText("", nil)
		t.TextStyle.Monospace = true
		return t
	}
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		if t, ok := o.(*canvas.Text); ok && i < len(l.lines) {
			t.Text, t.Color, t.TextSize = l.lines[i], currentColor(theme.ColorNameForeground),
				currentSize(theme.SizeNameCaptionText)
			t.Refresh()
		}
	}
	l.OnSelected = func(widget.ListItemID) { l.UnselectAll() }
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

// TypedKey implements fyne.Focusable.
func (l *logList) TypedKey(e *fyne.KeyEvent) {
	if !l.screen.sheetKey(e) {
		l.List.TypedKey(e)
	}
}

// put shows other records.
func (l *logList) put(records []string) {
	l.records = records
	l.lay()
}

// Resize implements fyne.CanvasObject.
func (l *logList) Resize(s fyne.Size) {
	l.List.Resize(s)
	if c := l.columnsIn(s.Width); c != l.columns {
		l.columns = c
		l.lay()
	}
}

// columnsIn returns how many characters fit a width.
func (l *logList) columnsIn(width float32) int {
	one := fyne.MeasureText("0", currentSize(theme.SizeNameCaptionText),
		fyne.TextStyle{Monospace: true}).Width
	return max(int((width-currentSize(theme.SizeNameScrollBar))/one), 20)
}

// lay wraps the records into lines; continuation lines are indented.
func (l *logList) lay() {
	end := l.atEnd()
	l.lines = l.lines[:0]
	for _, r := range l.records {
		runes, indent := []rune(r), ""
		for first := true; first || len(runes) > 0; first = false {
			n := min(l.columns-len(indent), len(runes))
			l.lines = append(l.lines, indent+string(runes[:n]))
			runes, indent = runes[n:], "    "
		}
	}
	l.Refresh()
	if end {
		l.ScrollToBottom()
	}
}

// atEnd reports whether the last line is in sight.
func (l *logList) atEnd() bool {
	line := fyne.MeasureText("0", currentSize(theme.SizeNameCaptionText),
		fyne.TextStyle{Monospace: true}).Height
	whole := float32(len(l.lines)) * (line + currentSize(theme.SizeNamePadding))
	return l.GetScrollOffset() >= whole-l.Size().Height-2*line
}

// shallow makes its object less high than its minimum.
type shallow struct{ height float32 }

func (s shallow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(objects[0].MinSize().Width, s.height)
}

func (s shallow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	objects[0].Move(fyne.Position{})
}

// newLogButton returns the button that opens the log; it is hidden if there is no log.
func newLogButton(sc *screen) fyne.CanvasObject {
	b := sc.newButton(tr("Log"), sc.openLog)
	b.Importance = widget.LowImportance
	sc.tag("log", b)
	box := container.New(shallow{currentSize(theme.SizeNameCaptionText) + 12}, b)
	if sc.config.LogPath == "" {
		box.Hide()
	}
	return box
}
