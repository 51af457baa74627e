package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/ledger"
)

// tabs chooses which jobs the list shows.
type tabs struct {
	queue *queueView
	box   fyne.CanvasObject
	all   []*tab

	active, waiting *tab
	held            bool // nothing is really under way: all of that waits for a token
}

func newTabs(queue *queueView) *tabs {
	t := &tabs{queue: queue}
	for _, x := range []struct {
		words  string
		states []ledger.JobState
	}{
		{tr("All"), nil},
		// early: the last may have to be scrolled to
		{tr("Needs attention"), []ledger.JobState{ledger.Attention, ledger.Failed}},
		{tr("Active"), []ledger.JobState{ledger.Active}},
		{tr("Waiting"), []ledger.JobState{ledger.Waiting, ledger.Paused}},
		{tr("Delivered"), []ledger.JobState{ledger.Delivered}},
		{tr("Not sent"), []ledger.JobState{ledger.LeftAlone, ledger.Cancelled}},
	} {
		x := &tab{screen: queue.screen, words: x.words, states: x.states}
		x.tapped = func() { t.choose(x) }
		x.ExtendBaseWidget(x)
		t.all = append(t.all, x)
	}
	t.active, t.waiting = t.all[2], t.all[3]
	t.all[0].chosen = true
	objects := make([]fyne.CanvasObject, len(t.all))
	for i := range t.all {
		objects[i] = t.all[i]
	}
	t.box = container.NewHScroll(line(2, -1, objects...))
	return t
}

// choose shows another tab's jobs.
func (t *tabs) choose(x *tab) {
	for _, other := range t.all {
		other.chosen = other == x
		other.Refresh()
	}
	t.filter(x)
	t.queue.list.ScrollToTop()
	clear(t.queue.list.selected)
}

// filter lets the list show a tab's jobs.
func (t *tabs) filter(x *tab) {
	t.queue.sampler.choose(func(f *ledger.Filter) { f.States = t.statesOf(x) })
}

// statesOf are the states of a tab's jobs. What the queue had begun to send before its inbox had to
// wait is shown as waiting, so it stands there.
func (t *tabs) statesOf(x *tab) []ledger.JobState {
	if t.held && x == t.waiting {
		return append([]ledger.JobState{ledger.Active}, x.states...)
	}
	return x.states
}

// show counts. A tab with nothing in it is left out, unless it is the one that is shown, or
// everybody expects it.
func (t *tabs) show(s *sample) {
	if held := s.activeHeld(); held != t.held {
		t.held = held
		if t.waiting.chosen {
			t.filter(t.waiting)
		}
	}
	for i, x := range t.all {
		n := int64(counted(&s.status, ledger.Filter{States: t.statesOf(x)}))
		if t.held && x == t.active && !x.chosen {
			n = 0
		}
		seen := n > 0 || x.chosen || i < 1
		if n == x.n && seen == x.Visible() {
			continue
		}
		x.n = n
		visible(x, seen)
		x.Refresh()
	}
}

// tab is one of them: a word, a number, a line below the chosen one.
type tab struct {
	widget.BaseWidget
	screen  *screen
	words   string
	states  []ledger.JobState
	n       int64
	chosen  bool
	focused bool
	tapped  func()
}

// Tapped implements fyne.Tappable.
func (t *tab) Tapped(*fyne.PointEvent) { t.tapped() }

// FocusGained implements fyne.Focusable.
func (t *tab) FocusGained() { t.focused = true; t.Refresh() }

// FocusLost implements fyne.Focusable.
func (t *tab) FocusLost() { t.focused = false; t.Refresh() }

// TypedRune implements fyne.Focusable.
func (t *tab) TypedRune(r rune) { t.screen.runeTyped(r) }

// TypedKey implements fyne.Focusable.
func (t *tab) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		t.tapped()
	default:
		t.screen.keyTyped(e)
	}
}

func (t *tab) CreateRenderer() fyne.WidgetRenderer {
	r := &tabRenderer{
		tab: t, back: canvas.NewRectangle(nil), under: canvas.NewRectangle(nil),
		words: canvas.NewText("", nil), count: canvas.NewText("", nil),
	}
	r.back.CornerRadius = 6
	r.under.CornerRadius = 1
	r.Refresh()
	return r
}

type tabRenderer struct {
	tab          *tab
	back, under  *canvas.Rectangle
	words, count *canvas.Text
}

func (r *tabRenderer) Destroy() {}

func (r *tabRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.under, r.words, r.count}
}

const tabPadding = 10

func (r *tabRenderer) MinSize() fyne.Size {
	// Room for the bold word, so that choosing moves nothing.
	w := fyne.MeasureText(r.tab.words, r.words.TextSize, fyne.TextStyle{Bold: true})
	c := r.count.MinSize()
	gap := float32(6)
	if r.count.Text == "" {
		gap = 0
	}
	return fyne.NewSize(w.Width+gap+c.Width+2*tabPadding, w.Height+14)
}

func (r *tabRenderer) Layout(s fyne.Size) {
	r.back.Resize(s)
	w := fyne.MeasureText(r.tab.words, r.words.TextSize, fyne.TextStyle{Bold: true})
	r.words.Resize(fyne.NewSize(w.Width, s.Height-3))
	r.words.Move(fyne.NewPos(tabPadding, 0))
	r.count.Resize(fyne.NewSize(r.count.MinSize().Width, s.Height-3))
	r.count.Move(fyne.NewPos(tabPadding+w.Width+6, 0))
	r.under.Resize(fyne.NewSize(s.Width-2*tabPadding, 2))
	r.under.Move(fyne.NewPos(tabPadding, s.Height-3))
}

func (r *tabRenderer) Refresh() {
	t := r.tab
	r.words.Text, r.words.TextSize, r.words.TextStyle.Bold = t.words,
		currentSize(theme.SizeNameText), t.chosen
	r.words.Color = currentColor(colorMuted)
	if t.chosen {
		r.words.Color = currentColor(theme.ColorNameForeground)
	}
	r.count.Text, r.count.TextSize, r.count.Color = number(t.n),
		currentSize(theme.SizeNameCaptionText), currentColor(colorMuted)
	r.under.FillColor = currentColor(theme.ColorNamePrimary)
	r.back.FillColor = currentColor(theme.ColorNameFocus)
	visible(r.under, t.chosen)
	visible(r.back, t.focused)
	r.Layout(t.Size())
	canvas.Refresh(t)
}
