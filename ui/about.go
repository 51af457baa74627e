package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/assets"
)

// openAbout says what this is.
func (sc *screen) openAbout() {
	closing := sc.newButton(tr("Close"), nil)
	closing.Importance = widget.HighImportance
	picture := container.New(atLeast{fyne.NewSquareSize(56)}, widget.NewIcon(appIcon()))
	title := newText("Inbox Uploader", theme.ColorNameForeground, theme.SizeNameHeadingText)
	title.bold = true
	version := newText(tr("Version {{.Version}}", values("Version", sc.config.Version)), colorMuted,
		theme.SizeNameCaptionText)
	words := wrapped(tr("Puts files into the inbox of a research workspace with an upload token. "+
		"Each block is sent with a checksum for the storage to compare. Nothing in the inbox is "+
		"ever listed, read or deleted, and nothing but the token's address is contacted.") +
		"\n\n" + tr("Under the MIT licence. What it is made of has licences of its own."))
	licences := sc.newButton(tr("Licences"), sc.openLicences)
	s := sc.openSheet(tr("About"), 520,
		inset(0, 12, 8, 14,
			column(8, -1, inset(0, 0, 8, 8, line(16, 1, picture, column(2, -1, title, version))),
				words)), licences, closing)
	s.tag("licences", licences)
	s.tag("cancel", closing)
	closing.OnTapped = s.close
	sc.window.Canvas().Focus(closing)
}

// openLicences shows what the program is made of, with the whole text of each licence.
func (sc *screen) openLicences() {
	closing := sc.newButton(tr("Close"), nil)
	closing.Importance = widget.HighImportance
	lines := newLogList(sc)
	s := sc.openSheet(tr("Licences"), 860, ownScroll{column(6, 1, lines)}, closing)
	s.tag("cancel", closing)
	closing.OnTapped = s.close
	sc.window.Canvas().Focus(closing)
	lines.put(strings.Split(assets.ThirdParty(), "\n")) // breaks lines, so its room must be known
	lines.ScrollToTop()
}
