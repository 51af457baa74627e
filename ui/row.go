package ui

import (
	"math"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/ledger"
)

// look is how a job's state is shown: a sign and a word, never a colour alone.
type look struct {
	icon  string
	color fyne.ThemeColorName
	word  string
}

// lookOf returns the sign and word of a state.
func lookOf(s ledger.JobState) look {
	switch s {
	case ledger.Active:
		return look{"sending", theme.ColorNamePrimary, tr("Sending")}
	case ledger.Delivered:
		return look{"delivered", theme.ColorNameSuccess, tr("Delivered")}
	case ledger.LeftAlone:
		return look{"leftalone", colorMuted, tr("Skipped: already in the inbox")}
	case ledger.Attention:
		return look{"attention", theme.ColorNameWarning, tr("Needs attention")}
	case ledger.Paused:
		return look{"paused", colorMuted, tr("Paused")}
	case ledger.Cancelled:
		return look{"cancelled", colorMuted, tr("Cancelled")}
	case ledger.Failed:
		return look{"failed", theme.ColorNameError, tr("Failed")}
	default:
		return look{"waiting", colorMuted, tr("Waiting")}
	}
}

// sendingWords says how far an active job is. The percentage counts confirmed bytes; bytes handed
// to the network show that it moves. Briefly leaves out what the row's columns show.
func sendingWords(j *ledger.Job, briefly bool) string {
	done := show.PercentOf(j.Done, j.Size).String()
	switch {
	case j.Stopping && (j.Becomes == ledger.Paused || j.Becomes == ledger.Waiting):
		return tr("Pausing…") + " · " + done
	case j.Stopping:
		return tr("Cancelling…") + " · " + done
	case j.Done+j.OnWay == 0:
		return tr("Starting…")
	case j.Done+j.OnWay >= j.Size && briefly:
		return tr("Waiting for confirmation")
	case j.Done+j.OnWay >= j.Size:
		return tr("Waiting for confirmation") + " · " + done
	case j.Done == 0 && briefly:
		return tr("{{.Amount}} on the way", values("Amount", amount(j.OnWay)))
	case j.Done == 0:
		return tr("Sending") + " · " + tr("{{.Amount}} on the way",
			values("Amount", amount(j.OnWay)))
	}
	words := done
	if !briefly {
		words = tr("Sending") + " · " + done + " · " + amount(j.Done)
	}
	if j.Speed > 0 {
		words += " · " + speedWords(j.Speed)
	}
	return words
}

// roundSpeed rounds a speed so that only real changes show; 0 while it is unknown.
func roundSpeed(perSecond float64) float64 {
	if perSecond < 1 {
		return 0
	}
	step := math.Pow(10, math.Floor(math.Log10(perSecond))-1)
	return math.Round(perSecond/step) * step
}

// jobRow shows one job. The list reuses a few dozen of them for any number of jobs.
type jobRow struct {
	widget.BaseWidget
	list      *jobList
	index     int
	job       ledger.Job
	state     ledger.JobState
	have      bool // job is known; else the row waits for it
	filled    bool // set was called
	hovered   bool
	selected  bool
	pointed   int    // the action that the pointer is on; -1 for none
	pressed   int    // the action that the button went down on; -1 for none
	title     string // not empty: it is a heading for that many files
	files     int64
	acting    bool // all its actions are in sight
	inColumns bool // filled as columns
	// What was shortened: whether the name or the folder, and the full words for the state (empty if
	// they fit). The renderer sets both.
	shortPath  bool
	shortState string
}

func newJobRow(l *jobList) *jobRow {
	r := &jobRow{list: l, pointed: -1, pressed: -1}
	r.ExtendBaseWidget(r)
	return r
}

// set shows another job, or updates the same one.
func (r *jobRow) set(index int, job ledger.Job, have, selected bool) {
	if r.have && (r.index != index || r.job.ID != job.ID) { // the list has moved below the pointer
		r.pointed, r.pressed = -1, -1
		r.list.tip.hide()
	}
	r.index, r.job, r.have, r.selected = index, job, have, selected
	r.Refresh()
}

// MouseDown selects the row; Ctrl and Shift extend the selection.
func (r *jobRow) MouseDown(e *desktop.MouseEvent) {
	if !r.have {
		return
	}
	r.list.tip.hide()
	if r.pressed = r.actionAt(e.Position); r.pressed >= 0 &&
		e.Button == desktop.MouseButtonPrimary {
		return
	}
	if e.Button == desktop.MouseButtonSecondary {
		if !r.selected {
			r.list.selectRow(r.index, r.job.ID, 0)
		}
		return
	}
	r.list.selectRow(r.index, r.job.ID, e.Modifier)
}

// MouseUp carries out the clicked action.
func (r *jobRow) MouseUp(e *desktop.MouseEvent) {
	i := r.actionAt(e.Position)
	if i >= 0 && i == r.pressed && e.Button == desktop.MouseButtonPrimary {
		button := r.place(i).AddXY(actionSide, actionSide)
		r.act(r.list.actions(&r.job)[i],
			r.list.screen.app.Driver().AbsolutePositionForObject(r).Add(button))
	}
	r.pressed = -1
}

// TappedSecondary opens the row's menu.
func (r *jobRow) TappedSecondary(e *fyne.PointEvent) {
	if r.have {
		r.list.menu(e.AbsolutePosition, false)
	}
}

// MouseIn implements desktop.Hoverable.
func (r *jobRow) MouseIn(e *desktop.MouseEvent) {
	r.hovered = true
	r.pointed = r.actionAt(e.Position)
	r.Refresh()
	r.list.tip.want(r.tips(), r)
}

// MouseOut implements desktop.Hoverable.
func (r *jobRow) MouseOut() {
	r.hovered, r.pointed, r.pressed = false, -1, -1
	r.Refresh()
	r.list.tip.hide()
}

func (r *jobRow) CreateRenderer() fyne.WidgetRenderer {
	x := &jobRowRenderer{
		row: r, back: canvas.NewRectangle(nil), track: canvas.NewRectangle(nil),
		way: canvas.NewRectangle(nil), bar: canvas.NewRectangle(nil),
		name: canvas.NewText("", nil), folder: canvas.NewText("", nil),
		state: canvas.NewText("", nil), size: canvas.NewText("", nil),
		sign:    canvas.NewImageFromResource(icon("waiting", colorMuted)),
		pointed: canvas.NewRectangle(nil), actions: newActionSigns(),
	}
	x.pointed.CornerRadius = 5
	x.pointed.Hide()
	x.sign.FillMode = canvas.ImageFillContain
	x.back.CornerRadius = 6
	x.track.CornerRadius, x.way.CornerRadius, x.bar.CornerRadius = 1.5, 1.5, 1.5
	x.size.Alignment = fyne.TextAlignTrailing
	x.objects = []fyne.CanvasObject{
		x.back, x.sign, x.name, x.folder, x.state, x.size, x.track,
		x.way, x.bar, x.pointed,
	}
	for _, sign := range x.actions {
		x.objects = append(x.objects, sign)
	}
	x.Refresh()
	return x
}

func share(done, whole int64) float32 {
	if whole <= 0 {
		return 0
	}
	return min(float32(done)/float32(whole), 1)
}

type jobRowRenderer struct {
	row                       *jobRow
	back, track, way, bar     *canvas.Rectangle
	sign                      *canvas.Image
	name, folder, state, size *canvas.Text
	objects                   []fyne.CanvasObject
	fullName, fullFolder      string
	fullState                 string
	done                      float32 // share of the bar; below 0: there is none
	handed                    float32 // the same with what is on its way
	actions                   [mostActions]*canvas.Image
	pointed                   *canvas.Rectangle // below the action that the pointer is on
}

func (x *jobRowRenderer) Destroy()                     {}
func (x *jobRowRenderer) Objects() []fyne.CanvasObject { return x.objects }

func (x *jobRowRenderer) MinSize() fyne.Size { return x.row.list.rowMin() }

// Refresh shows the job. It touches the canvas only if something is new: most rows don't change
// between two samples.
func (x *jobRowRenderer) Refresh() {
	r := x.row
	x.showBack()
	state := r.list.state(&r.job)
	l := lookOf(state)
	folder, name := split(r.job.Blob)
	if name == "" { // a name that is not possible has no blob
		folder, name = split(r.job.Source)
	}
	if inbox := r.list.inboxOf(r.index, &r.job); inbox != "" {
		folder = strings.TrimSuffix(inbox+" · "+folder, " · ")
	}
	if state == ledger.Paused && r.job.State == ledger.Waiting &&
		r.list.sample.interrupted[r.job.Transfer] {
		l.word = tr("Interrupted")
	}
	detail := l.word
	x.done = -1
	switch {
	case r.title != "":
		name, folder, detail = r.title, "", files(r.files)
	case !r.have:
		name, folder, detail = "…", "", ""
	case state == ledger.Active:
		x.done = share(r.job.Done, r.job.Size)
		detail = sendingWords(&r.job, r.list.inColumns)
	case (state == ledger.Waiting || state == ledger.Paused) && r.job.Done > 0:
		x.done = share(r.job.Done, r.job.Size)
		detail = l.word + " · " + show.PercentOf(r.job.Done, r.job.Size).String()
	case r.job.State == ledger.Delivered && !r.job.Answer.Date.IsZero():
		detail = tr("Delivered {{.When}}",
			values("When", moment(r.job.Answer.Date, r.list.screen.config.Now())))
	case r.job.State == ledger.Attention || r.job.State == ledger.Failed:
		if r.job.Problem != nil {
			detail = l.word + ": " + explain(r.job.Problem).What
		}
	}
	x.handed = share(r.job.Done+r.job.OnWay, r.job.Size)
	x.fullName, x.fullFolder, x.fullState = show.Text(name), show.Text(folder), show.Text(detail)
	x.sign.Resource = icon(l.icon, l.color)
	x.sign.Refresh()
	visible(x.sign, r.have)
	x.name.Color, x.name.TextSize = currentColor(theme.ColorNameForeground),
		currentSize(theme.SizeNameText)
	x.name.TextStyle.Bold = r.title != ""
	x.folder.Color, x.folder.TextSize = currentColor(colorMuted),
		currentSize(theme.SizeNameCaptionText)
	x.state.Color, x.state.TextSize = currentColor(colorMuted),
		currentSize(theme.SizeNameCaptionText)
	if r.job.State == ledger.Attention || r.job.State == ledger.Failed {
		x.state.Color = currentColor(l.color)
	}
	x.size.Color, x.size.TextSize = currentColor(colorMuted), currentSize(theme.SizeNameCaptionText)
	x.size.Text = ""
	if r.have {
		x.size.Text = amount(r.job.Size)
	}
	x.track.FillColor, x.way.FillColor, x.bar.FillColor = currentColor(colorTrack),
		currentColor(colorOnWay), currentColor(theme.ColorNamePrimary)
	x.Layout(r.Size())
	canvas.Refresh(r)
}
