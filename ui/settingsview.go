package ui

import (
	"context"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/uplink"
)

// settingsView is the sheet with the settings. It belongs to Fyne's goroutine, but for showLogin.
type settingsView struct {
	*screen
	settings    *keptSettings
	inboxes     *inboxView
	connection  *connectionView
	watched     *watchView
	hours       *keptHours
	setLanguage func(code string) // shows the window in another language
}

// open lets the person change what the window remembers. What is changed holds at once; there is
// nothing to confirm.
func (v *settingsView) open() {
	s := v.settings
	appearances := []Appearance{AppearanceSystem, AppearanceLight, AppearanceDark}
	look := v.newSheetSelect([]string{tr("Same as system"), tr("Light"), tr("Dark")},
		indexOf(appearances, s.Appearance), func(i int) {
			s.Appearance = appearances[i]
			v.settings.apply()
			v.settings.changed()
		})
	scales := []float32{0.9, 1, 1.15, 1.3, 1.6}
	if s.TextScale == 0 {
		s.TextScale = 1
	}
	size := v.newSheetSelect([]string{
		tr("Small"), tr("Normal"), tr("Large"), tr("Larger"),
		tr("Largest"),
	}, indexOf(scales, s.TextScale), func(i int) {
		s.TextScale = scales[i]
		v.settings.apply()
		v.settings.changed()
	})
	codes := append([]string{""}, languages()...)
	language := v.newSheetSelect(append([]string{tr("Same as system")}, languageNames()...),
		indexOf(codes, s.Language), func(i int) {
			v.setLanguage(codes[i])
			v.open() // in that language
		})
	check := func(words string, on *bool) fyne.CanvasObject {
		c := v.newSheetCheck(words, nil)
		c.Checked = *on
		c.OnChanged = func(yes bool) {
			*on = yes
			v.settings.changed()
		}
		return c
	}
	admin := v.config.Rules
	conflicts := []conflictRule{leaveAlone, keepBoth, replaceIt}
	ways := []string{tr("Skip my file"), tr("Keep both"), tr("Replace the one in the inbox")}
	if admin.NoReplace {
		conflicts, ways = conflicts[:2], ways[:2]
	}
	conflict := v.newSheetSelect(ways,
		indexOf(conflicts, s.conflict()), func(i int) {
			s.setConflict(conflicts[i])
			v.settings.changed()
		})
	rules := []linkRule{leaveLinks, followInside, followAll}
	follow := v.newSheetSelect([]string{
		tr("No"), tr("Only within what you send"),
		tr("Wherever they lead"),
	}, indexOf(rules, s.links()), func(i int) {
		s.setLinks(rules[i])
		v.settings.changed()
	})
	exclude := v.newSheetEntry("", nil)
	exclude.SetPlaceHolder(tr("*.tmp; old/**"))
	exclude.SetText(strings.Join(s.Exclude, "; "))
	exclude.OnChanged = func(text string) {
		s.Exclude = nil
		for _, p := range strings.Split(text, ";") {
			if p = strings.TrimSpace(p); p != "" {
				s.Exclude = append(s.Exclude, p)
			}
		}
		v.settings.changed()
	}
	rate := v.entryOf(tr("no limit"), "", func(text string) bool {
		megabytes, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
		if text != "" && (err != nil || megabytes < 0.01 || megabytes > 1e6) {
			return false
		}
		s.Rate = int64(megabytes * 1e6)
		v.config.Queue.Limit(s.Rate)
		return true
	}, v.settings.changed)
	if s.Rate > 0 {
		rate.Text = strconv.FormatFloat(float64(s.Rate)/1e6, 'f', -1, 64)
	}
	connections := v.entryOf(tr("found out while sending"), "", func(text string) bool {
		n, err := strconv.Atoi(text)
		if text != "" && (err != nil || n < 1 || n > uplink.MostConnections) {
			return false
		}
		s.Connections = n
		v.config.Queue.Connect(n)
		return true
	}, v.settings.changed)
	if s.Connections > 0 {
		connections.Text = strconv.Itoa(s.Connections)
	}
	proxy := v.entryOf("http://proxy.example.org:8080", s.Proxy, func(text string) bool {
		if !mayBeProxy(text) {
			return false
		}
		s.Proxy = text
		return true
	}, v.settings.changed)
	authorities := v.entryOf(tr("a PEM file"), s.CAFile, func(text string) bool {
		if text != "" && !filepath.IsAbs(text) {
			return false
		}
		s.CAFile = text
		return true
	}, v.settings.changed)
	between := v.hoursEntry()
	form := container.New(layout.NewFormLayout(),
		label(tr("Appearance")), look,
		label(tr("Size of text")), size,
		label(tr("If it is already there")), ruled(conflict, admin.NoReplace),
		label(tr("Follow links")), follow,
		label(tr("Language")), language,
		label(tr("Never send")), exclude,
		label(tr("Highest speed, MB/s")), v.atMost(rate, admin.Rate),
		label(tr("Send only between")), between)
	network := container.New(layout.NewFormLayout(),
		label(tr("Proxy")), v.fixed(proxy, admin.Proxy),
		label(tr("Certificates")), v.fixed(authorities, admin.CAFile),
		label(tr("Connections")), connections)
	hosts := newHostList(v)
	resized := func() {}
	login := v.loginCheck()
	body := inset(0, 12, 8, 14, column(0, -1, form,
		ruled(login, admin.NoLogin),
		check(tr("Keep the computer awake while sending"), &s.StayAwake),
		check(tr("Send system files too, such as Thumbs.db"), &s.SendJunk),
		v.watchedSettings(),
		inset(10, 0, 0, 0, hosts.box),
		inset(10, 4, 0, 0, newText(tr("Network"), colorMuted, theme.SizeNameText)),
		network, v.way(func() { resized() })))
	closing := v.newButton(tr("Close"), nil)
	closing.Importance = widget.HighImportance
	sheet := v.openSheet(tr("Settings"), 560, body, closing)
	sheet.tag("cancel", closing)
	sheet.tag("login", login)
	sheet.tag("between", between)
	sheet.tag("proxy", proxy)
	sheet.tag("ca_file", authorities)
	before := s.clone()
	sheet.closed = func() {
		if s.Proxy != before.Proxy || s.CAFile != before.CAFile {
			v.changeNetwork()
		}
		if s.Settle != before.Settle {
			v.watched.restart()
		}
	}
	resized = func() { sheet.overlay.Refresh() }
	hosts.resized = resized
	closing.OnTapped = sheet.close
	v.window.Canvas().Focus(closing)
}

// way is which proxy leads to the storage in use, as soon as that is known, and the offer to test
// the connection. resized is called when it has another height.
func (v *settingsView) way(resized func()) fyne.CanvasObject {
	if !v.connection.offered() {
		return container.NewVBox()
	}
	proxy := wrapped("")
	proxy.SizeName, proxy.Importance = theme.SizeNameCaptionText, widget.LowImportance
	proxy.Hide()
	v.connection.proxy(func(sentence string) {
		proxy.SetText(sentence)
		proxy.Show()
		resized()
	})
	test := v.newButton(tr("Test the connection…"), func() { v.connection.open("") })
	return column(4, -1, inset(-4, -4, -8, -8, proxy), line(0, -1, test))
}

// mayBeProxy reports whether a text can be the setting of a proxy: its address without a sign-in, a
// script's behind "pac+", or auto or none.
func mayBeProxy(text string) bool {
	if text == "" || strings.EqualFold(text, "auto") || strings.EqualFold(text, "none") {
		return true
	}
	script, isScript := strings.CutPrefix(text, "pac+")
	u, err := url.Parse(script)
	return err == nil && u.User == nil && (u.Host != "" || isScript && u.Path != "")
}

// changeNetwork lets the proxy and the certificates of the settings hold.
func (v *settingsView) changeNetwork() {
	if v.config.Network == nil {
		return
	}
	s := v.settings.clone()
	v.inBackground(func(context.Context) {
		if notice := v.config.Network(s); notice != nil {
			v.do(func() { v.tell(tr("Settings"), notice(translated)) })
		}
	})
}

func label(words string) fyne.CanvasObject {
	return inset(0, 0, 0, 12, newText(words, theme.ColorNameForeground, theme.SizeNameText))
}

// indexOf is the position of a value, 0 where it is none of them.
func indexOf[T comparable](all []T, x T) int {
	for i := range all {
		if all[i] == x {
			return i
		}
	}
	return 0
}
