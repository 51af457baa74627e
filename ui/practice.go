package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/ledger"
)

// Practice is a local inbox for trying the program without an account. Its methods may be called from any goroutine.
type Practice interface {
	// Token issues a token that is valid from now on. It is a secret as any other.
	Token() (string, error)
	// Samples makes a folder of sample files and returns its path. It may block on the disk.
	Samples() (string, error)
	// Folder is where the delivered files are.
	Folder() string
	// PullCable cuts the connection to the inbox, or restores it.
	PullCable(pulled bool)
	// EndTokens makes the inbox refuse every token issued so far as ended.
	EndTokens() error
	// Workspace opens the inbox's own workspace, which issues tokens for it as one on a storage account does.
	Workspace() (Workspace, error)
	// Close ends the inbox. It may block for a moment.
	Close() error
}

// practiceBar marks the practice inbox clearly and has its switches. It is seen while that inbox runs.
type practiceBar struct {
	w     *Window
	box   *fyne.Container
	words *text
	cable *widget.Check
	end   *button
	issue *button
}

func newPracticeBar(w *Window) *practiceBar {
	p := &practiceBar{w: w}
	p.words = w.newCutText(tr("Practice inbox: nothing leaves this computer"), theme.ColorNameForeground, theme.SizeNameText)
	p.words.bold = true
	p.cable = widget.NewCheck(tr("Pull the cable"), func(on bool) {
		w.practice.PullCable(on)
		w.wake()
	})
	p.end = w.newButton(tr("End the token"), w.endPracticeToken)
	w.tag("cable", p.cable)
	w.tag("end_token", p.end)
	p.issue = w.newButton(tr("Upload tokens…"), w.openPracticeTokens)
	w.tag("tokens", p.issue)
	sign := container.New(atLeast{fyne.NewSquareSize(20)}, widget.NewIcon(icon("practice", theme.ColorNamePrimary)))
	p.box = inset(0, 8, 16, 16, container.NewStack(newPanel(colorInfoBg, "", 8), inset(4, 4, 12, 6, line(8, 1, sign, p.words, p.cable, p.end, p.issue))))
	p.box.Hide()
	return p
}

func (p *practiceBar) show() {
	if on := p.w.practice != nil; on != p.box.Visible() {
		visible(p.box, on)
		p.w.relayout()
	}
}

// fit leaves words away where there is little room.
func (p *practiceBar) fit(size fyne.Size) {
	words := tr("Practice inbox: nothing leaves this computer")
	if size.Width < 760 {
		words = tr("Practice inbox")
	}
	p.issue.Show()
	const title = 100 // the least that the words need beside the buttons
	if p.box.MinSize().Width+title > size.Width {
		p.issue.Hide() // the menu has it too
	}
	p.words.set(words, theme.ColorNameForeground)
}

// startPractice starts the practice inbox, uses its token and offers sample files.
func (w *Window) startPractice() {
	w.start.practice.Disable()
	w.inBackground(func(ctx context.Context) {
		p, err := w.config.Practice(ctx)
		var link, samples string
		if err == nil {
			link, err = p.Token()
		}
		if err == nil {
			samples, err = p.Samples()
		}
		if err != nil {
			w.config.Log.Error("practice", "error", err)
		}
		w.do(func() { w.practiceStarted(p, link, samples, err) })
	})
}

func (w *Window) practiceStarted(p Practice, link, samples string, err error) {
	w.start.practice.Enable()
	w.practice = p
	if err != nil {
		w.tell(tr("The practice inbox could not be started"), explain(err))
		return
	}
	t, err := w.parse(link)
	if err != nil {
		w.tell(tr("The practice inbox could not be started"), explain(err))
		return
	}
	w.practise.show()
	w.practiceKey = t.Inbox.Key()
	w.useToken(t)
	w.review([]given{{samples, true}})
}

// forgetTime bounds how long the end of the program waits for the disk to forget what was practised.
const forgetTime = 5 * time.Second

// forgetPractice forgets what was sent to practice inboxes, which means nothing once they are gone.
func (w *Window) forgetPractice(ctx context.Context) {
	if w.config.IsPractice == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, forgetTime)
	defer cancel()
	for _, t := range w.config.Queue.Status().Transfers {
		if !w.config.IsPractice(t.Options.Scan.Inbox) {
			continue
		}
		n, err := w.config.Queue.Do(ctx, ledger.Command{Verb: ledger.Purge, Transfer: t.ID})
		if err != nil {
			w.config.Log.Error("forget practice", "error", err)
		}
		w.events.event("practice forgotten", "files", n)
	}
}

// endPracticeToken shows what happens when a token ends, and how to go on: a new one is put on the clipboard.
func (w *Window) endPracticeToken() {
	err := w.practice.EndTokens()
	var link string
	if err == nil {
		link, err = w.practice.Token()
	}
	if err != nil {
		w.tell(tr("No new token"), explain(err))
		return
	}
	w.app.Clipboard().SetContent(link)
	w.events.event("token ended")
	w.wake()
}
