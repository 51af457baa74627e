package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/token"
)

// rightsSentence says what a token permits, and what it doesn't, of what people ask about. Letters
// beside these may permit something of the same kind, of which it then says nothing.
func rightsSentence(t token.Token) string {
	r := t.Rights
	if r.Unknown {
		return tr("Only the storage knows what this token permits.")
	}
	var can, cannot []string
	for _, right := range []struct {
		word    string
		letter  byte
		related string // letters that permit a part of it
	}{
		{tr("see"), 'l', "f"},
		{tr("open"), 'r', "e"},
		{tr("delete"), 'd', "xym"},
	} {
		switch {
		case r.Has(right.letter):
			can = append(can, right.word)
		case !hasAny(r, right.related):
			cannot = append(cannot, right.word)
		}
	}
	words := adding(t)
	if len(can) > 0 {
		words = join(words, tr("You can also {{.Do}} what is there.", values("Do", allOf(can))))
	}
	if len(cannot) > 0 {
		words = join(words, tr("You can't {{.Do}} what is there.", values("Do", anyOf(cannot))))
	}
	return words
}

// adding says what may be sent.
func adding(t token.Token) string {
	switch replace := t.Rights.Has('w'); {
	case t.Inbox.OneName() && replace:
		return tr("You can send one file, and replace it.")
	case t.Inbox.OneName():
		return tr("You can send one file. You can't replace it.")
	case replace:
		return tr("You can add files and replace files of the same name.")
	default:
		return tr("You can add files. You can't replace files of the same name.")
	}
}

func hasAny(r token.Rights, letters string) bool {
	for i := range len(letters) {
		if r.Has(letters[i]) {
			return true
		}
	}
	return false
}

// allOf puts one to three words into a list.
func allOf(words []string) string {
	switch len(words) {
	case 1:
		return words[0]
	case 2:
		return tr("{{.A}} and {{.B}}", values("A", words[0], "B", words[1]))
	default:
		return tr("{{.A}}, {{.B}} and {{.C}}", values("A", words[0], "B", words[1], "C", words[2]))
	}
}

// anyOf puts one to three words into a list of what is denied.
func anyOf(words []string) string {
	switch len(words) {
	case 1:
		return words[0]
	case 2:
		return tr("{{.A}} or {{.B}}", values("A", words[0], "B", words[1]))
	default:
		return tr("{{.A}}, {{.B}} or {{.C}}", values("A", words[0], "B", words[1], "C", words[2]))
	}
}

// rightsList shows what people ask about a token's rights, each with a sign and a word.
func rightsList(r token.Rights) fyne.CanvasObject {
	if r.Unknown {
		return newText(tr("Only the storage knows"), colorMuted, theme.SizeNameText)
	}
	box := container.New(layout.NewRowWrapLayoutWithCustomPadding(14, 2))
	for _, right := range []struct {
		word string
		may  bool
	}{
		{tr("add"), r.Has('w') || r.Has('c')},
		{tr("overwrite"), r.Has('w')},
		{tr("list"), r.Has('l')},
		{tr("read"), r.Has('r')},
		{tr("delete"), r.Has('d')},
	} {
		sign, color := icon("no", colorMuted), colorMuted
		if right.may {
			sign, color = icon("yes", theme.ColorNameSuccess), theme.ColorNameForeground
		}
		box.Add(line(4, -1, container.New(atLeast{fyne.NewSquareSize(16)}, widget.NewIcon(sign)),
			newText(right.word, color, theme.SizeNameText)))
	}
	return box
}
