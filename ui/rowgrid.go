package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

const (
	// oneLineFrom is the width of the list from which its rows are one line in columns.
	oneLineFrom = 1180
	// folderFrom is the width from which such rows have a column for the folder, and progressFrom
	// one for the progress bar.
	folderFrom   = 800
	progressFrom = 620

	rowLeft  = 12 // before the sign
	rowRight = 14 // behind the last column
	rowGap   = 16 // between two columns
)

// cell is where a column of the list begins, and how wide it is.
type cell struct{ x, width float32 }

// grid is where the columns of one-line rows stand. The rows and the heading share it.
type grid struct{ sign, name, folder, size, progress, state cell }

// gridOf returns the columns of a list of that width. The name gets what the others leave.
func gridOf(width float32) (g grid) {
	scale := currentSize(theme.SizeNameCaptionText) / 12
	g.sign = cell{rowLeft, currentSize(theme.SizeNameInlineIcon) + 2}
	right := width - rowRight
	take := func(w float32) cell {
		c := cell{right - w, w}
		right -= w + rowGap
		return c
	}
	g.state = take(min(170*scale, width*0.32))
	if width >= progressFrom*scale {
		g.progress = take(min(max(width*0.14, 90), 200))
	}
	g.size = take(64 * scale)
	g.name.x = g.sign.x + g.sign.width + 12
	if room := right - g.name.x; width >= folderFrom*scale {
		g.folder = take(room * 0.36)
	}
	g.name.width = max(right-g.name.x, 40)
	return g
}

// words is the room for a state without a bar.
func (g *grid) words() cell {
	if g.progress.width == 0 {
		return g.state
	}
	return cell{g.progress.x, g.state.x + g.state.width - g.progress.x}
}

// wantsColumns reports whether the rows are one line in columns: where the list is wide, or the person
// wants many rows.
func (l *jobList) wantsColumns() bool {
	return l.Size().Width >= oneLineFrom || l.queue.settings.Compact
}

// rowMin is the least size of a row.
func (l *jobList) rowMin() fyne.Size {
	height := currentSize(theme.SizeNameText) + currentSize(theme.SizeNameCaptionText) + 26
	if l.wantsColumns() {
		height = currentSize(theme.SizeNameText) + 22 // 40 with the gap to the next
	}
	return fyne.NewSize(200, height)
}

// fitRows follows a change of the list's width or of the settings. The row at the top stays there.
func (l *jobList) fitRows() {
	if one := l.wantsColumns(); one != l.inColumns {
		top := l.GetScrollOffset() / l.rowStep
		l.inColumns, l.rowStep = one, l.rowHeight()
		l.Refresh()
		l.ScrollToOffset(top * l.rowStep)
		for r := range l.rows {
			r.Refresh()
		}
	}
	l.rowStep = l.rowHeight() // the texts may have another size
	if seen := l.wantsColumns() && l.sample.total > 0; seen != l.heading.Visible() {
		visible(l.heading, seen)
		l.screen.relayout()
	}
}

// listHeading names the columns of the list.
type listHeading struct{ widget.BaseWidget }

func newListHeading() *listHeading {
	h := &listHeading{}
	h.ExtendBaseWidget(h)
	h.Hide()
	return h
}

func (h *listHeading) CreateRenderer() fyne.WidgetRenderer {
	r := &headingRenderer{heading: h}
	for i := range r.words {
		r.words[i] = canvas.NewText("", nil)
		r.words[i].TextStyle.Bold = true
	}
	r.words[2].Alignment = fyne.TextAlignTrailing
	r.Refresh()
	return r
}

type headingRenderer struct {
	heading *listHeading
	words   [5]*canvas.Text // name, folder, size, progress, state
}

func (r *headingRenderer) Destroy() {}

func (r *headingRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.words[0], r.words[1], r.words[2], r.words[3], r.words[4]}
}

func (r *headingRenderer) MinSize() fyne.Size {
	return fyne.NewSize(200, currentSize(theme.SizeNameCaptionText)+12)
}

func (r *headingRenderer) Layout(s fyne.Size) {
	g := gridOf(s.Width)
	for i, c := range []cell{g.name, g.folder, g.size, g.progress, g.state} {
		t := r.words[i]
		visible(t, c.width > 0)
		t.Resize(fyne.NewSize(c.width, s.Height))
		t.Move(fyne.NewPos(c.x, 0))
	}
}

func (r *headingRenderer) Refresh() {
	for i, words := range []string{
		tr("Name"), tr("Folder"), tr("Size"), tr("Progress"), tr("State"),
	} {
		t := r.words[i]
		t.Text, t.TextSize, t.Color = words, currentSize(theme.SizeNameCaptionText),
			currentColor(colorMuted)
	}
	r.Layout(r.heading.Size())
	canvas.Refresh(r.heading)
}
