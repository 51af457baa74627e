package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/workspace"
)

// fileList shows files that arrived: in columns where there is room, else in two lines each. It has
// a few dozen widgets for any number of files.
type fileList struct {
	widget.List
	screen *screen
	files  []workspace.File
	wide   bool
}

// columnsFrom is the width from which a file has one line.
const columnsFrom = 540

func newFileList(sc *screen) *fileList {
	l := &fileList{screen: sc, wide: true}
	l.Length = func() int { return len(l.files) }
	l.CreateItem = func() fyne.CanvasObject { return newFileRow(l) }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		if r, ok := o.(*fyne.Container); ok && i < len(l.files) {
			l.fill(r, l.files[i])
		}
	}
	l.OnSelected = func(widget.ListItemID) { l.UnselectAll() }
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

// put shows other files, or more of them.
func (l *fileList) put(files []workspace.File) {
	if len(files) == len(l.files) {
		return
	}
	l.files = files
	l.Refresh()
}

// Resize implements fyne.CanvasObject.
func (l *fileList) Resize(s fyne.Size) {
	if wide := s.Width >= columnsFrom; wide != l.wide {
		l.wide = wide
		l.Refresh() // rows have another height
	}
	l.List.Resize(s)
}

// TypedKey implements fyne.Focusable.
func (l *fileList) TypedKey(e *fyne.KeyEvent) {
	if !l.screen.sheetKey(e) {
		l.List.TypedKey(e)
	}
}

// newFileRow makes a row: a name, a size, a time.
func newFileRow(l *fileList) *fyne.Container {
	size := newText("", colorMuted, theme.SizeNameText)
	size.align = fyne.TextAlignTrailing
	return container.New(&fileRowLayout{l},
		l.screen.newCutText("", theme.ColorNameForeground, theme.SizeNameText), size,
		newText("", colorMuted, theme.SizeNameText))
}

func (l *fileList) fill(row *fyne.Container, f workspace.File) {
	for i, words := range []string{show.Text(f.Name), amount(f.Size), dateOrNone(f.Arrived)} {
		if t, ok := row.Objects[i].(*text); ok {
			t.set(words, t.color)
		}
	}
	row.Refresh()
}

// fileRowLayout arranges a row as the list's width wants it.
type fileRowLayout struct{ list *fileList }

const (
	fileRowInset = 8
	fileRowGap   = 14
	fileRowTop   = 3
)

func (l *fileRowLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	height := objects[0].MinSize().Height
	if !l.list.wide {
		height = 2*height + 4
	}
	return fyne.NewSize(100, height+2*fileRowTop)
}

func (l *fileRowLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	name, size, at := objects[0], objects[1], objects[2]
	height := name.MinSize().Height
	width := func(words string) float32 {
		return fyne.MeasureText(words, currentSize(theme.SizeNameText), fyne.TextStyle{}).Width
	}
	sizeWidth, atWidth := width(amount(999_900_000)), width(date(l.list.screen.config.Now()))
	end := s.Width - fileRowInset - currentSize(theme.SizeNameScrollBar)
	if !l.list.wide {
		second := fileRowTop + height + 4
		setAt(name, fileRowInset, fileRowTop, end-fileRowInset, height)
		sizeWidth = size.MinSize().Width
		setAt(size, fileRowInset, second, sizeWidth, height)
		setAt(at, fileRowInset+sizeWidth+fileRowGap, second, atWidth, height)
		return
	}
	setAt(name, fileRowInset, fileRowTop, end-fileRowInset-atWidth-sizeWidth-2*fileRowGap, height)
	setAt(size, end-atWidth-fileRowGap-sizeWidth, fileRowTop, sizeWidth, height)
	setAt(at, end-atWidth, fileRowTop, atWidth, height)
}

func setAt(o fyne.CanvasObject, x, y, width, height float32) {
	o.Resize(fyne.NewSize(width, height))
	o.Move(fyne.NewPos(x, y))
}
