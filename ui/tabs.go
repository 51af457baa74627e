package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/ledger"
)

// tabs choose which jobs the list shows. Each tab keeps its place whatever the counts are: none
// appears, disappears or moves, so that a click hits the tab it was aimed at.
type tabs struct {
	queue  *queueView
	box    fyne.CanvasObject
	scroll *container.Scroll
	all    []*tab

	active, waiting, delivered, skipped, attention *tab
	held                                           bool   // all active jobs wait for a token
	most                                           string // the widest count that there is room for
	counts                                         counts
}

// counts is the format of the numbers in the tabs.
type counts int

const (
	wholeCounts counts = iota // 129,442
	shortCounts               // 129k
	noCounts
)

func newTabs(queue *queueView) *tabs {
	t := &tabs{queue: queue}
	add := func(words, nothing string, states ...ledger.JobState) *tab {
		x := &tab{tabs: t, screen: queue.screen, words: words, nothing: nothing, states: states}
		x.tapped = func() { t.choose(x) }
		x.ExtendBaseWidget(x)
		t.all = append(t.all, x)
		return x
	}
	add(tr("All"), tr("There was nothing new to send.")).chosen = true
	t.active = add(tr("Sending"), tr("Nothing is being sent right now."), ledger.Active)
	t.waiting = add(tr("Waiting"), tr("No files are waiting."), ledger.Waiting, ledger.Paused)
	t.delivered = add(tr("Delivered"), tr("No files have been delivered yet."), ledger.Delivered)
	t.skipped = add(tr("Skipped"), tr("No files were skipped."), ledger.LeftAlone, ledger.Cancelled)
	t.attention = add(tr("Needs attention"), tr("No files need your attention."),
		ledger.Attention, ledger.Failed)
	t.most = number(leastRoom)
	objects := make([]fyne.CanvasObject, len(t.all))
	for i := range t.all {
		objects[i] = t.all[i]
	}
	t.scroll = container.NewHScroll(line(2, -1, objects...))
	t.box = container.New(fitting{t}, t.scroll)
	return t
}

// leastRoom is the number that each tab has room for, however few files there are.
const leastRoom = 9_999

// fitting chooses the longest format of the tabs' numbers that there is room for.
type fitting struct{ tabs *tabs }

func (f fitting) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

func (f fitting) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	f.tabs.fit(size.Width)
	objects[0].Resize(size)
	objects[0].Move(fyne.Position{})
}

// fit chooses the numbers' format. If even the words are too wide, the tabs scroll.
func (t *tabs) fit(width float32) {
	before := t.counts
	for t.counts = wholeCounts; t.counts < noCounts && t.width() > width; {
		t.counts++
	}
	if t.counts != before {
		t.refresh()
	}
}

func (t *tabs) width() float32 { return t.scroll.Content.MinSize().Width }

func (t *tabs) refresh() {
	for _, x := range t.all {
		x.Refresh()
	}
	t.scroll.Refresh()
}

// chosen is the tab whose jobs the list shows.
func (t *tabs) chosen() *tab {
	for _, x := range t.all {
		if x.chosen {
			return x
		}
	}
	return t.all[0]
}

// choose shows another tab's jobs.
func (t *tabs) choose(x *tab) {
	for _, other := range t.all {
		other.chosen = other == x
		other.Refresh()
	}
	t.bring(x)
	t.filter(x)
	t.queue.list.ScrollToTop()
	clear(t.queue.list.selected)
}

// filter makes the list show a tab's jobs.
func (t *tabs) filter(x *tab) {
	t.queue.sampler.choose(func(f *ledger.Filter) { f.States = t.statesOf(x) })
}

// statesOf returns the states of a tab's jobs. Jobs that the queue had begun to send before their
// inbox had to wait are shown as waiting, so they belong to that tab.
func (t *tabs) statesOf(x *tab) []ledger.JobState {
	if t.held && x == t.waiting {
		return append([]ledger.JobState{ledger.Active}, x.states...)
	}
	return x.states
}

// show updates the counts. Each number has room for the count of all files, the widest it can get.
func (t *tabs) show(s *sample) {
	if held := s.activeHeld(); held != t.held {
		t.held = held
		if t.waiting.chosen {
			t.filter(t.waiting)
		}
	}
	for _, x := range t.all {
		n := int64(counted(&s.status, ledger.Filter{States: t.statesOf(x)}))
		if t.held && x == t.active && !x.chosen {
			n = 0
		}
		if n != x.n {
			x.n = n
			x.Refresh()
		}
	}
	if most := number(max(t.all[0].n, leastRoom)); len(most) > len(t.most) {
		t.most = most
		t.fit(t.scroll.Size().Width)
		t.refresh()
	}
}

// bring scrolls to a tab that is not fully in sight.
func (t *tabs) bring(x *tab) {
	from, to := x.Position().X, x.Position().X+x.Size().Width
	at := t.scroll.Offset.X
	switch {
	case from < at:
		at = from
	case to > at+t.scroll.Size().Width:
		at = to - t.scroll.Size().Width
	}
	if at != t.scroll.Offset.X {
		t.scroll.ScrollToOffset(fyne.NewPos(at, 0))
	}
}

// tab is one tab: a word, a number, and a line below if it is chosen.
type tab struct {
	widget.BaseWidget
	tabs    *tabs
	screen  *screen
	words   string
	nothing string // shown in place of an empty list
	states  []ledger.JobState
	n       int64
	chosen  bool
	focused bool
	tapped  func()
}

// AccessibilityLabel implements fyne.Accessible.
func (t *tab) AccessibilityLabel() string { return t.words + " " + number(t.n) }

// count returns the tab's number in the current format.
func (t *tab) count() string {
	switch t.tabs.counts {
	case wholeCounts:
		return number(t.n)
	case shortCounts:
		return shortNumber(t.n)
	default:
		return ""
	}
}

// room returns the widest that the number can get.
func (t *tab) room(size float32) float32 {
	switch t.tabs.counts {
	case wholeCounts:
		return countGap + fyne.MeasureText(t.tabs.most, size, fyne.TextStyle{Bold: true}).Width
	case shortCounts:
		return countGap + fyne.MeasureText("999k", size, fyne.TextStyle{Bold: true}).Width
	default:
		return 0
	}
}

// Tapped implements fyne.Tappable.
func (t *tab) Tapped(*fyne.PointEvent) { t.tapped() }

// FocusGained implements fyne.Focusable.
func (t *tab) FocusGained() { t.focused = true; t.tabs.bring(t); t.Refresh() }

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

const (
	tabPadding = 8
	countGap   = 5 // between the word and its number
)

func (r *tabRenderer) wordsWidth() float32 {
	// Room for the bold word, so that choosing moves nothing.
	return fyne.MeasureText(r.tab.words, currentSize(theme.SizeNameText),
		fyne.TextStyle{Bold: true}).Width
}

func (r *tabRenderer) MinSize() fyne.Size {
	return fyne.NewSize(r.wordsWidth()+r.tab.room(currentSize(theme.SizeNameCaptionText))+
		2*tabPadding, fyne.MeasureText("0", currentSize(theme.SizeNameText),
		fyne.TextStyle{Bold: true}).Height+14)
}

func (r *tabRenderer) Layout(s fyne.Size) {
	r.back.Resize(s)
	w := fyne.MeasureText(r.words.Text, r.words.TextSize, r.words.TextStyle).Width
	r.words.Resize(fyne.NewSize(w, s.Height-3))
	r.words.Move(fyne.NewPos(tabPadding, 0))
	count := r.count.MinSize().Width
	r.count.Resize(fyne.NewSize(count, s.Height-3))
	r.count.Move(fyne.NewPos(tabPadding+w+countGap, 0.5))
	if r.count.Text != "" {
		w += countGap + count
	}
	r.under.Resize(fyne.NewSize(w, 2))
	r.under.Move(fyne.NewPos(tabPadding, s.Height-3))
}

func (r *tabRenderer) Refresh() {
	t := r.tab
	r.words.Text, r.words.TextSize, r.words.TextStyle.Bold = t.words,
		currentSize(theme.SizeNameText), t.chosen
	r.words.Color = currentColor(colorMuted)
	switch {
	case t.n > 0 && t == t.tabs.attention:
		r.words.Color = currentColor(theme.ColorNameWarning)
	case t.chosen:
		r.words.Color = currentColor(theme.ColorNameForeground)
	}
	r.count.Text, r.count.TextSize, r.count.TextStyle.Bold = t.count(),
		currentSize(theme.SizeNameCaptionText), t.n > 0 && t == t.tabs.attention || t.chosen
	r.count.Color = r.words.Color
	r.under.FillColor = currentColor(theme.ColorNamePrimary)
	r.back.FillColor = currentColor(theme.ColorNameFocus)
	visible(r.under, t.chosen)
	visible(r.back, t.focused)
	r.Layout(t.Size())
	canvas.Refresh(t)
}
