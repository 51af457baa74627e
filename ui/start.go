package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// startView is the page that is seen while there is nothing to watch: the two steps. It belongs to
// Fyne's goroutine.
type startView struct {
	*screen
	inboxes *inboxView
	tokens  *tokenView
	intake  *intake
	begin   func() // starts the practice inbox

	box                *fyne.Container
	paste, add, folder *button
	practice           *button
	first, second      *stepCard
	offer              fyne.CanvasObject
	haveToken          bool
	waiting            int // things that wait for a token
}

// stepCard is one of the two steps: its number, what to do, and the button that does it.
type stepCard struct {
	mark         *widget.Icon
	number       *text
	title, words *text
	content, box *fyne.Container
}

func (sc *screen) newStep(number, title, words string, buttons ...fyne.CanvasObject) *stepCard {
	s := &stepCard{mark: widget.NewIcon(icon("delivered", theme.ColorNameSuccess))}
	s.mark.Hide()
	s.number = newText(number, theme.ColorNamePrimary, theme.SizeNameHeadingText)
	s.number.bold, s.number.align = true, fyne.TextAlignCenter
	s.title = newText(title, theme.ColorNameForeground, theme.SizeNameSubHeadingText)
	s.title.bold = true
	s.words = sc.newCutText(words, colorMuted, theme.SizeNameText)
	mark := container.New(atLeast{fyne.NewSquareSize(30)}, container.NewCenter(s.number,
		container.New(atLeast{fyne.NewSquareSize(26)}, s.mark)))
	left := line(14, 1, mark, column(4, -1, s.title, s.words))
	s.content = column(8, -1, left, inset(0, 0, 44, 0,
		container.New(layout.NewRowWrapLayoutWithCustomPadding(8, 8), buttons...)))
	s.box = card(s.content)
	return s
}

// takesDrops makes the step's card look like what it is: something to drop files on.
func (s *stepCard) takesDrops() {
	zone := newDropZone()
	for _, t := range []*text{s.number, s.title, s.words} {
		t.over = zone
	}
	picture := widget.NewIcon(icon("drop", theme.ColorNamePrimary))
	s.box = container.NewStack(zone, inset(16, 16, 16, 16,
		container.New(pictured{}, s.content, picture)))
}

// done marks the step as done, in other words.
func (s *stepCard) done(title, words string) {
	s.number.Hide()
	s.mark.Show()
	s.title.set(title, theme.ColorNameForeground)
	s.words.set(words, colorMuted)
}

// build makes the widgets, anew after a change of language.
func (v *startView) build() {
	v.haveToken, v.waiting = false, 0
	v.paste = v.newButtonWithIcon(tr("Paste token"),
		icon("token", theme.ColorNameForegroundOnPrimary), v.tokens.paste)
	v.paste.Importance = widget.HighImportance
	v.add = v.newButtonWithIcon(tr("Add files…"), icon("file", theme.ColorNameForeground),
		v.intake.chooseFiles)
	v.folder = v.newButtonWithIcon(tr("Add a folder…"), icon("folder", theme.ColorNameForeground),
		v.intake.chooseFolder)
	v.practice = v.newButton(tr("Try the practice inbox"), v.begin)
	v.tag("paste", v.paste)
	v.tag("add", v.add)
	v.tag("practice", v.practice)
	v.first = v.newStep("1", tr("Paste your upload token"),
		tr("The link or text you received from the workspace."), v.paste)
	v.second = v.newStep("2", tr("Drop files or folders here"), dropAFolder(), v.add, v.folder)
	v.second.takesDrops()
	v.offer = container.NewCenter(line(10, -1, newText(tr("No token yet?"), colorMuted,
		theme.SizeNameText), v.practice))
	if v.config.Practice == nil {
		v.offer.Hide()
	}
	v.box = container.NewStack(container.NewVScroll(container.New(middle{40},
		inset(4, 12, 16, 16, column(12, -1, v.first.box, v.second.box, v.offer)))))
}

func dropAFolder() string { return tr("For many files, drop their folder.") }

// show tells what has been done of the two steps.
func (v *startView) show() {
	have := v.inboxes.token.Inbox.Host != ""
	if n := len(v.intake.held); n != v.waiting {
		v.waiting = n
		words := dropAFolder()
		if n > 0 {
			words = trn("{{.N}} things wait for a token.", int64(n)) + " " + words
		}
		v.second.words.set(words, colorMuted)
	}
	if have && v.haveToken {
		// another name may have been given to it
		v.first.words.set(v.inboxes.called(v.inboxes.token.Inbox), colorMuted)
	}
	if !have || v.haveToken {
		return
	}
	v.haveToken = true
	v.paste.Importance = widget.MediumImportance
	v.paste.Icon = icon("token", theme.ColorNameForeground)
	v.paste.SetText(tr("Paste another token"))
	v.add.Importance = widget.HighImportance
	v.add.Icon = icon("file", theme.ColorNameForegroundOnPrimary)
	v.add.Refresh()
	v.offer.Hide()
	v.first.done(tr("Token accepted"), v.inboxes.called(v.inboxes.token.Inbox))
}
