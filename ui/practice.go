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

// Practice is a local inbox for trying the program without an account. Its methods may be called
// from any goroutine.
type Practice interface {
	// Token issues a token that is valid from now on. It is a secret like any other.
	Token() (string, error)
	// Samples creates a folder of sample files and returns its path. It may block on the disk.
	Samples() (string, error)
	// Folder is where the delivered files are.
	Folder() string
	// PullCable cuts the connection to the inbox, or restores it.
	PullCable(pulled bool)
	// EndTokens makes the inbox refuse every token issued so far as expired.
	EndTokens() error
	// Workspace opens the inbox's own workspace, which issues tokens like one on a storage account.
	Workspace() (Workspace, error)
	// Close ends the inbox. It may block for a moment.
	Close() error
}

// practiceView starts the practice inbox and, while it runs, shows a bar that marks it clearly and
// has its switches. It belongs to Fyne's goroutine, except for forget.
type practiceView struct {
	*screen
	tokens  *tokenView
	reviews *reviewView
	inboxes *inboxView
	issuing *issuing
	start   *startView

	inbox Practice // nil until it is started
	key   string   // of the inbox

	box   *fyne.Container
	words *text
	cable *widget.Check
	end   *button
	issue *button
}

// build creates the widgets, and again after a change of language.
func (p *practiceView) build() {
	p.words = p.newCutText(tr("Practice inbox: nothing leaves this computer"),
		theme.ColorNameForeground, theme.SizeNameText)
	p.words.bold = true
	p.cable = widget.NewCheck(tr("Pull the cable"), func(on bool) {
		p.inbox.PullCable(on)
		p.wake()
	})
	p.end = p.newButton(tr("End the token"), p.endToken)
	p.tag("cable", p.cable)
	p.tag("end_token", p.end)
	p.issue = p.newButton(tr("Upload tokens…"), p.issuing.openPracticeTokens)
	p.tag("tokens", p.issue)
	sign := container.New(atLeast{fyne.NewSquareSize(20)},
		widget.NewIcon(icon("practice", theme.ColorNamePrimary)))
	p.box = inset(0, 8, 16, 16, container.NewStack(newPanel(colorInfoBg, "", 8),
		inset(4, 4, 12, 6, line(8, 1, sign, p.words, p.cable, p.end, p.issue))))
	p.box.Hide()
}

func (p *practiceView) show() {
	if on := p.inbox != nil; on != p.box.Visible() {
		visible(p.box, on)
		p.relayout()
	}
}

// fit drops words if there is little room.
func (p *practiceView) fit(size fyne.Size) {
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

// begin starts the practice inbox, uses its token and offers sample files.
func (p *practiceView) begin() {
	p.start.practice.Disable()
	p.inBackground(func(ctx context.Context) {
		inbox, err := p.config.Practice(ctx)
		var link, samples string
		if err == nil {
			link, err = inbox.Token()
		}
		if err == nil {
			samples, err = inbox.Samples()
		}
		if err != nil {
			p.config.Log.Error("practice", "error", err)
		}
		p.do(func() { p.started(inbox, link, samples, err) })
	})
}

func (p *practiceView) started(inbox Practice, link, samples string, err error) {
	p.start.practice.Enable()
	p.inbox = inbox
	if err != nil {
		p.tell(tr("The practice inbox could not be started"), explain(err))
		return
	}
	t, err := p.inboxes.parse(link)
	if err != nil {
		p.tell(tr("The practice inbox could not be started"), explain(err))
		return
	}
	p.show()
	p.key = t.Inbox.Key()
	p.tokens.handOver(t)
	p.reviews.open([]given{{samples, true}})
}

// forgetTime bounds how long the program waits for the disk when it ends, to forget what was
// practised.
const forgetTime = 5 * time.Second

// forget forgets the files sent to practice inboxes, which mean nothing once the inboxes are gone.
// It blocks on the disk; not for Fyne's goroutine.
func (p *practiceView) forget(ctx context.Context) {
	if p.config.IsPractice == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, forgetTime)
	defer cancel()
	for _, t := range p.config.Queue.Status().Transfers {
		if !p.config.IsPractice(t.Options.Scan.Inbox) {
			continue
		}
		n, err := p.config.Queue.Do(ctx, ledger.Command{Verb: ledger.Purge, Transfer: t.ID})
		if err != nil {
			p.config.Log.Error("forget practice", "error", err)
		}
		p.events.event("practice forgotten", "files", n)
	}
}

// endToken shows what happens when a token expires, and how to continue: it copies a new token to
// the clipboard.
func (p *practiceView) endToken() {
	err := p.inbox.EndTokens()
	var link string
	if err == nil {
		link, err = p.inbox.Token()
	}
	if err != nil {
		p.tell(tr("No new token"), explain(err))
		return
	}
	p.app.Clipboard().SetContent(link)
	p.events.event("token ended")
	p.wake()
}
