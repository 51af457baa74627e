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

// ConnectionStep is one thing that was looked at on the way to a storage, in the person's language.
// It holds no secret.
type ConnectionStep struct {
	Name    string // such as "proxy"; not for people
	OK      bool
	Message string
	Ask     string // of the person's IT; empty: nothing
}

// ConnectionResult is what came of a test of the way to a storage.
type ConnectionResult struct {
	Certificates []byte              // PEM of those that were seen; nil: none were
	Failed       problem.Explanation // what stands in the way; zero: nothing
}

// connectionView tests the way to a storage, for the person and their IT. It belongs to Fyne's
// goroutine.
type connectionView struct {
	*screen
	dialogs *fileDialogs
	inboxes *inboxView
}

// offered reports whether there is such a test.
func (v *connectionView) offered() bool { return v.config.TestConnection != nil }

// places are the storages that may be tested: those of the inboxes that there are. Where a token is
// known and its address is allowed, the storage is asked about it, too.
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

// proxy finds out which proxy leads to the storage in use, and calls say with the sentence for it.
// Nothing is asked where there is no inbox.
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

// connectionSheet is the sheet of one test after the other.
type connectionSheet struct {
	*connectionView
	sheet *sheet
	to    []token.Token // by choice; behind them stands the address that is typed
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

// open shows the sheet, and begins with an inbox where its key is given.
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

// typed shows the entry for an address where that is the choice.
func (s *connectionSheet) typed() { visible(s.host, s.which == len(s.to)) }

// stop ends the test under way.
func (s *connectionSheet) stop() {
	if s.cancel != nil {
		s.cancel()
		s.cancel = nil
	}
}

// target returns what is to be tested: a token, or the address of a storage in one without a query.
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

// test begins, from the start.
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

// saw shows a step above the line that says that the test goes on.
func (s *connectionSheet) saw(step ConnectionStep) {
	s.said = append(s.said, step)
	last := len(s.steps.Objects) - 1
	goesOn := s.steps.Objects[last]
	s.steps.Objects[last] = stepLine(step)
	s.steps.Add(goesOn)
	s.sheet.overlay.Refresh()
	s.sheet.scroll.ScrollToBottom()
}

// stepLine is a step with its sign, and what to ask below it.
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

// ended shows what came of it.
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

// copyAll puts the whole on the clipboard, for a mail.
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

// saveCertificates writes those that were seen to a file.
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

// written says whether the certificates are in their file.
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
