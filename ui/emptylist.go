package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// emptyList says why the list shows nothing, and what to do where a search is the reason.
type emptyList struct {
	queue *queueView
	box   *fyne.Container
	words *text
	where *text // in which tab was searched, where that is not the first
	clear *button
}

func newEmptyList(v *queueView) *emptyList {
	e := &emptyList{queue: v}
	e.words = v.newCutText("", theme.ColorNameForeground, theme.SizeNameText)
	e.words.align = fyne.TextAlignCenter
	e.where = v.newCutText("", colorMuted, theme.SizeNameCaptionText)
	e.where.align = fyne.TextAlignCenter
	e.clear = v.newButton(tr("Clear search"), func() {
		v.search.SetText("")
		v.window.Canvas().Focus(v.search)
	})
	v.tag("clear_search", e.clear)
	e.box = container.New(middle{30}, column(6, -1, e.words, e.where,
		inset(4, 0, 0, 0, container.NewCenter(e.clear))))
	e.box.Hide()
	return e
}

// show follows what the sampler has read: what is typed since then it may still find.
func (e *emptyList) show(s *sample) {
	if seen := s.total == 0; seen != e.box.Visible() {
		visible(e.box, seen)
	}
	if !e.box.Visible() {
		return
	}
	tab, text := e.queue.tabs.chosen(), s.view.filter.Text
	words, where := tab.nothing, ""
	switch first := e.queue.tabs.all[0]; {
	case text != "":
		words = tr("No file matches “{{.Text}}”", values("Text", text))
		if tab != first {
			where = tr("Only the files under “{{.Tab}}” were searched.", values("Tab", tab.words))
		}
	case tab == first && s.status.Scanning:
		words = tr("Looking through your folders…")
	}
	if words == e.words.content && where == e.where.content {
		return
	}
	e.words.set(words, theme.ColorNameForeground)
	e.where.set(where, colorMuted)
	visible(e.where, where != "")
	visible(e.clear, text != "")
	e.box.Refresh()
}
