package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// showBack shows by the row's surface whether it is selected or pointed at. Every other row has a
// surface of its own where they are close to one another.
func (x *jobRowRenderer) showBack() {
	r := x.row
	name := theme.ColorNameSelection
	switch {
	case r.selected:
	case r.hovered:
		name = theme.ColorNameHover
	case r.index%2 == 1 && r.have && r.list.inColumns:
		name = colorStripe
	default:
		x.back.Hide()
		return
	}
	x.back.FillColor = currentColor(name)
	x.back.Show()
}

func (x *jobRowRenderer) Layout(s fyne.Size) {
	x.back.Resize(fyne.NewSize(s.Width-8, s.Height))
	x.back.Move(fyne.NewPos(4, 0))
	side := currentSize(theme.SizeNameInlineIcon) + 2
	x.sign.Resize(fyne.NewSquareSize(side))
	x.sign.Move(fyne.NewPos(rowLeft, (s.Height-side)/2))
	x.showActions(s)
	if x.row.list.inColumns {
		x.layoutColumns(s)
	} else {
		x.layoutLines(s)
	}
	x.row.shortPath = x.name.Text != visual(x.fullName) || x.folder.Text != visual(x.fullFolder)
	x.row.shortState = ""
	if x.state.Text != visual(x.fullState) {
		x.row.shortState = x.fullState
	}
}

// layoutLines arranges the row in two lines: name and size; state and folder.
func (x *jobRowRenderer) layoutLines(s fyne.Size) {
	const gap = 12
	at := rowLeft + x.sign.Size().Width + gap
	if x.row.title != "" {
		at = rowLeft
	}
	room := s.Width - at - rowRight
	sizeWidth := float32(76)
	nameHeight, smallHeight := x.name.TextSize+6, x.state.TextSize+5
	top := (s.Height - nameHeight - smallHeight - 3) / 2
	x.size.Resize(fyne.NewSize(sizeWidth, smallHeight))
	x.size.Move(fyne.NewPos(s.Width-rowRight-x.steadyWidth()-sizeWidth, top+2))
	putText(x.name, x.fullName, fyne.NewPos(at, top),
		fyne.NewSize(room-max(sizeWidth+x.steadyWidth(), x.actionsWidth())-gap, nameHeight))
	putText(x.state, x.fullState, fyne.NewPos(at, top+nameHeight+1), fyne.NewSize(room, smallHeight))
	stateWidth := fyne.MeasureText(x.state.Text, x.state.TextSize, x.state.TextStyle).Width
	x.state.Resize(fyne.NewSize(stateWidth, smallHeight))
	x.folder.Alignment = fyne.TextAlignTrailing
	folderRoom := room - stateWidth - gap
	if folderRoom <= 60 {
		folderRoom = 0
	}
	putText(x.folder, x.fullFolder, fyne.NewPos(at+stateWidth+gap, top+nameHeight+1),
		fyne.NewSize(folderRoom, smallHeight))
	x.placeBar(cell{at, room}, s.Height-4, 3)
}

// layoutColumns arranges the row in one line.
func (x *jobRowRenderer) layoutColumns(s fyne.Size) {
	g := gridOf(s.Width)
	if x.row.title != "" {
		g.name = cell{rowLeft, g.name.x + g.name.width - rowLeft}
	}
	middle := func(t *canvas.Text, c cell, words string) {
		height := t.TextSize + 6
		putText(t, words, fyne.NewPos(c.x, (s.Height-height)/2), fyne.NewSize(c.width, height))
	}
	middle(x.name, g.name, x.fullName)
	x.folder.Alignment = fyne.TextAlignLeading
	middle(x.folder, g.folder, x.fullFolder)
	x.size.Resize(fyne.NewSize(g.size.width, x.size.TextSize+6))
	x.size.Move(fyne.NewPos(g.size.x, (s.Height-x.size.TextSize-6)/2))
	words := g.words()
	if x.done >= 0 {
		words = g.state
	}
	words.width -= max(x.actionsWidth(), x.steadyWidth())
	middle(x.state, words, x.fullState)
	const thick = 5
	x.placeBar(g.progress, (s.Height-thick)/2, thick)
}

// putText places a text, shortened to the room for it. Where there is none it is empty.
func putText(t *canvas.Text, words string, at fyne.Position, size fyne.Size) {
	t.Text = ""
	if size.Width > 0 {
		t.Text = visual(shorten(words, size.Width, t.TextSize, t.TextStyle))
	}
	t.Resize(fyne.NewSize(max(size.Width, 0), size.Height))
	t.Move(at)
}

// placeBar places the progress bar, if the row has one and there is room.
func (x *jobRowRenderer) placeBar(c cell, y, thick float32) {
	seen := x.done >= 0 && c.width > 0
	visible(x.track, seen)
	visible(x.way, seen)
	visible(x.bar, seen)
	if !seen {
		return
	}
	for r, share := range map[*canvas.Rectangle]float32{x.track: 1, x.way: x.handed, x.bar: x.done} {
		r.CornerRadius = thick / 2
		r.Resize(fyne.NewSize(c.width*share, thick))
		r.Move(fyne.NewPos(c.x, y))
	}
}
