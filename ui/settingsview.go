package ui

import (
	"context"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/uplink"
)

// settingsView is the sheet with the settings. It belongs to Fyne's goroutine, except for
// showLogin.
type settingsView struct {
	*screen
	settings    *keptSettings
	inboxes     *inboxView
	connection  *connectionView
	watched     *watchView
	hours       *keptHours
	setLanguage func(code string) // shows the window in another language
}

// settingsSheet is the sheet while it is open.
type settingsSheet struct {
	*settingsView
	labels  *labels
	tags    map[string]fyne.CanvasObject
	resized func() // called when the height of a part has changed
}

// open lets the person change the settings. Changes apply at once; there is nothing to confirm.
func (v *settingsView) open() {
	s := &settingsSheet{v, &labels{}, map[string]fyne.CanvasObject{}, func() {}}
	hosts := newHostList(v)
	hosts.resized = func() { s.resized() }
	body := column(20, -1,
		section(tr("Appearance"), s.appearance()),
		section(tr("Sending files"), s.sending()),
		section(tr("This computer"), s.computer()),
		section(tr("Network"), s.network()),
		section(tr("Storage addresses that you allow"), hosts.box))
	if v.config.Watch != nil {
		body.Objects = slices.Insert(body.Objects, 2,
			fyne.CanvasObject(section(tr("Watched folders"), s.watchedFolders())))
	}
	closing := v.newButton(tr("Close"), nil)
	closing.Importance = widget.HighImportance
	sheet := v.openSheet(tr("Settings"), 560, inset(4, 12, 8, 14, body), closing)
	sheet.tag("cancel", closing)
	for name, o := range s.tags {
		sheet.tag(name, o)
	}
	before := v.settings.clone()
	sheet.closed = func() {
		if v.settings.Proxy != before.Proxy || v.settings.CAFile != before.CAFile {
			v.changeNetwork()
		}
		if v.settings.Settle != before.Settle {
			v.watched.restart()
		}
	}
	s.resized = func() { sheet.overlay.Refresh() }
	closing.OnTapped = sheet.close
	v.window.Canvas().Focus(closing)
}

// appearance is how the window looks.
func (v *settingsSheet) appearance() fyne.CanvasObject {
	s := v.settings
	appearances := []Appearance{AppearanceSystem, AppearanceLight, AppearanceDark}
	look := v.newSheetSelect([]string{tr("Same as system"), tr("Light"), tr("Dark")},
		indexOf(appearances, s.Appearance), func(i int) {
			s.Appearance = appearances[i]
			s.apply()
			s.changed()
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
		s.apply()
		s.changed()
	})
	codes := append([]string{""}, languages()...)
	language := v.newSheetSelect(append([]string{tr("Same as system")}, languageNames()...),
		indexOf(codes, s.Language), func(i int) {
			v.setLanguage(codes[i])
			v.open() // in that language
		})
	compact := v.newSheetCheck(tr("Compact rows: one line for each file"), nil)
	compact.Checked = s.Compact
	compact.OnChanged = func(yes bool) {
		s.Compact = yes
		s.changed()
		v.wake() // the list is seen behind the sheet
	}
	return column(4, -1, v.labels.form(
		label(tr("Theme")), look,
		label(tr("Size of text")), size,
		label(tr("Language")), language), boxes(compact))
}

// check is a box to tick for a setting.
func (v *settingsSheet) check(words string, on *bool) fyne.CanvasObject {
	c := v.newSheetCheck(words, nil)
	c.Checked = *on
	c.OnChanged = func(yes bool) {
		*on = yes
		v.settings.changed()
	}
	return c
}

// sending is what is sent, and how.
func (v *settingsSheet) sending() fyne.CanvasObject {
	s, admin := v.settings, v.config.Rules
	conflicts := []conflictRule{leaveAlone, keepBoth, replaceIt}
	ways := []string{tr("Skip my file"), tr("Keep both"), tr("Replace the one in the inbox")}
	if admin.NoReplace {
		conflicts, ways = conflicts[:2], ways[:2]
	}
	conflict := v.newSheetSelect(ways,
		indexOf(conflicts, s.conflict()), func(i int) {
			s.setConflict(conflicts[i])
			s.changed()
		})
	rules := []linkRule{leaveLinks, followInside, followAll}
	follow := v.newSheetSelect([]string{
		tr("No"), tr("Only within what you send"),
		tr("Wherever they lead"),
	}, indexOf(rules, s.links()), func(i int) {
		s.setLinks(rules[i])
		s.changed()
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
		s.changed()
	}
	between := v.hoursEntry()
	v.tags["between"] = between
	return column(4, -1, v.labels.form(
		label(tr("If it is already there")), ruled(conflict, admin.NoReplace),
		label(tr("Follow links")), follow,
		label(tr("Never send")), exclude,
		label(tr("Highest speed, MB/s")), v.atMost(v.rateEntry(), admin.Rate),
		label(tr("Send only between")), between),
		boxes(v.check(tr("Send system files too, such as Thumbs.db"), &s.SendJunk)))
}

// rateEntry takes the highest speed.
func (v *settingsSheet) rateEntry() *sheetEntry {
	s := v.settings
	rate := v.entryOf(tr("no limit"), "", func(text string) bool {
		megabytes, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
		if text != "" && (err != nil || megabytes < 0.01 || megabytes > 1e6) {
			return false
		}
		s.Rate = int64(megabytes * 1e6)
		v.config.Queue.Limit(s.Rate)
		return true
	}, s.changed)
	if s.Rate > 0 {
		rate.Text = strconv.FormatFloat(float64(s.Rate)/1e6, 'f', -1, 64)
	}
	return rate
}

// computer is what the program asks of the computer.
func (v *settingsSheet) computer() fyne.CanvasObject {
	login := v.loginCheck()
	v.tags["login"] = login
	return boxes(ruled(login, v.config.Rules.NoLogin),
		v.check(tr("Keep the computer awake while sending"), &v.settings.StayAwake))
}

// network is the way to the storage.
func (v *settingsSheet) network() fyne.CanvasObject {
	s, admin := v.settings, v.config.Rules
	connections := v.entryOf(tr("found out while sending"), "", func(text string) bool {
		n, err := strconv.Atoi(text)
		if text != "" && (err != nil || n < 1 || n > uplink.MostConnections) {
			return false
		}
		s.Connections = n
		v.config.Queue.Connect(n)
		return true
	}, s.changed)
	if s.Connections > 0 {
		connections.Text = strconv.Itoa(s.Connections)
	}
	proxy := v.entryOf("http://proxy.example.org:8080", s.Proxy, func(text string) bool {
		if !mayBeProxy(text) {
			return false
		}
		s.Proxy = text
		return true
	}, s.changed)
	authorities := v.entryOf(tr("a PEM file"), s.CAFile, func(text string) bool {
		if text != "" && !filepath.IsAbs(text) {
			return false
		}
		s.CAFile = text
		return true
	}, s.changed)
	v.tags["proxy"], v.tags["ca_file"] = proxy, authorities
	return column(4, -1, v.labels.form(
		label(tr("Proxy")), v.fixed(proxy, admin.Proxy),
		label(tr("Certificates")), v.fixed(authorities, admin.CAFile),
		label(tr("Connections")), connections),
		v.way(func() { v.resized() }))
}

// way names the proxy to the storage in use, as soon as that is known, and offers to test the
// connection. resized is called when its height has changed.
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

// mayBeProxy reports whether a text can be the proxy setting: an address without a user name, the
// address of a script after "pac+", or auto or none.
func mayBeProxy(text string) bool {
	if text == "" || strings.EqualFold(text, "auto") || strings.EqualFold(text, "none") {
		return true
	}
	script, isScript := strings.CutPrefix(text, "pac+")
	u, err := url.Parse(script)
	return err == nil && u.User == nil && (u.Host != "" || isScript && u.Path != "")
}

// changeNetwork applies the settings' proxy and certificates.
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

// indexOf returns the position of a value; 0 if it is not there.
func indexOf[T comparable](all []T, x T) int {
	for i := range all {
		if all[i] == x {
			return i
		}
	}
	return 0
}
