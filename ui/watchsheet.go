package ui

import (
	"path/filepath"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/scan"
)

// watchedFolders is the part of the settings about them.
func (v *settingsSheet) watchedFolders() fyne.CanvasObject {
	choices := []time.Duration{
		10 * time.Second, time.Minute, defaultSettle, 10 * time.Minute, time.Hour,
	}
	if now := v.settings.settle(); !slices.Contains(choices, now) {
		choices = append(choices, now)
		slices.Sort(choices)
	}
	words := make([]string, len(choices))
	for i, d := range choices {
		words[i] = duration(d)
	}
	settle := v.newSheetSelect(words, indexOf(choices, v.settings.settle()), func(i int) {
		v.settings.Settle = int(choices[i] / time.Second)
		v.settings.changed()
	})
	return v.labels.form(label(tr("Complete if unchanged for")), settle)
}

// watchStrip is the line above the list that says which folders are watched.
type watchStrip struct {
	box     *fyne.Container
	sign    *widget.Icon
	words   *text
	folders *button
	shown   condition
}

// build makes the widgets, anew after a change of language.
func (v *watchView) build() {
	s := &watchStrip{}
	v.strip = s
	s.sign = widget.NewIcon(icon("eye", theme.ColorNamePrimary))
	s.words = v.newCutText("", theme.ColorNameForeground, theme.SizeNameText)
	s.words.parts = true
	s.folders = v.newButton(tr("Folders…"), v.open)
	v.tag("watched", s.folders)
	s.box = inset(0, 8, 16, 16, container.NewStack(newPanel(colorInfoBg, "", 8),
		inset(4, 4, 12, 6, line(8, 1, container.New(atLeast{fyne.NewSquareSize(20)}, s.sign),
			s.words, s.folders))))
	s.box.Hide()
}

// show puts on the screen how the folders do.
func (v *watchView) show(s *sample) {
	if on := len(v.folders) > 0; on != v.strip.box.Visible() {
		visible(v.strip.box, on)
		v.relayout()
	}
	if len(v.folders) == 0 {
		return
	}
	worst := v.folders[0]
	for _, w := range v.folders {
		if w.kind > worst.kind {
			worst = w
		}
	}
	name := show.Text(filepath.Base(worst.Path))
	words := trn("Watching {{.N}} folders", int64(len(v.folders)))
	switch {
	case worst.needs(): // first, since a narrow window leaves out the rest
		number := words
		words = tr("“{{.Name}}”: {{.What}}", values("Name", name, "What", worst.words))
		if len(v.folders) > 1 {
			words += " · " + number
		}
	case len(v.folders) == 1:
		words = tr("Watching “{{.Name}}”", values("Name", name)) + " · " + worst.words
	case worst.kind > watchGrowing:
		words += " · " + tr("“{{.Name}}”: {{.What}}", values("Name", name, "What", worst.words))
	}
	if now := (condition{worst.kind, words}); now != v.strip.shown {
		v.strip.shown = now
		v.strip.words.set(words, theme.ColorNameForeground)
		v.strip.sign.SetResource(icon(worst.sign()))
	}
	if v.sheet != nil {
		v.sheet.show(s)
	}
}

// watchSheet is the sheet with the folders that are watched.
type watchSheet struct {
	*watchView
	of     *sheet
	list   *fyne.Container
	pause  *button
	rows   []*watchRow
	paused bool // what the button is for
}

// watchRow is a folder on the sheet.
type watchRow struct {
	*watchedFolder
	sign      *widget.Icon
	words     *text
	delivered *text
	troubles  *fyne.Container
	shown     condition
	refused   int
}

// open shows the folders.
func (v *watchView) open() {
	s := &watchSheet{watchView: v, list: column(10, -1)}
	intro := small(tr("New files are sent once they have been unchanged for {{.Time}}, while Inbox "+
		"Uploader runs. Nothing is deleted or moved.", values("Time", duration(v.settings.settle()))))
	closing := v.newButton(tr("Close"), nil)
	closing.Importance = widget.HighImportance
	s.pause = v.newButton("", func() { v.setPaused(!s.paused) })
	s.of = v.openSheet(tr("Watched folders"), 600, inset(0, 12, 8, 14, column(10, -1, intro, s.list)),
		s.pause, closing)
	s.of.tag("cancel", closing)
	s.of.tag("pause_watching", s.pause)
	s.of.stays = true
	s.of.closed = func() { v.sheet = nil }
	v.sheet = s
	closing.OnTapped = s.of.close
	s.fill()
	s.show(&v.last)
	v.window.Canvas().Focus(closing)
}

// fill lists the folders.
func (s *watchSheet) fill() {
	s.list.RemoveAll()
	s.rows = nil
	for _, w := range s.folders {
		r := &watchRow{watchedFolder: w, troubles: column(0, -1), shown: condition{kind: -1}}
		r.sign = widget.NewIcon(icon("eye", theme.ColorNamePrimary))
		r.words = s.newCutText("", theme.ColorNameForeground, theme.SizeNameText)
		r.delivered = newText("", colorMuted, theme.SizeNameText)
		name := s.newCutText(show.Text(filepath.Base(w.Path)), theme.ColorNameForeground,
			theme.SizeNameText)
		name.bold = true
		where := show.Text(filepath.Dir(w.Path)) + " · " +
			tr("to {{.Inbox}}", values("Inbox", s.inboxes.called(w.Inbox)))
		if w.Folder != "" {
			where += " · " + show.Text(w.Folder)
		}
		path := s.newCutText(where, colorMuted, theme.SizeNameCaptionText)
		stop := s.newButton(tr("Stop watching this folder"), func() { s.stop(w) })
		s.of.tag("stop_watching", stop)
		picture := container.New(atLeast{fyne.NewSquareSize(20)}, r.sign)
		s.list.Add(card(column(8, -1, column(2, -1, line(10, 0, name, r.delivered), path),
			line(10, 1, picture, r.words), r.troubles, line(0, -1, stop))))
		s.rows = append(s.rows, r)
	}
}

// stop watches a folder no longer, and says what becomes of what was found in it.
func (s *watchSheet) stop(w *watchedFolder) {
	s.forget(w)
	if len(s.folders) == 0 {
		s.of.close()
		return
	}
	s.fill()
	s.show(&s.last)
	s.of.overlay.Refresh()
	s.window.Canvas().Focus(s.pause)
}

// show says how the folders do now.
func (s *watchSheet) show(now *sample) {
	if len(s.rows) != len(s.folders) {
		s.fill()
	}
	moved := false
	for _, r := range s.rows {
		words := ""
		if n := r.watchedFolder.delivered(&now.status); n > 0 {
			words = trn("{{.N}} files delivered", n)
		}
		if words != r.delivered.content {
			r.delivered.set(words, colorMuted)
			moved = true
		}
		if r.condition != r.shown {
			r.shown = r.condition
			r.sign.SetResource(icon(r.condition.sign()))
			r.words.set(r.condition.words, theme.ColorNameForeground)
		}
		if n := len(r.watchedFolder.refused); n != r.refused {
			r.refused = n
			r.troubles.RemoveAll()
			if n > 0 {
				r.troubles.Add(s.details(trn("{{.N}} files can't be sent.", int64(n)),
					r.watchedFolder.refused,
					func(x scan.Found) string { return explain(x.Err).String() }))
			}
			moved = true
		}
	}
	s.paused = !s.watches()
	words := tr("Pause watching")
	if s.paused {
		words = tr("Resume watching")
	}
	if s.pause.Text != words {
		s.pause.words = words
		s.pause.SetText(words)
		moved = true
	}
	if moved {
		s.of.overlay.Refresh()
	}
}
