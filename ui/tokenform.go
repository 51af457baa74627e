package ui

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/workspace"
)

// periods are the days that a new token may be valid for by a choice; dates say it otherwise.
var periods = []int64{1, 7, 14, 30}

// tokenForm is what a new upload token is to be.
type tokenForm struct {
	*screen
	box      *fyne.Container
	reason   *sheetEntry
	period   *sheetSelect
	from, to *sheetEntry
	dates    []fyne.CanvasObject // shown only where the choice is dates
	words    *widget.Label       // what is wrong, or what is to be done
	begun    bool                // something was typed
	changed  func()
}

// newTokenForm makes an empty form. changed is called after each change of it, submit when Enter is
// pressed.
func newTokenForm(sc *screen, changed, submit func()) *tokenForm {
	f := &tokenForm{screen: sc, changed: changed}
	edited := func(string) {
		f.begun = true
		f.changed()
	}
	f.reason = sc.newSheetEntry(tr("Such as: MRI data of the second visit"), edited)
	choices := make([]string, len(periods), len(periods)+1)
	for i, n := range periods {
		choices[i] = trn("{{.N}} days", n)
	}
	f.period = sc.newSheetSelect(append(choices, tr("Dates…")),
		slices.Index(periods, int64(workspace.DefaultPeriod/(24*time.Hour))), f.choosePeriod)
	f.from = sc.newSheetEntry(tr("now"), edited)
	f.to = sc.newSheetEntry("", edited)
	for _, e := range []*sheetEntry{f.reason, f.from, f.to} {
		e.OnSubmitted = func(string) { submit() }
	}
	f.dates = []fyne.CanvasObject{
		formLabel(tr("Valid from")), f.from, formLabel(tr("Valid to")),
		f.to,
	}
	for _, o := range f.dates {
		o.Hide()
	}
	f.words = wrapped("")
	f.words.SizeName = theme.SizeNameCaptionText
	f.box = column(0, -1, container.New(layout.NewFormLayout(), append([]fyne.CanvasObject{
		formLabel(tr("Reason")), f.reason, formLabel(tr("Valid for")), f.period,
	}, f.dates...)...), inset(-2, 0, -8, -8, f.words))
	f.check()
	return f
}

// choosePeriod shows the dates where they are chosen, filled with what the default period would be.
func (f *tokenForm) choosePeriod(int) {
	byDates := f.byDates()
	for _, o := range f.dates {
		if byDates {
			o.Show()
		} else {
			o.Hide()
		}
	}
	if byDates && f.to.Text == "" {
		f.to.Text = f.config.Now().Add(workspace.DefaultPeriod).Local().Format(writtenDate)
		f.to.Refresh()
	}
	f.changed()
}

// byDates reports whether dates say for how long the token is valid, rather than a number of days.
func (f *tokenForm) byDates() bool { return f.period.SelectedIndex() >= len(periods) }

// writtenDate is how the form's dates are filled in.
const writtenDate = "2006-01-02 15:04"

// request returns what the form asks for, and what is wrong with it; the problem is empty where
// nothing is.
func (f *tokenForm) request() (r workspace.Request, problem string) {
	r = workspace.Request{Reason: f.reason.Text, By: f.config.Person}
	if !f.byDates() {
		r.Period = time.Duration(periods[f.period.SelectedIndex()]) * 24 * time.Hour
	} else {
		for _, d := range []struct {
			text string
			plus int
			to   *time.Time
			no   string
		}{
			{
				f.from.Text, 0, &r.From,
				tr("The beginning is no date. Write it as 2026-11-03 or 2026-11-03 09:00."),
			},
			{
				f.to.Text, 1, &r.To,
				tr("The end is no date. Write it as 2026-11-03 or 2026-11-03 09:00."),
			},
		} {
			text := strings.TrimSpace(d.text)
			if text == "" {
				continue
			}
			t, ok := workspace.ParseMoment(text, d.plus, time.Local)
			if !ok {
				return r, d.no
			}
			*d.to = t
		}
	}
	if err := r.Check(f.config.Now()); err != nil {
		x := explainIssuing(err)
		return r, strings.TrimSpace(x.What + " " + x.Do)
	}
	return r, ""
}

// check says below the form what is wrong with it, and reports whether nothing is. Before anything
// is typed nothing is wrong yet.
func (f *tokenForm) check() bool {
	_, problem := f.request()
	words, importance := problem, widget.DangerImportance
	switch {
	case problem == "" || !f.begun && strings.TrimSpace(f.reason.Text) == "" && !f.byDates():
		words, importance = tr("Everyone who can issue tokens here sees the reason."),
			widget.LowImportance
	}
	if f.words.Text != words || f.words.Importance != importance {
		f.words.Importance = importance
		f.words.SetText(words)
	}
	return problem == ""
}

// clear empties the form for the next token.
func (f *tokenForm) clear() {
	f.begun = false
	f.reason.Text = ""
	f.reason.Refresh()
	f.check()
}

// formLabel is a label in the middle of its line.
func formLabel(words string) fyne.CanvasObject {
	return line(0, -1, inset(0, 0, 0, 12, newText(words, theme.ColorNameForeground,
		theme.SizeNameText)))
}
