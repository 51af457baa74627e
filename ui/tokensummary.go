package ui

import (
	"cmp"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/token"
)

// summary is what the token is for, in words: where to, for how long, what it permits.
func (d *tokenDialog) summary(now time.Time) fyne.CanvasObject {
	d.leads = widget.NewRichText()
	d.leads.Wrapping = fyne.TextWrapWord
	d.left = d.newChip()
	d.left.set(countdownOf(d.token, now))
	d.sayWhere()
	box := column(8, -1, inset(-6, -6, -8, -8, d.leads), d.left)
	if d.token.StateAt(now) != token.StateExpired { // which permits nothing
		sign := container.NewVBox(container.New(atLeast{fyne.NewSquareSize(18)},
			widget.NewIcon(icon("yes", theme.ColorNameSuccess))))
		box.Add(beside(inset(2, 0, 0, 8, sign), flush(rightsSentence(d.token))))
	}
	return container.NewStack(newPanel(colorInfoBg, "", 8), inset(12, 12, 16, 16, box))
}

// Around what is bold in a sentence. Names never have them, see [show.Text].
const boldBegins, boldEnds = "\x0e", "\x0f"

// sayWhere says where the token leads, by the name that the inbox gets.
func (d *tokenDialog) sayWhere() {
	if d.leads == nil {
		return
	}
	name := cmp.Or(strings.TrimSpace(d.name.Text), d.inboxes.nameFor(d.token.Inbox))
	bold := func(s string) string {
		return boldBegins + shortened(show.Text(s), 40) + boldEnds
	}
	words := tr("Upload to {{.Inbox}}", values("Inbox", bold(name)))
	if id := d.token.Inbox.WsID; id != "" {
		words = tr("Upload to {{.Inbox}} (workspace {{.Workspace}})",
			values("Inbox", bold(name), "Workspace", bold(id)))
	}
	d.leads.Segments = partlyBold(words, theme.SizeNameSubHeadingText)
	d.leads.Refresh()
}

// partlyBold makes a text of one size in which some is bold.
func partlyBold(words string, size fyne.ThemeSizeName) (all []widget.RichTextSegment) {
	for i, part := range strings.Split(words, boldBegins) {
		strong, plain := "", part
		if i > 0 {
			strong, plain, _ = strings.Cut(part, boldEnds)
		}
		for _, s := range []*widget.TextSegment{
			{Text: strong, Style: widget.RichTextStyle{TextStyle: fyne.TextStyle{Bold: true}}},
			{Text: plain},
		} {
			if s.Text != "" {
				s.Style.Inline, s.Style.SizeName = true, size
				s.Style.ColorName = theme.ColorNameForeground
				all = append(all, s)
			}
		}
	}
	return all
}

// shortened keeps a name short enough for a line.
func shortened(name string, most int) string {
	if runes := []rune(name); len(runes) > most {
		return withoutMiddle(runes, most)
	}
	return name
}

// documented are the token's fields under the names of the workspace's documentation.
func (d *tokenDialog) documented(now time.Time) fyne.CanvasObject {
	grid := container.New(&fieldGrid{})
	say := func(words, name, value string) {
		if value == "" {
			return
		}
		grid.Add(column(0, -1,
			line(5, -1, newText(words, colorMuted, theme.SizeNameCaptionText),
				newText(name, colorMuted, theme.SizeNameCaptionText)),
			d.newCutText(show.Text(value), theme.ColorNameForeground, theme.SizeNameText)))
	}
	t, f := d.token, d.token.Fields(now)
	say(tr("Inbox"), "inboxid", f.InboxID)
	say(tr("Workspace"), "wsid", f.WsID)
	say(tr("Token"), "tid", f.TID)
	if !t.ValidFrom.IsZero() {
		say(tr("Valid from"), "valid_from", date(t.ValidFrom))
	}
	if !t.ValidTo.IsZero() {
		say(tr("Expires"), "valid_to", date(t.ValidTo))
	}
	say(tr("Version"), "date", f.Date)
	return grid
}

// inDetail is what few people ask of a token.
func (d *tokenDialog) inDetail(now time.Time) fyne.CanvasObject {
	f := d.token.Fields(now)
	value := func(s string) fyne.CanvasObject {
		return d.newCutText(show.Text(s), theme.ColorNameForeground, theme.SizeNameText)
	}
	all := []any{
		tr("Storage"), value(strings.Trim(f.Storage+" / "+f.Container+" / "+f.Prefix, " /")),
		tr("Rights"), rightsList(d.token.Rights),
	}
	if f.Policy != "" {
		all = append(all, tr("Policy"), value(f.Policy))
	}
	if f.IP != "" {
		all = append(all, tr("Accepted from"), value(f.IP))
	}
	return inset(0, 4, 8, 0, column(6, -1, pairs(all...), small(tr("Anyone with this token can "+
		"upload until it expires. You see its signature only while the eye is open. It is never "+
		"logged, and saved nowhere but in this computer's keyring, if you tick that box."))))
}

// fieldGrid puts fields side by side, as many as there is room for.
type fieldGrid struct{ columns int }

const (
	fieldWidth = 150 // of a field, at least
	fieldGap   = 8
)

func (g *fieldGrid) MinSize(fields []fyne.CanvasObject) (size fyne.Size) {
	columns := max(g.columns, 1)
	for i := 0; i < len(fields); i += columns {
		size.Height += fields[i].MinSize().Height
		if i > 0 {
			size.Height += fieldGap
		}
	}
	size.Width = fieldWidth
	return size
}

func (g *fieldGrid) Layout(fields []fyne.CanvasObject, size fyne.Size) {
	g.columns = min(max(int(size.Width/(fieldWidth*currentSize(theme.SizeNameCaptionText)/12)), 1), 3)
	width := (size.Width - float32(g.columns-1)*fieldGap) / float32(g.columns)
	y := float32(0)
	for i, f := range fields {
		h := f.MinSize().Height
		f.Resize(fyne.NewSize(width, h))
		f.Move(fyne.NewPos(float32(i%g.columns)*(width+fieldGap), y))
		if i%g.columns == g.columns-1 {
			y += h + fieldGap
		}
	}
}
