package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/internal/crash"
)

const (
	// tipDelay is how long the pointer rests on an object before its tip appears.
	tipDelay = 600 * time.Millisecond
	// tipLines is how many lines a tip has at most.
	tipLines = 8
)

// tip shows the full text of what is shortened, and the meaning of signs without words. It is a
// layer above the list, the window or a sheet that takes no clicks and no hovering; Fyne's pop-ups
// would take the pointer from the object that the tip is about.
type tip struct {
	screen *screen
	layer  *fyne.Container
	box    *fyne.Container
	back   *panel
	wanted int // counts what was asked for: only the last is shown
	texts  []string
}

func newTip(sc *screen) *tip {
	back := newPanel(theme.ColorNameMenuBackground, theme.ColorNameSeparator, 6)
	t := &tip{screen: sc, back: back}
	t.box = container.NewWithoutLayout(t.back)
	t.box.Hide()
	t.layer = &fyne.Container{Layout: floating{}, Objects: []fyne.CanvasObject{t.box}}
	return t
}

// floating leaves its objects where they are, and asks for no room for them.
type floating struct{}

func (floating) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }
func (floating) Layout([]fyne.CanvasObject, fyne.Size) {}

// want shows the texts beside an object after tipDelay, unless another tip is wanted before that.
// Without texts it shows nothing.
func (t *tip) want(texts []string, beside fyne.CanvasObject) {
	t.hide()
	if len(texts) == 0 {
		return
	}
	n := t.wanted
	time.AfterFunc(tipDelay, func() {
		defer crash.Catch()
		t.screen.do(func() {
			if n == t.wanted {
				t.show(texts, beside)
			}
		})
	})
}

// tips returns the tip of the top sheet, or of the window.
func (sc *screen) tips() *tip {
	if sc.top != nil {
		return sc.top.tip
	}
	return sc.ownTip
}

// hide hides the tip and drops a wanted one.
func (t *tip) hide() {
	t.wanted++
	t.texts = nil
	if t.box.Visible() {
		t.box.Hide()
	}
}

// show shows the texts below an object, or above it where there is more room.
func (t *tip) show(texts []string, beside fyne.CanvasObject) {
	const pad, gap = 10, 2
	t.texts = texts
	size := currentSize(theme.SizeNameCaptionText)
	room := t.layer.Size()
	var lines []string
	for _, text := range texts {
		lines = append(lines, broken(text, room.Width-4*pad, size)...)
	}
	height := fyne.MeasureText("0", size, fyne.TextStyle{}).Height + gap
	if most := max(min(tipLines, int((room.Height-2*pad)/height)), 2); len(lines) > most {
		lines = append(lines[:most-1:most-1], "…")
	}
	t.box.Objects = []fyne.CanvasObject{t.back}
	width, y := float32(0), float32(pad-3)
	for _, words := range lines {
		line := canvas.NewText(words, currentColor(theme.ColorNameForeground))
		line.TextSize = size
		least := line.MinSize()
		line.Resize(least)
		line.Move(fyne.NewPos(pad, y))
		t.box.Objects = append(t.box.Objects, line)
		width, y = max(width, least.Width), y+height
	}
	whole := fyne.NewSize(width+2*pad, y+pad-3-gap)
	t.back.Resize(whole)
	t.box.Resize(whole)
	position := t.screen.app.Driver().AbsolutePositionForObject
	row := position(beside).Subtract(position(t.layer))
	indent := float32(0)
	if r, ok := beside.(*jobRow); ok && r.pointed >= 0 {
		indent = r.place(r.pointed).X
	} else if ok {
		indent = 34 // below its words
	}
	at := fyne.NewPos(min(row.X+indent, room.Width-whole.Width-pad), row.Y+beside.Size().Height+gap)
	if at.Y+whole.Height > room.Height {
		at.Y = max(row.Y-whole.Height-gap, 0)
	}
	t.box.Move(fyne.NewPos(max(at.X, 0), at.Y))
	t.box.Show()
	t.layer.Refresh() // Fyne does not yet know where to paint a box that was never visible
}

// broken breaks a text into lines that fit a width, after a space or a slash if there is one in the
// second half of the line.
func broken(text string, width, size float32) (lines []string) {
	runes := []rune(text)
	for len(runes) > 0 {
		low, high := 1, len(runes) // how many fit
		for low < high {
			mid := (low + high + 1) / 2
			if fyne.MeasureText(string(runes[:mid]), size, fyne.TextStyle{}).Width <= width {
				low = mid
			} else {
				high = mid - 1
			}
		}
		if low < len(runes) {
			for i := low; i > low/2; i-- {
				if runes[i-1] == ' ' || runes[i-1] == '/' {
					low = i
					break
				}
			}
		}
		lines = append(lines, string(runes[:low]))
		runes = runes[low:]
	}
	return lines
}
