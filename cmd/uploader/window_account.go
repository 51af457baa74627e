//go:build cgo && !nogui

package main

import (
	"context"
	"errors"

	"inboxuploader/internal/practice"
	"inboxuploader/ui"
	"inboxuploader/workspace"
)

// windowAccount is the connected storage account as the window knows it.
type windowAccount struct{ ownAccount }

// Connected implements ui.Account.
func (a windowAccount) Connected() bool {
	_, err := a.read()
	return !errors.Is(err, errNotConnected)
}

// Open implements ui.Account. Unlike a command it asks on no terminal for a key that is not kept.
func (a windowAccount) Open(ctx context.Context) (ui.Workspace, error) {
	conn, err := a.read()
	switch {
	case errors.Is(err, errNotConnected):
		return nil, ui.ErrNotConnected
	case err != nil:
		return nil, ui.ErrConnectionUnreadable
	}
	text := a.env(keyVariable)
	switch {
	case text != "":
	case conn.KeyRef == "":
		return nil, ui.ErrKeyNotKept
	default:
		if text, err = openVault(a.env).Secret(ctx, conn.KeyRef); err != nil {
			return nil, err
		}
	}
	account, err := conn.account(text)
	if err != nil {
		return nil, err
	}
	w, err := a.connect(conn, account)
	if _, usage := errors.AsType[*usageError](err); usage {
		return nil, ui.ErrConnectionUnreadable
	} else if err != nil {
		return nil, err
	}
	return w, nil
}

// practiceInbox is the practice inbox with its workspace.
type practiceInbox struct{ *practice.Inbox }

// Workspace implements ui.Practice.
func (i practiceInbox) Workspace() (ui.Workspace, error) {
	account, err := workspace.ParseAccount(i.Key(), i.Address())
	if err != nil {
		return nil, err
	}
	w, err := workspace.Open(account, practiceWorkspace, workspace.Options{})
	if err != nil {
		return nil, err
	}
	return w, nil
}
