package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// section is a part of the settings below its heading.
func section(title string, parts ...fyne.CanvasObject) *fyne.Container {
	head := newText(title, theme.ColorNameForeground, theme.SizeNameText)
	head.bold = true
	return column(8, -1, append([]fyne.CanvasObject{head}, parts...)...)
}

// boxes puts boxes to tick below one another, flush with what is above them.
func boxes(all ...fyne.CanvasObject) fyne.CanvasObject {
	return inset(-4, -4, -6, 0, column(-6, -1, all...))
}

func label(words string) fyne.CanvasObject {
	return inset(0, 0, 0, 12, newText(words, theme.ColorNameForeground, theme.SizeNameText))
}

// labels arranges several forms so that their second columns begin at one edge. Where that leaves
// too little room, each label stands above what belongs to it.
type labels struct {
	all   []fyne.CanvasObject
	above bool
}

// form arranges labels and what belongs to them, one pair below the other.
func (l *labels) form(pairs ...fyne.CanvasObject) *fyne.Container {
	for i := 0; i < len(pairs); i += 2 {
		l.all = append(l.all, pairs[i])
	}
	return container.New(l, pairs...)
}

// width is that of the widest label.
func (l *labels) width() (w float32) {
	for _, o := range l.all {
		w = max(w, o.MinSize().Width)
	}
	return w
}

const (
	labelGap   = 4  // between two rows
	leastValue = 10 // of what stands beside a label, in sizes of the text
)

func (l *labels) MinSize(pairs []fyne.CanvasObject) (size fyne.Size) {
	for i := 0; i+1 < len(pairs); i += 2 {
		label, value := pairs[i].MinSize(), pairs[i+1].MinSize()
		size.Width = max(size.Width, label.Width, value.Width)
		if l.above {
			size.Height += label.Height + value.Height
		} else {
			size.Height += max(label.Height, value.Height)
		}
		if i > 0 {
			size.Height += labelGap
		}
	}
	return size
}

func (l *labels) Layout(pairs []fyne.CanvasObject, size fyne.Size) {
	y, width := float32(0), l.width()
	l.above = size.Width-width < leastValue*currentSize(theme.SizeNameText)
	for i := 0; i+1 < len(pairs); i += 2 {
		label, value := pairs[i], pairs[i+1]
		own, h := label.MinSize().Height, value.MinSize().Height
		row := max(own, h)
		label.Resize(fyne.NewSize(width, own))
		value.Resize(fyne.NewSize(size.Width-width, h))
		if l.above {
			row = own + h
			label.Move(fyne.NewPos(0, y))
			value.Resize(fyne.NewSize(size.Width, h))
			value.Move(fyne.NewPos(0, y+own))
		} else {
			label.Move(fyne.NewPos(0, y+(row-own)/2))
			value.Move(fyne.NewPos(width, y+(row-h)/2))
		}
		y += row + labelGap
	}
}
