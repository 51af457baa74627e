package ui

import (
	"context"
	"errors"
	"iter"

	"fyne.io/fyne/v2"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
	"inboxuploader/workspace"
)

// Account is the storage account that this computer's user issues upload tokens for. Its methods
// may be called from any goroutine, and are never called on Fyne's thread.
type Account interface {
	// Connected reports whether one is connected on this computer. It may block on the disk.
	Connected() bool
	// Open opens the account's workspace with its key from the keyring. It may block on the keyring.
	// Errors are ErrNotConnected, ErrConnectionUnreadable, ErrKeyNotKept, those of the vault, and
	// those of package workspace.
	Open(ctx context.Context) (Workspace, error)
}

// Workspace issues upload tokens and knows what arrived with them. [*workspace.Workspace]
// implements it and documents the methods. All methods except ID and Received block on the network,
// and are never called on Fyne's thread.
type Workspace interface {
	ID() string
	List(ctx context.Context) ([]workspace.Grant, error)
	Issue(ctx context.Context, r workspace.Request) (token.Token, workspace.Grant, error)
	Revoke(ctx context.Context, tid int, by string) error
	Files(ctx context.Context, tid int) iter.Seq2[workspace.File, error]
	Count(ctx context.Context, tid int, files iter.Seq2[workspace.File, error]) (
		workspace.Arrived, error)
	State(ctx context.Context, tid int, a *workspace.Arrived, to *workspace.Statements) (
		unread []string, err error)
	Verify(ctx context.Context, tid int, files iter.Seq2[workspace.File, error],
		stated *workspace.Statements, deep bool, each func(workspace.Finding)) (
		workspace.Verified, error)
	Fetch(ctx context.Context, tid int, dir string, files iter.Seq2[workspace.File, error],
		stated *workspace.Statements, each func(workspace.Fetched)) error
	Received() int64
	Close() error
}

// Why a workspace can't be opened.
var (
	// ErrNotConnected: no storage account is connected on this computer.
	ErrNotConnected = errors.New("no storage account connected")
	// ErrConnectionUnreadable: the saved connection is damaged, or the certificates that it names
	// are gone.
	ErrConnectionUnreadable = errors.New("connection unreadable")
	// ErrKeyNotKept: the connected account's key is not in the keyring and was not given in another
	// way.
	ErrKeyNotKept = errors.New("account key not kept")
)

// issuing opens the view that issues upload tokens, for the connected account and for the practice
// inbox. It belongs to Fyne's goroutine.
type issuing struct {
	*screen
	inboxes  *inboxView
	practice *practiceView
	copied   *copied
	dialogs  *fileDialogs

	connected bool // a storage account is
}

// find finds out whether a storage account is connected, for the menu.
func (v *issuing) find() {
	if v.config.Account == nil {
		return
	}
	v.inBackground(func(context.Context) {
		connected := v.config.Account.Connected()
		v.do(func() { v.connected = connected })
	})
}

// items are the menu entries for data managers.
func (v *issuing) items() []*fyne.MenuItem {
	var items []*fyne.MenuItem
	if v.connected {
		items = append(items, fyne.NewMenuItem(tr("Upload tokens…"), v.openAccountTokens))
	}
	switch {
	case v.practice.inbox != nil && v.connected:
		items = append(items, fyne.NewMenuItem(tr("Upload tokens of the practice inbox…"),
			v.openPracticeTokens))
	case v.practice.inbox != nil:
		items = append(items, fyne.NewMenuItem(tr("Upload tokens…"), v.openPracticeTokens))
	}
	return items
}

func (v *issuing) openAccountTokens() {
	openUploadTokens(v, tr("Upload tokens"), v.config.Rules.NoTokens, v.config.Account.Open)
}

func (v *issuing) openPracticeTokens() {
	practice := v.practice.inbox
	openUploadTokens(v, tr("Upload tokens of the practice inbox"), false,
		func(context.Context) (Workspace, error) {
			return practice.Workspace()
		})
}

// explainIssuing explains an error to a data manager.
func explainIssuing(err error) problem.Explanation {
	safe := tr("Nothing was changed.")
	switch {
	case errors.Is(err, ErrNotConnected):
		return problem.Explanation{
			What: tr("No storage account is connected any more."),
			Safe: safe, Do: tr("Connect one in a terminal: uploader workspace connect"),
		}
	case errors.Is(err, ErrConnectionUnreadable):
		return problem.Explanation{
			What: tr("What is known of the connected storage account can't be read, or the " +
				"certificates that it names."),
			Safe: safe,
			Do:   tr("Connect the account again in a terminal: uploader workspace connect"),
		}
	case errors.Is(err, ErrKeyNotKept):
		return problem.Explanation{
			What: tr("The storage account's key is not kept on this computer."),
			Safe: safe,
			Do: tr("Connect the account again in a terminal, where there is a keyring: uploader " +
				"workspace connect"),
		}
	case errors.Is(err, problem.ErrVault):
		return problem.Explanation{
			What: tr("The storage account's key can't be had from this computer's keyring, which " +
				"is locked or not there."),
			Safe: safe, Do: tr("Unlock the keyring and try again."),
		}
	}
	x := workspace.ExplainIn(err, translated)
	switch e, ok := errors.AsType[*workspace.Error](err); {
	case !ok, e.Reason == workspace.Unexpected:
		x.Do = tr("Try again. If it happens again, report it with the log.")
	case e.Reason == workspace.KeyRefused, e.Reason == workspace.KeyDamaged:
		x.Do = tr("Connect the account again in a terminal, with the key that it has now: " +
			"uploader workspace connect")
	}
	return x
}
