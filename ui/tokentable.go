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

// tokenTable is the table of upload tokens: in columns if there is room, else with two lines for
// each token.
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

// countedWidth is how wide the view becomes with the columns of what arrived.
const countedWidth = 1180

// tokenRow is one token of the table.
type tokenRow struct {
	grant            workspace.Grant
	state            token.State
	reason, from, to *text
	left             *text
	sign             fyne.CanvasObject // of its state, with a word
	files, size      *text             // what arrived, in columns
	last             *text
	arrived          *text // the same in one line
	revoke           fyne.CanvasObject
	open             *button // shows what arrived
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
	titles := t.titles()
	for _, r := range t.rows {
		t.columns.measure(t.cells(&r))
	}
	t.wide = t.roomForColumns()
	if t.wide {
		t.box.Add(inset(0, 4, 8, 4, container.New(&t.columns, titles...)))
	}
	var first *button // of those that revoke
	for i, r := range t.rows {
		if i > 0 || t.wide {
			t.box.Add(widget.NewSeparator())
		}
		t.box.Add(t.present(r))
		v.sheet.tag(fmt.Sprintf("arrived %d", r.grant.TID), r.open)
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
				v.counts.more()
				v.show()
			}))))
	}
}

// titles returns the columns' titles, and measures them with the widest that may come below them.
func (t *tokenTable) titles() (titles []fyne.CanvasObject) {
	all := []string{
		tr("Reason"), tr("Valid from"), tr("Valid to"), tr("Time left"), tr("State"),
	}
	widest := map[int]string{3: remaining(29*24*time.Hour + 23*time.Hour)}
	if t.v.counts.wanted {
		all = append(all, tr("Files"), tr("Size"), tr("Last arrival"))
		widest[5], widest[6] = number(9_999_999), amount(999_900_000)
		widest[7] = date(t.v.config.Now())
	}
	for i, words := range all {
		title := newText(words, colorMuted, theme.SizeNameCaptionText)
		if i == 5 || i == 6 { // numbers
			title.align = fyne.TextAlignTrailing
		}
		titles = append(titles, title)
	}
	titles = append(titles, layout.NewSpacer(), layout.NewSpacer())
	t.columns = columns{gap: 14}
	t.columns.measure(titles)
	for i, words := range widest {
		t.columns.widths[i] = max(t.columns.widths[i], newText(words, colorMuted,
			theme.SizeNameText).MinSize().Width)
	}
	return titles
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
	for _, of := range []**text{&r.files, &r.size, &r.last} {
		*of = newText("", colorMuted, theme.SizeNameText)
	}
	r.files.align, r.size.align = fyne.TextAlignTrailing, fyne.TextAlignTrailing
	r.arrived = t.v.newCutText("", colorMuted, theme.SizeNameCaptionText)
	r.arrived.parts = true
	r.count(t.v.counts)
	r.open = t.v.newSign(tr("What arrived"), theme.MenuExpandIcon(), func() { t.v.openArrived(g) })
	if r.state == token.StateActive || r.state == token.StateNotYetValid ||
		r.state == token.StateUnknown {
		b := t.v.newButton(tr("Revoke…"), nil)
		b.OnTapped = func() { t.v.revokeAsked(g, b) }
		t.revokes = append(t.revokes, b)
		r.revoke = b
	}
	return r
}

func (t *tokenTable) cells(r *tokenRow) []fyne.CanvasObject {
	all := []fyne.CanvasObject{r.reason, r.from, r.to, r.left, r.sign}
	if t.v.counts.wanted {
		all = append(all, r.files, r.size, r.last)
	}
	return append(all, r.revoke, r.open)
}

// count shows what is known of what arrived.
func (r *tokenRow) count(of *arrivals) {
	n, size, last := of.words(r.grant.TID)
	r.files.set(n, colorMuted)
	r.size.set(size, colorMuted)
	r.last.set(last, colorMuted)
	words := tr("Counting what arrived…")
	switch n, ok := of.known[r.grant.TID]; {
	case n.gone:
		words = tr("Its inbox is gone.")
	case ok && n.files == 0:
		words = tr("Nothing has arrived.")
	case ok:
		words = arrivedWords(n.files, n.bytes, n.last)
	}
	r.arrived.set(words, colorMuted)
}

// arrivedWords says what arrived, in all.
func arrivedWords(n, bytes int64, last time.Time) string {
	words := files(n) + " · " + amount(bytes)
	if !last.IsZero() {
		words += " · " + tr("last {{.Date}}", values("Date", date(last)))
	}
	return words
}

// opener returns the button that shows what arrived with a token, or nil.
func (t *tokenTable) opener(tid int) *button {
	for i := range t.rows {
		if t.rows[i].grant.TID == tid {
			return t.rows[i].open
		}
	}
	return nil
}

// counted shows what arrived with a token.
func (t *tokenTable) counted(tid int) {
	for i := range t.rows {
		if t.rows[i].grant.TID == tid {
			t.rows[i].count(t.v.counts)
		}
	}
}

// present arranges a row for the room that there is. A token that was made in this view can be
// copied from its row.
func (t *tokenTable) present(r tokenRow) fyne.CanvasObject {
	var row fyne.CanvasObject
	if t.wide {
		row = container.New(&t.columns, t.cells(&r)...)
	} else {
		dates := t.v.newCutText(fmt.Sprintf("%s – %s", r.from.content, r.to.content), colorMuted,
			theme.SizeNameCaptionText)
		dates.less = "– " + r.to.content
		words := column(2, -1, line(8, 0, r.reason, r.sign), line(8, 0, dates, r.left))
		if t.v.counts.wanted {
			words.Add(r.arrived)
		}
		row = line(4, 0, words, r.revoke, r.open)
	}
	row = container.NewStack(newPlate(r.open.OnTapped), inset(4, 4, 8, 4, row))
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
	const beside, reason = 2*12 + 12 + 6 + 8 + 14 + 8 + 4, 150
	total := float32(reason)
	for _, w := range t.columns.widths[1:] {
		total += t.columns.gap + w
	}
	return total <= min(t.window.Width, t.v.sheet.card.width+2*12)-beside
}

// fit takes the other arrangement where the window's new size wants it.
func (t *tokenTable) fit(window fyne.Size) {
	t.window = window
	if len(t.rows) > 0 && t.roomForColumns() != t.wide {
		t.build()
		t.v.layOut()
	}
}

// enable enables the rows' buttons, or disables them while an errand runs.
func (t *tokenTable) enable(yes bool) {
	for _, b := range t.revokes {
		if yes {
			b.Enable()
		} else {
			b.Disable()
		}
	}
}

// tick updates the times left. It returns how soon to call it again; 0 for never.
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

// timeLeft says how long a token is still valid, in which colour, and how soon the words change.
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
	return line(4, -1, signOf(name, color),
		newText(words, theme.ColorNameForeground, theme.SizeNameText))
}

// signOf is a small sign beside a word.
func signOf(name string, color fyne.ThemeColorName) fyne.CanvasObject {
	return container.New(atLeast{fyne.NewSquareSize(16)}, widget.NewIcon(icon(name, color)))
}

// dateOrNone says a day and time, or that the table does not.
func dateOrNone(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return date(t)
}
