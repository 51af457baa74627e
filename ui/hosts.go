package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// hostList is the part of the settings with the storage addresses that are allowed besides the
// known ones: the person's, which can be removed, and the administrator's, which can't.
type hostList struct {
	*screen
	settings *keptSettings
	inboxes  *inboxView
	box      fyne.CanvasObject
	rows     *fyne.Container
	entry    *sheetEntry
	allow    *button
	problem  *text
	resized  func() // called when it has another height
}

func newHostList(view *settingsView) *hostList {
	l := &hostList{
		screen: view.screen, settings: view.settings, inboxes: view.inboxes,
		rows: column(2, -1),
	}
	l.entry = view.newSheetEntry("storage.example.org", func(string) { l.say("") })
	l.entry.OnSubmitted = func(string) { l.add() }
	l.allow = l.newButton(tr("Allow"), l.add)
	l.problem = view.newCutText("", theme.ColorNameError, theme.SizeNameCaptionText)
	l.problem.Hide()
	l.fill()
	if view.config.Rules.NoHosts {
		l.box = column(4, -1, l.rows, byAdministrator(tr("Set by your administrator")))
		return l
	}
	l.box = column(4, -1,
		inset(-4, 4, 0, 0,
			small(tr("A token for an unknown address could send your data to a stranger. Allow "+
				"only an address that the workspace itself has named to you. Removing an "+
				"address stops uploads to it."))),
		l.rows, line(8, 0, l.entry, l.allow), l.problem)
	return l
}

// fill lists the addresses.
func (l *hostList) fill() {
	l.rows.RemoveAll()
	for _, host := range l.settings.allowed(l.config.Rules) {
		remove := l.newSign(tr("Remove"), icon("remove", theme.ColorNameForeground),
			func() { l.remove(host) })
		l.rows.Add(l.row(host, theme.ColorNameForeground, remove))
	}
	for _, host := range l.config.Hosts {
		l.rows.Add(l.row(host, colorMuted, newText(tr("allowed by your administrator"), colorMuted,
			theme.SizeNameCaptionText)))
	}
	visible(l.rows, len(l.rows.Objects) > 0)
}

func (l *hostList) row(
	host string, color fyne.ThemeColorName, last fyne.CanvasObject,
) fyne.CanvasObject {
	name := l.newCutText(show.Text(host), color, theme.SizeNameText)
	return container.New(atLeast{fyne.NewSize(0, 30)}, line(8, 0, name, last))
}

// add allows the typed address, if it needs to be allowed.
func (l *hostList) add() {
	host := strings.ToLower(strings.TrimSpace(l.entry.Text))
	known := slices.Contains(l.settings.Hosts, host) || slices.Contains(l.config.Hosts, host)
	switch {
	case host == "":
	case known || isHost(host):
		l.say(tr("This address is allowed already."))
	case !mayBeAllowed(host):
		l.say(tr("This is no address of a storage, such as storage.example.org or " +
			"*.storage.example.org."))
	default:
		l.inboxes.allow(host)
		l.entry.SetText("")
		l.changed()
	}
}

func (l *hostList) remove(host string) {
	l.inboxes.takeBack(host)
	l.changed()
	l.window.Canvas().Focus(l.entry) // the button that had the keyboard is gone
}

func (l *hostList) changed() {
	l.fill()
	l.resized()
}

// hosts are the addresses that are allowed besides the known ones. The slice is the caller's.
func (v *inboxView) hosts() []string {
	return slices.Concat(v.settings.allowed(v.config.Rules), v.config.Hosts)
}

// allowed are the addresses that the person allows, as far as they may.
func (s *Settings) allowed(by Rules) []string {
	if by.NoHosts {
		return nil
	}
	return s.Hosts
}

// allow allows a host, or all below one. Files that waited for that continue.
func (v *inboxView) allow(host string) {
	v.settings.Hosts = append(v.settings.Hosts, host)
	v.settings.changed()
	concerned := concernedBy(host)
	s := v.config.Queue.Status()
	for i := range s.Inboxes {
		in := &s.Inboxes[i]
		if in.Hold == nil || in.Hold.Reason != problem.HostNotAllowed ||
			!concerned(in.Token.Inbox) {
			continue
		}
		if err := v.config.Queue.Use(in.Token); err != nil {
			v.tell(tr("The token can't be used"), explain(err))
		}
	}
	v.keepAllowed(concerned, true)
}

// takeBack removes a host, or all below one, from the allowed ones and stops uploads there: here at
// once, in other programs when they notice.
func (v *inboxView) takeBack(host string) {
	v.settings.Hosts = slices.DeleteFunc(v.settings.Hosts, func(h string) bool { return h == host })
	v.settings.changed()
	of, others := concernedBy(host), token.AllowHost(v.hosts()...)
	concerned := func(in token.Inbox) bool { return of(in) && !in.Allowed(others) }
	s := v.config.Queue.Status()
	for i := range s.Inboxes {
		if in := &s.Inboxes[i]; concerned(in.Token.Inbox) {
			e := problem.New("send", "", problem.HostNotAllowed)
			e.Value = in.Token.Inbox.Host
			v.config.Queue.Hold(in.Inbox, e)
		}
	}
	for i := range s.Transfers {
		if t := &s.Transfers[i]; t.Owner == ledger.Elsewhere && !t.Finished() &&
			concerned(t.Options.Scan.Inbox) {
			v.commands.run(ledger.Command{Verb: ledger.Pause, Transfer: t.ID})
		}
	}
	v.keepAllowed(concerned, false)
}

// concernedBy tells which inboxes a person has to allow a host for, or all below one.
func concernedBy(host string) func(token.Inbox) bool {
	of := token.AllowHost(host)
	return func(in token.Inbox) bool { return in.Host != "" && !in.Allowed() && in.Allowed(of) }
}

// keepAllowed saves with each saved inbox whether its address is allowed, so that this applies to
// the command line and the next start.
func (v *inboxView) keepAllowed(concerned func(token.Inbox) bool, allowed bool) {
	var names []string
	for i := range v.kept {
		if r := &v.kept[i]; concerned(r.Inbox) && (r.AllowedHost != "") != allowed {
			names = append(names, r.Name)
		}
	}
	if len(names) == 0 {
		return
	}
	v.inBackground(func(ctx context.Context) {
		for _, name := range names {
			if err := v.config.Inboxes.Allow(ctx, name, allowed); err != nil && ctx.Err() == nil {
				v.config.Log.Error("allow", "error", err)
				v.do(func() { v.tell(tr("That was not possible"), explain(err)) })
			}
		}
		all, err := v.config.Inboxes.List(ctx)
		v.do(func() {
			if err == nil {
				v.keptAre(all)
			}
		})
	})
}

// say shows what is wrong with the typed text; an empty text clears the message.
func (l *hostList) say(problem string) {
	if l.problem.content == problem {
		return
	}
	l.problem.set(problem, theme.ColorNameError)
	visible(l.problem, problem != "")
	l.resized()
}

// isHost reports whether a text is only a host, and these options allow tokens for it.
func isHost(host string, options ...token.Option) bool {
	in, err := token.ParseEndpoint("https://"+host, options...)
	return err == nil && in.Host == host
}

// mayBeAllowed reports whether a person may allow a host, or with *. at its beginning all hosts
// below one. All of a country or of a kind of organisation is too much.
func mayBeAllowed(host string) bool {
	if below, ok := strings.CutPrefix(host, "*."); ok {
		return strings.Contains(below, ".") && isHost(below, token.AllowHost(below))
	}
	return isHost(host, token.AllowHost(host))
}
