package ui

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/ledger"
)

// queueView is the page shown while there are jobs: the totals, the tabs, the search and the list.
// The tabs and the search set the sampler's filter; show gets its samples. It belongs to Fyne's
// goroutine.
type queueView struct {
	*screen
	settings *keptSettings
	sampler  *sampler
	inboxes  *inboxView
	intake   *intake
	commands *commands
	receipts *receipts
	practice *practiceView
	banner   *banner
	awake    *awake

	begun time.Time     // when the current sending, or the last one, began
	took  time.Duration // how long it took; 0 while it continues

	box    *fyne.Container
	totals *totals
	tabs   *tabs
	list   *jobList
	search *searchEntry
	empty  *emptyList
	foot   *text
	below  fyne.CanvasObject // the foot with its margins
}

// build creates the widgets, and again after a change of language.
func (v *queueView) build() {
	v.totals = newTotals(v)
	v.tabs = newTabs(v)
	v.list = newJobList(v)
	v.foot = v.newCutText("", colorMuted, theme.SizeNameCaptionText)
	v.foot.parts = true
	v.search = newSearchEntry(v)
	v.empty = newEmptyList(v)
	v.tag("list", v.list)
	v.tag("search", v.search)
	v.below = inset(2, 4, 16, 8, line(8, 0, v.foot, newLogButton(v.screen)))
	v.box = column(0, 2,
		inset(4, 10, 16, 16, v.totals.box),
		inset(0, 2, 8, 16, line(8, 0, v.tabs.box, container.New(atLeast{fyne.NewSize(130, 0)},
			v.search))),
		column(0, 1, widget.NewSeparator(), container.NewStack(inset(4, 4, 4, 2, column(0, 1,
			v.list.heading, v.list)), v.empty.box, v.list.tip.layer), widget.NewSeparator()),
		v.below)
	v.box.Hide()
}

// searchEntry takes the text to search for.
type searchEntry struct {
	widget.Entry
	v *queueView
}

func newSearchEntry(v *queueView) *searchEntry {
	e := &searchEntry{v: v}
	e.ExtendBaseWidget(e)
	e.SetPlaceHolder(tr("Find…"))
	e.OnChanged = v.find
	return e
}

// TypedKey implements fyne.Focusable.
func (e *searchEntry) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyEscape:
		e.SetText("")
	case fyne.KeyDown, fyne.KeyReturn, fyne.KeyEnter:
		e.v.window.Canvas().Focus(e.v.list)
	default:
		e.Entry.TypedKey(k)
	}
}

// TypedShortcut implements fyne.Shortcutable. A pasted token or paths go to the window.
func (e *searchEntry) TypedShortcut(s fyne.Shortcut) {
	if _, paste := s.(*fyne.ShortcutPaste); paste &&
		e.v.intake.means(e.v.app.Clipboard().Content()) {
		e.v.intake.pasted()
		return
	}
	e.Entry.TypedShortcut(s)
}

// find shows only the jobs whose names contain this text.
func (v *queueView) find(text string) {
	v.sampler.choose(func(f *ledger.Filter) { f.Text = strings.TrimSpace(text) })
	v.list.ScrollToTop()
}

func (v *queueView) show(s *sample) {
	v.totals.show(s)
	v.tabs.show(s)
	v.list.show(s)
	v.empty.show(s)
	v.foot.set(v.footWords(s), colorMuted)
	// In a low window a banner needs the room more.
	if seen := !v.banner.box.Visible() ||
		v.window.Canvas().Size().Height > 420; seen != v.below.Visible() {
		visible(v.below, seen)
		v.relayout()
	}
}

// footWords sums up the state of the network and other minor facts.
func (v *queueView) footWords(s *sample) string {
	words := tr("Network OK")
	if v.banner.blocks(&s.status) {
		words = tr("Waiting")
	}
	if in := s.inbox(v.inboxes.token.Inbox.Key()); in != nil {
		if clock := clockWords(in); clock != "" {
			words += " · " + strings.TrimSuffix(clock, ".")
		}
	}
	if v.awake.on() {
		words += " · " + tr("keeping the computer awake")
	}
	if limit := v.settings.Rate; limit > 0 && s.status.Busy > 0 {
		words += " · " + tr("at most {{.Speed}}", values("Speed", speedWords(float64(limit))))
	}
	if s.status.Busy > 0 {
		words += " · " + trn("{{.N}} connections", int64(s.status.Connections))
	}
	return words
}

// copySummary copies the summary to the clipboard, for an e-mail to the recipients.
func (v *queueView) copySummary() {
	t := v.totals
	lines := []string{t.head.content, t.words.content}
	inboxes := ledger.ByInbox(v.last.status.Transfers)
	for i := range inboxes {
		switch n, to := inboxes[i].Files[ledger.Delivered], inboxes[i].Inbox.String(); {
		case n > 0 && len(inboxes) > 1:
			lines = append(lines, to+": "+files(n))
		case n > 0:
			lines = append(lines, to)
		}
	}
	v.app.Clipboard().SetContent(strings.Join(lines, "\n"))
	t.said(t.copy, tr("Copied"))
}

// showFolder shows the practice inbox's folder with the delivered files, or else the sent files.
func (v *queueView) showFolder() {
	if v.practice.inbox != nil && v.inboxes.token.Inbox.Key() == v.practice.key {
		v.inFileManager(v.practice.inbox.Folder())
		return
	}
	for _, t := range slices.Backward(v.last.status.Transfers) {
		if len(t.Roots) > 0 {
			v.inFileManager(t.Roots[0])
			return
		}
	}
}

// timeSending records when sending began and how long it took.
func (v *queueView) timeSending(s *sample) {
	going := s.status.Scanning || going(&s.status) > 0
	switch {
	case going && (v.begun.IsZero() || v.took > 0):
		v.begun, v.took = s.now, 0
	case !going && !v.begun.IsZero() && v.took == 0:
		v.took = max(s.now.Sub(v.begun), time.Millisecond)
	}
}
