package ui

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// ConnectionStep is one step of a connection test, in the person's language. It contains no secret.
type ConnectionStep struct {
	Name    string // such as "proxy"; not for people
	OK      bool
	Message string
	Ask     string // what to ask IT for; empty: nothing
}

// ConnectionResult is the result of a connection test.
type ConnectionResult struct {
	Certificates []byte              // the storage's, as PEM; nil: the test saw none
	Failed       problem.Explanation // what is in the way; zero: nothing
}

// connectionView tests the connection to a storage, for the person and their IT. It belongs to
// Fyne's goroutine.
type connectionView struct {
	*screen
	dialogs *fileDialogs
	inboxes *inboxView
}

// offered reports whether there is such a test.
func (v *connectionView) offered() bool { return v.config.TestConnection != nil }

// places returns the storages that can be tested: those of the known inboxes. If a token is known
// and its address is allowed, the test asks the storage about the token too.
func (v *connectionView) places() (names []string, to []token.Token) {
	add := func(t token.Token) {
		for i := range to {
			if to[i].Inbox.Key() == t.Inbox.Key() {
				return
			}
		}
		if t.Inbox.Host != "" && t.Inbox.Allowed(token.AllowHost(v.inboxes.hosts()...)) {
			names, to = append(names, v.inboxes.called(t.Inbox)), append(to, t)
		}
	}
	add(v.inboxes.token)
	for i := range v.last.status.Inboxes {
		add(v.last.status.Inboxes[i].Token)
	}
	for i := range v.inboxes.kept {
		add(token.Token{Inbox: v.inboxes.kept[i].Inbox})
	}
	return names, to
}

// proxy finds out which proxy leads to the storage in use, and calls say with a sentence about it.
// Without an inbox it asks nothing.
func (v *connectionView) proxy(say func(sentence string)) {
	_, to := v.places()
	if !v.offered() || len(to) == 0 {
		return
	}
	v.inBackground(func(ctx context.Context) {
		ctx, enough := context.WithCancel(ctx)
		defer enough()
		host := token.Token{Inbox: to[0].Inbox}
		v.config.TestConnection(ctx, host, translated, func(s ConnectionStep) {
			if s.Name == "proxy" {
				enough()
				v.do(func() { say(s.Message) })
			}
		})
	})
}

// connectionSheet is the sheet for connection tests.
type connectionSheet struct {
	*connectionView
	sheet *sheet
	to    []token.Token // by choice; the choice after them is the typed address
	which int
	host  *sheetEntry
	steps *fyne.Container
	begin *button
	copy  *button
	save  *button

	cancel context.CancelFunc // of the test under way; nil for none
	about  token.Token        // what was tested
	began  time.Time
	said   []ConnectionStep
	result ConnectionResult
}

// open shows the sheet. If key is not empty, it starts with that inbox.
func (v *connectionView) open(key string) {
	if !v.offered() {
		return
	}
	names, to := v.places()
	s := &connectionSheet{connectionView: v, to: to, steps: column(2, -1)}
	for i := range to {
		if to[i].Inbox.Key() == key {
			s.which = i
		}
	}
	s.host = v.newSheetEntry(tr("NAME.blob.core.windows.net"), nil)
	s.host.OnSubmitted = func(string) { s.test() }
	choice := v.newSheetSelect(append(names, tr("Another storage…")), s.which, func(i int) {
		s.which = i
		s.typed()
		s.sheet.overlay.Refresh()
	})
	visible(choice, len(to) > 0)
	s.begin = v.newButton(tr("Test"), s.test)
	s.begin.Importance = widget.HighImportance
	s.copy = v.newButtonWithIcon(tr("Copy for your IT"), icon("copy", theme.ColorNameForeground),
		s.copyAll)
	s.save = v.newButtonWithIcon(tr("Save the certificate…"), icon("save",
		theme.ColorNameForeground), s.saveCertificates)
	closing := v.newButton(tr("Close"), nil)
	s.copy.Hide()
	s.save.Hide()
	body := inset(0, 12, 8, 14, column(8, -1,
		small(tr("Checks each step on the way to the storage. With a token, some data is sent to "+
			"measure the speed; it never becomes a file. The result contains no secret.")),
		choice, s.host, s.steps))
	s.typed()
	s.sheet = v.openSheet(tr("Test the connection"), 620, body, s.save, s.copy, closing, s.begin)
	s.sheet.tag("cancel", closing)
	s.sheet.tag("test", s.begin)
	s.sheet.tag("test_host", s.host)
	s.sheet.tag("test_copy", s.copy)
	s.sheet.tag("test_save", s.save)
	closing.OnTapped = s.sheet.close
	s.sheet.closed = s.stop
	s.sheet.fit = func(size fyne.Size) {
		s.save.fit(size)
		s.copy.fit(size)
	}
	s.sheet.fit(v.window.Canvas().Size())
	if len(to) == 0 {
		v.window.Canvas().Focus(s.host)
		return
	}
	v.window.Canvas().Focus(s.begin)
	if key != "" {
		s.test()
	}
}

// typed shows the entry for an address if the person chose that.
func (s *connectionSheet) typed() { visible(s.host, s.which == len(s.to)) }

// stop ends the test under way.
func (s *connectionSheet) stop() {
	if s.cancel != nil {
		s.cancel()
		s.cancel = nil
	}
}

// target returns what to test: a token, or only a storage's address in a token without a query.
func (s *connectionSheet) target() (t token.Token, ok bool) {
	if s.which < len(s.to) {
		return s.to[s.which], true
	}
	text := strings.TrimSpace(s.host.Text)
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" ||
		u.Scheme != "https" && u.Scheme != "http" {
		return t, false
	}
	return token.Token{Inbox: token.Inbox{Scheme: u.Scheme, Host: u.Host}}, true
}

// test starts the test from the beginning.
func (s *connectionSheet) test() {
	to, ok := s.target()
	if !ok {
		s.steps.RemoveAll()
		s.steps.Add(newText(tr("This is no address of a storage, such as "+
			"NAME.blob.core.windows.net."), theme.ColorNameError, theme.SizeNameText))
		s.sheet.overlay.Refresh()
		s.window.Canvas().Focus(s.host)
		return
	}
	s.stop()
	ctx, cancel := context.WithCancel(s.ctx)
	s.cancel, s.about, s.began, s.said = cancel, to, s.config.Now(), nil
	s.result = ConnectionResult{}
	s.steps.RemoveAll()
	s.steps.Add(newText(tr("Testing…"), colorMuted, theme.SizeNameText))
	s.begin.Disable()
	s.copy.Hide()
	s.save.Hide()
	s.sheet.overlay.Refresh()
	s.inBackground(func(context.Context) {
		result := s.config.TestConnection(ctx, to, translated, func(step ConnectionStep) {
			s.do(func() {
				if ctx.Err() == nil {
					s.saw(step)
				}
			})
		})
		s.do(func() {
			if ctx.Err() == nil {
				s.ended(result)
			}
		})
	})
}

// saw adds a step above the line that says that the test is still running.
func (s *connectionSheet) saw(step ConnectionStep) {
	s.said = append(s.said, step)
	last := len(s.steps.Objects) - 1
	goesOn := s.steps.Objects[last]
	s.steps.Objects[last] = stepLine(step)
	s.steps.Add(goesOn)
	s.sheet.overlay.Refresh()
	s.sheet.scroll.ScrollToBottom()
}

// stepLine is a step with its sign, and below it what to ask IT for.
func stepLine(step ConnectionStep) fyne.CanvasObject {
	sign, color := "delivered", theme.ColorNameSuccess
	if !step.OK {
		sign, color = "failed", theme.ColorNameError
	}
	words := column(-12, -1, wrapped(step.Message))
	if step.Ask != "" {
		ask := wrapped(tr("For your IT: {{.Question}}", values("Question", step.Ask)))
		ask.Importance = widget.LowImportance
		words.Add(ask)
	}
	picture := container.NewVBox(inset(9, 0, 0, 0, container.New(atLeast{fyne.NewSquareSize(18)},
		widget.NewIcon(icon(sign, color)))))
	return inset(-8, -8, 0, 0, beside(picture, words))
}

// ended shows the result.
func (s *connectionSheet) ended(r ConnectionResult) {
	s.stop()
	s.result = r
	last := len(s.steps.Objects) - 1
	if r.Failed.What != "" {
		s.steps.Objects[last] = inset(8, 0, 0, 0, notice("failed", theme.ColorNameError,
			colorErrorBg, r.Failed))
	} else {
		s.steps.Objects[last] = inset(8, 0, 0, 0, notice("delivered", theme.ColorNameSuccess,
			colorGoodBg, problem.Explanation{What: tr("The storage can be reached.")}))
	}
	s.begin.SetText(tr("Test again"))
	s.begin.Enable()
	s.sheet.fit(s.window.Canvas().Size())
	s.copy.Show()
	visible(s.save, len(r.Certificates) > 0)
	s.sheet.overlay.Refresh()
	s.sheet.scroll.ScrollToBottom()
	s.events.event("tested", "reached", r.Failed.What == "", "steps", len(s.said))
}

// copyAll copies the whole result to the clipboard, for an e-mail.
func (s *connectionSheet) copyAll() {
	var b strings.Builder
	b.WriteString(tr("Connection to {{.Host}}, {{.Time}}, Inbox Uploader {{.Version}}",
		values("Host", show.Text(s.about.Inbox.Host), "Time", show.UTC(s.began), "Version",
			s.config.Version)) + "\n\n")
	for _, step := range s.said {
		mark := "✓"
		if !step.OK {
			mark = "✗"
		}
		fmt.Fprintf(&b, "%s %s\n", mark, step.Message)
		if step.Ask != "" {
			fmt.Fprintf(&b, "  → %s\n", step.Ask)
		}
	}
	if x := s.result.Failed; x.What != "" {
		fmt.Fprintf(&b, "✗ %s\n  → %s\n", x.What, x.Do)
	}
	s.app.Clipboard().SetContent(b.String())
	s.copy.SetText(tr("Copied"))
}

// saveCertificates saves the certificates that the test saw to a file.
func (s *connectionSheet) saveCertificates() {
	chain := s.result.Certificates
	host, _, _ := strings.Cut(s.about.Inbox.Host, ":")
	s.dialogs.saveAs(tr("Save the certificate…"), show.Text(host)+".pem", func() string {
		if s.config.Desktop.Documents == nil {
			return ""
		}
		return s.config.Desktop.Documents()
	}, func(path string) {
		s.inBackground(func(context.Context) {
			err := os.WriteFile(path, chain, 0o600)
			s.do(func() { s.written(err) })
		})
	}, s.written)
}

// written says whether the certificates were saved.
func (s *connectionSheet) written(err error) {
	if err == nil {
		s.save.SetText(tr("Saved"))
		s.events.event("certificates")
		return
	}
	s.config.Log.Error("certificates", "error", err)
	s.tell(tr("The certificate was not saved"), problem.Explanation{
		What: tr("The certificate could not be written there."),
		Do:   tr("Choose another place and save it again."),
	})
}
