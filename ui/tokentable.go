package ui

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/token"
	"inboxuploader/workspace"
)

// rowsAtOnce is how many tokens the table shows before it is asked for more.
const rowsAtOnce = 30

// tokenTable is the table of upload tokens: in columns where there is room, else with each token in
// two lines.
type tokenTable struct {
	v       *uploadTokens
	box     *fyne.Container
	rows    []tokenRow
	columns columns
	window  fyne.Size // its size
	wide    bool
	built   int // how often
	revokes []*button
}

// tokenRow is one token of the table.
type tokenRow struct {
	grant            workspace.Grant
	state            token.State
	reason, from, to *text
	left             *text
	sign             fyne.CanvasObject // of its state, with a word
	revoke           fyne.CanvasObject
}

func newTokenTable(v *uploadTokens) *tokenTable {
	return &tokenTable{v: v, box: column(0, -1), window: v.window.Canvas().Size()}
}

// build makes the rows anew.
func (t *tokenTable) build() {
	v, now := t.v, t.v.config.Now()
	t.box.RemoveAll()
	t.rows, t.revokes = nil, nil
	t.built++
	for _, g := range v.grants[:min(len(v.grants), v.most)] {
		t.rows = append(t.rows, t.row(g, now))
	}
	if len(t.rows) == 0 {
		return
	}
	titles := []fyne.CanvasObject{}
	for _, words := range []string{
		tr("Reason"), tr("Valid from"), tr("Valid to"),
		tr("Time left"), tr("State"),
	} {
		titles = append(titles, newText(words, colorMuted, theme.SizeNameCaptionText))
	}
	titles = append(titles, layout.NewSpacer())
	t.columns = columns{gap: 14}
	t.columns.measure(titles)
	t.columns.widths[3] = max(t.columns.widths[3], newText(remaining(29*24*time.Hour+23*time.Hour),
		colorMuted, theme.SizeNameText).MinSize().Width)
	for _, r := range t.rows {
		t.columns.measure(r.cells())
	}
	t.wide = t.roomForColumns()
	if t.wide {
		t.box.Add(inset(0, 4, 8, 8, container.New(&t.columns, titles...)))
	}
	var first *button // of those that revoke
	for i, r := range t.rows {
		if i > 0 || t.wide {
			t.box.Add(widget.NewSeparator())
		}
		t.box.Add(t.present(r))
		if b, ok := r.revoke.(*button); ok && first == nil {
			first = b
			v.sheet.tag("revoke", b)
		}
	}
	for _, r := range slices.Backward(t.rows) { // the newest has the name in the end
		if m := v.made[r.grant.TID]; m != nil {
			v.sheet.tag("copy", m.copy)
		}
	}
	if more := len(v.grants) - len(t.rows); more > 0 {
		t.box.Add(widget.NewSeparator())
		t.box.Add(inset(8, 0, 0, 0,
			line(0, -1, v.newButton(trn("Show {{.N}} more tokens", int64(more)), func() {
				v.most = len(v.grants)
				t.build()
				v.show()
			}))))
	}
}

// row makes what is shown of one token.
func (t *tokenTable) row(g workspace.Grant, now time.Time) tokenRow {
	r := tokenRow{
		grant: g, state: g.StateAt(now),
		revoke: container.New(atLeast{fyne.NewSize(0, t.v.create.MinSize().Height)},
			layout.NewSpacer()),
	}
	r.reason = t.v.newCutText(show.Text(cmp.Or(g.Reason, "–")), theme.ColorNameForeground,
		theme.SizeNameText)
	r.reason.bold = true
	r.from = newText(dateOrNone(g.ValidFrom), colorMuted, theme.SizeNameText)
	r.to = newText(dateOrNone(g.ValidTo), colorMuted, theme.SizeNameText)
	words, color, _ := timeLeft(g, now)
	r.left = newText(words, color, theme.SizeNameText)
	r.sign = stateSign(r.state)
	if r.state == token.StateActive || r.state == token.StateNotYetValid ||
		r.state == token.StateUnknown {
		b := t.v.newButton(tr("Revoke…"), nil)
		b.OnTapped = func() { t.v.revokeAsked(g, b) }
		t.revokes = append(t.revokes, b)
		r.revoke = b
	}
	return r
}

func (r *tokenRow) cells() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.reason, r.from, r.to, r.left, r.sign, r.revoke}
}

// present arranges a row for the room that there is. A token that was made in this view can be
// copied from its row.
func (t *tokenTable) present(r tokenRow) fyne.CanvasObject {
	var row fyne.CanvasObject
	if t.wide {
		row = container.New(&t.columns, r.cells()...)
	} else {
		dates := t.v.newCutText(fmt.Sprintf("%s – %s", r.from.content, r.to.content), colorMuted,
			theme.SizeNameCaptionText)
		dates.less = "– " + r.to.content
		row = line(8, 0, column(2, -1, line(8, 0, r.reason, r.sign), line(8, 0, dates, r.left)),
			r.revoke)
	}
	row = inset(4, 4, 8, 8, row)
	m := t.v.made[r.grant.TID]
	if m == nil {
		return row
	}
	words := tr("Copy it now: once this view is closed it can't be copied again.")
	if m.copied {
		words = tr("Copied. The clipboard is cleared in two minutes, or when the program ends. Once " +
			"this view is closed the token can't be copied again.")
	}
	offer := container.NewBorder(nil, nil, nil, container.NewVBox(inset(2, 0, 0, 8, m.copy)),
		wrapped(words))
	return inset(4, 4, 0, 0, container.NewStack(newPanel(colorGoodBg, "", 8),
		column(0, -1, row, offer)))
}

// roomForColumns reports whether the columns fit into the window.
func (t *tokenTable) roomForColumns() bool {
	// what the sheet takes, and the least of the first column
	const beside, reason = 2*12 + 12 + 6 + 8 + 14 + 2*8, 150
	total := float32(reason)
	for _, w := range t.columns.widths[1:] {
		total += t.columns.gap + w
	}
	return total <= min(t.window.Width, sheetWidth+2*12)-beside
}

// fit takes the other arrangement where the window's new size wants it.
func (t *tokenTable) fit(window fyne.Size) {
	t.window = window
	if len(t.rows) > 0 && t.roomForColumns() != t.wide {
		t.build()
		t.v.layOut()
	}
}

// enable lets the rows' buttons be used, or not while something is being done.
func (t *tokenTable) enable(yes bool) {
	for _, b := range t.revokes {
		if yes {
			b.Enable()
		} else {
			b.Disable()
		}
	}
}

// tick lets the times that are left go on. It returns after how long it wants to be called again; 0
// for never.
func (t *tokenTable) tick(now time.Time) (next time.Duration) {
	for i := range t.rows {
		r := &t.rows[i]
		if r.grant.StateAt(now) != r.state {
			t.build()
			t.v.show()
			return time.Millisecond
		}
		words, color, soon := timeLeft(r.grant, now)
		r.left.set(words, color)
		if soon > 0 && (next == 0 || soon < next) {
			next = soon
		}
	}
	return next
}

// timeLeft says how long a token is still valid, in which colour, and after how long the words are
// others.
func timeLeft(
	g workspace.Grant, now time.Time,
) (words string, color fyne.ThemeColorName, next time.Duration) {
	left := g.ValidTo.Sub(now)
	if !g.Revoked.IsZero() || g.ValidTo.IsZero() || left <= 0 {
		return "–", colorMuted, 0
	}
	return remaining(left), urgency(left), step(left)
}

// stateSign shows a token's state as a sign and a word.
func stateSign(s token.State) fyne.CanvasObject {
	name, words, color := "attention", tr("unknown"), theme.ColorNameWarning
	switch s {
	case token.StateActive:
		name, words, color = "yes", tr("active"), theme.ColorNameSuccess
	case token.StateExpired:
		name, words, color = "no", tr("over"), colorMuted
	case token.StateNotYetValid:
		name, words, color = "waiting", tr("not yet"), theme.ColorNameWarning
	case workspace.StateRevoked:
		name, words, color = "cancelled", tr("revoked"), colorMuted
	}
	return line(4, -1, container.New(atLeast{fyne.NewSquareSize(16)},
		widget.NewIcon(icon(name, color))), newText(words, theme.ColorNameForeground,
		theme.SizeNameText))
}

// dateOrNone says a day and time, or that the table does not.
func dateOrNone(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return date(t)
}
