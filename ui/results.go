package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/ledger"
)

// results counts the outcomes when all work is done, unless all files had the same one. A click on
// a count shows those files.
type results struct {
	queue *queueView
	box   *fyne.Container
	all   []*result
}

// result is one outcome and the files that had it.
type result struct {
	*button
	count func(s *sample) int64
	words func(n int64) string
	n     int64
}

func newResults(v *queueView) *results {
	r := &results{queue: v}
	add := func(sign string, color fyne.ThemeColorName, tab func() *tab,
		count func(*sample) int64, words func(int64) string,
	) {
		x := &result{count: count, words: words}
		x.button = v.newButtonWithIcon("", icon(sign, color), func() { v.tabs.choose(tab()) })
		x.Importance = widget.LowImportance
		x.Hide()
		r.all = append(r.all, x)
	}
	add("delivered", theme.ColorNameSuccess, func() *tab { return v.tabs.delivered },
		func(s *sample) int64 { return s.status.Files[ledger.Delivered] },
		func(n int64) string { return trn("{{.N}} delivered", n) })
	add("leftalone", colorMuted, func() *tab { return v.tabs.skipped },
		func(s *sample) int64 {
			return s.status.Files[ledger.LeftAlone] + s.status.Files[ledger.Cancelled]
		},
		func(n int64) string { return trn("{{.N}} skipped", n) })
	attention := func() *tab { return v.tabs.attention }
	add("attention", theme.ColorNameWarning, attention,
		func(s *sample) int64 { return int64(len(s.missing)) },
		func(n int64) string { return tr("{{.N}} missing", values("N", number(n))) })
	add("attention", theme.ColorNameWarning, attention,
		func(s *sample) int64 { return needsPerson(&s.status) - int64(len(s.missing)) },
		func(n int64) string { return trn("{{.N}} need attention", n) })
	row := line(6, -1)
	for _, x := range r.all {
		row.Add(x.button)
	}
	r.box = inset(4, 0, -8, 0, container.NewHScroll(row))
	r.box.Hide()
	return r
}

// show updates the counts. A low window has no room for them: the tabs show the same.
func (r *results) show(s *sample, going bool) {
	kinds, changed := 0, false
	for _, x := range r.all {
		n := x.count(s)
		if n > 0 {
			kinds++
		}
		if n == x.n {
			continue
		}
		x.n, changed = n, true
		x.button.words = x.words(n)
		x.SetText(x.button.words)
		visible(x.button, n > 0)
	}
	seen := !going && kinds > 1 && r.queue.window.Canvas().Size().Height > 460
	if seen != r.box.Visible() || seen && changed {
		visible(r.box, seen)
		r.queue.relayout()
	}
}
