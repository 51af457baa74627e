package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
)

// buttonsShown is which of the totals' buttons are in sight.
type buttonsShown struct{ pause, resume, retry bool }

// totals is the summary above the list, with the buttons for all of it.
type totals struct {
	*screen
	queue *queueView

	box                  *fyne.Container
	sign                 *widget.Icon
	head, words          *text
	bar                  *bar
	copy, save, folder   *button
	clear                *button
	pause, resume, retry *button
	actions              buttonsShown
	done                 *fyne.Container
	results              *results
	wide                 float32 // its width with all words
	barBox               *fyne.Container
	finished             bool
}

func newTotals(queue *queueView) *totals {
	t := &totals{screen: queue.screen, queue: queue}
	t.sign = widget.NewIcon(icon("sending", theme.ColorNamePrimary))
	t.head = queue.newCutText("", theme.ColorNameForeground, theme.SizeNameSubHeadingText)
	t.head.bold = true
	t.words = queue.newCutText("", colorMuted, theme.SizeNameText)
	t.words.parts = true
	t.bar = newBar()
	t.save = queue.newButtonWithIcon(tr("Save receipt…"), icon("save", theme.ColorNameForeground),
		queue.receipts.save)
	t.copy = queue.newButtonWithIcon(tr("Copy summary"), icon("copy", theme.ColorNameForeground),
		queue.copySummary)
	t.folder = queue.newButtonWithIcon(tr("Show folder"), icon("folder", theme.ColorNameForeground),
		queue.showFolder)
	if queue.config.Desktop.Reveal == nil {
		t.folder.Hide()
	}
	t.clear = queue.newButtonWithIcon(tr("Clear"), icon("remove", theme.ColorNameForeground),
		queue.commands.clearDelivered)
	t.pause = queue.newButtonWithIcon(tr("Pause all"), icon("pause", theme.ColorNameForeground),
		queue.commands.pauseAll)
	t.resume = queue.newButtonWithIcon(tr("Resume"),
		icon("resume", theme.ColorNameForegroundOnPrimary), queue.commands.resumeAll)
	t.resume.Importance = widget.HighImportance
	t.retry = queue.newButtonWithIcon(tr("Try again"), icon("retry", theme.ColorNameForeground),
		queue.commands.retryAll)
	for _, b := range []*button{t.pause, t.resume, t.retry} {
		b.Hide()
	}
	queue.tag("pause_all", t.pause)
	queue.tag("resume_all", t.resume)
	queue.tag("retry", t.retry)
	queue.tag("receipt", t.save)
	queue.tag("clear", t.clear)
	t.done = container.New(noWider{100}, inset(4, 0, 0, 0, line(8, -1, t.save, t.copy, t.folder,
		t.clear)))
	t.done.Hide()
	t.results = newResults(queue)
	t.barBox = inset(3, 1, 0, 0, t.bar)
	signed := line(10, 1, container.New(atLeast{fyne.NewSquareSize(22)}, t.sign), t.head)
	t.box = line(10, 0, column(3, -1, signed, t.barBox, t.words, t.results.box, t.done), t.retry, t.pause,
		t.resume)
	return t
}

// fit drops words if there is little room.
func (t *totals) fit(size fyne.Size) {
	const beside = 2 * (16 + 14) // the margins of the card
	words := size
	if t.wide = max(t.wide, t.done.Objects[0].MinSize().Width); t.wide > size.Width-beside {
		words.Width = 0 // none
	}
	for _, b := range []*button{t.copy, t.folder, t.clear} {
		b.fit(words)
	}
	t.pause.fit(size)
	t.resume.fit(size)
	t.retry.fit(size)
}

// show shows the progress, or that everything is done.
func (t *totals) show(s *sample) {
	st := &s.status
	going, paused := st.Scanning || unfinished(st) > 0, allPaused(st)
	several := len(ledger.ByInbox(st.Transfers)) > 1 // no one inbox has all
	total, delivered := st.FilesTotal(), st.Files[ledger.Delivered]
	switch {
	case paused:
		t.sign.SetResource(icon("paused", colorMuted))
		t.head.set(pausedWords(st), theme.ColorNameForeground)
	case going:
		t.sign.SetResource(icon("sending", theme.ColorNamePrimary))
		t.head.set(trn("{{.N}} of {{.Total}} files delivered", delivered,
			values("Total", number(total))), theme.ColorNameForeground)
	case total == 0 && st.Unchanged > 0:
		t.sign.SetResource(icon("delivered", theme.ColorNameSuccess))
		t.head.set(trn("All {{.N}} files are unchanged since you sent them", st.Unchanged),
			theme.ColorNameForeground)
	case delivered == 0 && st.Files[ledger.LeftAlone] == total:
		t.sign.SetResource(icon("leftalone", colorMuted))
		t.head.set(trn("All {{.N}} files were in the inbox already", total),
			theme.ColorNameForeground)
	case needsPerson(st) == 0 && st.Files[ledger.Cancelled] == 0 &&
		delivered+st.Files[ledger.LeftAlone] == total && delivered < total:
		t.sign.SetResource(icon("delivered", theme.ColorNameSuccess))
		t.head.set(trn("{{.N}} files delivered", delivered), theme.ColorNameForeground)
	case delivered == total && several:
		t.sign.SetResource(icon("delivered", theme.ColorNameSuccess))
		t.head.set(trn("{{.N}} files delivered", delivered), theme.ColorNameForeground)
	case several:
		t.sign.SetResource(icon("attention", theme.ColorNameWarning))
		t.head.set(trn("{{.N}} of {{.Total}} files delivered", delivered,
			values("Total", number(total))), theme.ColorNameForeground)
	case delivered == total:
		t.sign.SetResource(icon("delivered", theme.ColorNameSuccess))
		t.head.set(trn("All {{.N}} files are in the inbox", total), theme.ColorNameForeground)
	default:
		t.sign.SetResource(icon("attention", theme.ColorNameWarning))
		t.head.set(trn("{{.N}} of {{.Total}} files are in the inbox", delivered,
			values("Total", number(total))), theme.ColorNameForeground)
	}
	t.results.show(s, going)
	t.words.set(t.wordsFor(s, going), colorMuted)
	handed := float64(st.BytesDone + st.BytesOnWay)
	t.bar.set(st.Share(), handed/max(float64(st.BytesDone+st.BytesLeft()), handed, 1))
	t.showButtons(buttonsShown{
		pause: going && !paused, resume: resting(st) > 0,
		retry: needsPerson(st) > 0,
	})
	if t.finished == going {
		t.finished = !going
		visible(t.barBox, going)
		visible(t.done, !going)
		t.relayout()
	}
	for _, b := range []*button{t.save, t.clear} {
		if delivered+st.Unchanged == 0 {
			b.Disable()
		} else {
			b.Enable()
		}
	}
}

// showButtons shows what can be done now.
func (t *totals) showButtons(s buttonsShown) {
	if s == t.actions {
		return
	}
	t.actions = s
	for b, on := range map[*button]bool{
		t.pause: s.pause && !s.resume, t.resume: s.resume,
		t.retry: s.retry,
	} {
		visible(b, on)
	}
	t.relayout()
}

func (t *totals) wordsFor(s *sample, going bool) string {
	st := &s.status
	whole := st.BytesDone + st.BytesLeft()
	if !going {
		words := amount(st.Bytes[ledger.Delivered])
		if st.Checked() {
			words = tr("Every block was checked by the storage") + " · " + words
		}
		if st.Files[ledger.Delivered] == 0 {
			words = tr("Nothing was sent")
		}
		if t.queue.took >= time.Second {
			words += " · " + duration(t.queue.took)
		}
		if n := st.Unchanged; n > 0 && st.FilesTotal() > 0 {
			words += " · " + trn("{{.N}} unchanged since you sent them", n)
		}
		if n := st.Files[ledger.LeftAlone]; n > 0 && !t.results.box.Visible() {
			words += " · " + trn("{{.N}} were there already", n)
		}
		missing := missingWords(s.missing)
		if n := needsPerson(st) - int64(len(s.missing)); n > 0 && !t.results.box.Visible() {
			words += " · " + trn("{{.N}} need attention", n)
		}
		if missing != "" {
			words = missing + " · " + words
		}
		return words
	}
	// The most important first: what does not fit is left out from the end.
	words := show.Percent(st.Percent()).String()
	if whole > 0 {
		words = amount(st.BytesDone) + " / " + amount(whole) + " · " + words
	}
	if n := needsPerson(st); n > 0 {
		words += " · " + trn("{{.N}} need attention", n)
	}
	if st.Scanning {
		words += " · " + tr("still counting…")
	}
	if allPaused(st) || t.queue.banner.blocks(st) {
		return words
	}
	if st.Left > 0 && st.Left < 99*24*time.Hour {
		words += " · " + tr("about {{.Time}} left", values("Time", duration(st.Left)))
	}
	if st.Speed >= 1 && st.BytesLeft() > 0 {
		words += " · " + speedWords(st.Speed)
	}
	switch {
	case st.Scanning || whole == 0:
	case st.BytesDone+st.BytesOnWay == 0 && st.Busy > 0:
		words += " · " + tr("Starting…")
	case st.BytesOnWay >= st.BytesLeft() && st.Busy > 0:
		words += " · " + tr("Waiting for confirmation")
	case st.BytesDone == 0 && st.BytesOnWay > 0:
		words += " · " + tr("{{.Amount}} on the way", values("Amount", amount(st.BytesOnWay)))
	}
	return words
}

// mostMissing is how many missing files the summary names.
const mostMissing = 3

// missingWords names files that were gone when their turn came; empty if there are none.
func missingWords(names []string) string {
	if len(names) == 0 {
		return ""
	}
	some := strings.Join(names[:min(len(names), mostMissing)], ", ")
	if len(names) > mostMissing {
		some += ", …"
	}
	return trn("{{.N}} files were missing: {{.Names}}", int64(len(names)), values("Names", some))
}

// pausedWords says that nothing continues until the person resumes it, and whether the person had
// paused it.
func pausedWords(st *uploader.Status) string {
	delivered, total := st.Files[ledger.Delivered], values("Total", number(st.FilesTotal()))
	switch {
	case st.Files[ledger.Active] > 0 && st.Busy > 0:
		return trn("Pausing: {{.N}} of {{.Total}} files delivered", delivered, total)
	case interrupted(st):
		return trn("Interrupted: {{.N}} of {{.Total}} files delivered", delivered, total)
	default:
		return trn("Paused: {{.N}} of {{.Total}} files delivered", delivered, total)
	}
}

// interrupted reports whether an earlier run left all unfinished files and nobody paused them.
func interrupted(st *uploader.Status) bool {
	for i := range st.Transfers {
		if t := &st.Transfers[i]; notEnded(&t.Files) > 0 && (t.Owner != ledger.Nobody || t.Paused ||
			t.Files[ledger.Paused] > 0) {
			return false
		}
	}
	return true
}

// allPaused reports whether everything is paused; requests in flight still finish.
func allPaused(st *uploader.Status) bool {
	return !st.Scanning && unfinished(st) > 0 && resting(st) >= unfinished(st)
}

// bar is a thin progress bar: solid for what is confirmed, lighter for what is on its way.
type bar struct {
	widget.BaseWidget
	share, handed float64
}

func newBar() *bar {
	b := &bar{}
	b.ExtendBaseWidget(b)
	return b
}

// set sets the confirmed share and the share handed to the network, both 0 to 1.
func (b *bar) set(share, handed float64) {
	if share == b.share && handed == b.handed {
		return
	}
	b.share, b.handed = share, handed
	b.Refresh()
}

func (b *bar) CreateRenderer() fyne.WidgetRenderer {
	r := &barRenderer{
		b, canvas.NewRectangle(nil), canvas.NewRectangle(nil),
		canvas.NewRectangle(nil),
	}
	r.track.CornerRadius, r.way.CornerRadius, r.done.CornerRadius = 3, 3, 3
	r.Refresh()
	return r
}

type barRenderer struct {
	bar              *bar
	track, way, done *canvas.Rectangle
}

func (r *barRenderer) Destroy() {}

func (r *barRenderer) MinSize() fyne.Size { return fyne.NewSize(40, 6) }

func (r *barRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.track, r.way, r.done}
}

func (r *barRenderer) Layout(s fyne.Size) {
	r.track.Resize(s)
	width := func(share float64) fyne.Size {
		if share <= 0 {
			return fyne.NewSize(0, s.Height)
		}
		return fyne.NewSize(max(s.Width*float32(min(share, 1)), s.Height), s.Height)
	}
	r.way.Resize(width(r.bar.handed))
	r.done.Resize(width(r.bar.share))
}

func (r *barRenderer) Refresh() {
	r.track.FillColor, r.way.FillColor = currentColor(colorTrack), currentColor(colorOnWay)
	r.done.FillColor = currentColor(theme.ColorNamePrimary)
	r.Layout(r.bar.Size())
	canvas.Refresh(r.bar)
}

// said shows on a button for a while that its action is done.
func (t *totals) said(b *button, done string) {
	if b.saying {
		return
	}
	b.saying = true
	sign, words := b.Icon, b.words
	show := func(sign fyne.Resource, words string) {
		b.Icon, b.Text, b.words = sign, words, words
		t.fit(t.window.Canvas().Size())
		b.Refresh()
	}
	show(icon("yes", theme.ColorNameSuccess), done)
	t.config.After(saidFor, func() {
		t.do(func() {
			b.saying = false
			show(sign, words)
		})
	})
}

// saidFor is how long a button shows that its action is done.
const saidFor = 2 * time.Second
