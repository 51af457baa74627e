package ui

import (
	"context"
	"strings"
	"sync"
	"testing"

	"inboxuploader/uploader/token"
	"inboxuploader/workspace"
)

// account is a connected storage account.
type account struct {
	mu   sync.Mutex
	open func() (Workspace, error)
}

func (*account) Connected() bool { return true }

func (a *account) Open(context.Context) (Workspace, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.open()
}

// grants is a workspace with a given table, in which everything else fails as it is told.
type grants struct {
	Workspace
	list   []workspace.Grant
	err    error
	closed chan struct{}
}

func (g *grants) ID() string { return "ws0421" }

func (g *grants) List(context.Context) ([]workspace.Grant, error) {
	if g.list == nil {
		return nil, g.err
	}
	return g.list, nil
}

func (g *grants) Issue(context.Context, workspace.Request) (token.Token, workspace.Grant, error) {
	return token.Token{}, workspace.Grant{}, g.err
}

func (g *grants) Revoke(context.Context, int, string) error { return g.err }

func (g *grants) Close() error {
	if g.closed != nil {
		close(g.closed)
	}
	return nil
}

func TestTheMenuHasUploadTokensForThoseWhoIssueThem(t *testing.T) {
	entries := func(d *desk) string {
		var all []string
		for _, item := range d.menus.all().Items {
			if strings.HasPrefix(item.Label, "Upload tokens") {
				all = append(all, item.Label)
			}
		}
		return strings.Join(all, ", ")
	}
	d := openDesk(t, Config{})
	d.issuing.find()
	if got := entries(d); got != "" {
		t.Errorf("without an account: %s", got)
	}
	d.practice.inbox = trial{}
	if got := entries(d); got != "Upload tokens…" {
		t.Errorf("with the practice inbox: %s", got)
	}
	d.config.Account = &account{}
	d.issuing.find()
	d.until("it is found", func() bool { return d.issuing.connected })
	if got := entries(d); got != "Upload tokens…, Upload tokens of the practice inbox…" {
		t.Errorf("with both: %s", got)
	}
	d.practice.inbox = nil
	if got := entries(d); got != "Upload tokens…" {
		t.Errorf("with an account: %s", got)
	}
}

// trial is a practice inbox that has a workspace and nothing else.
type trial struct {
	Practice
	ws Workspace
}

func (p trial) Workspace() (Workspace, error) { return p.ws, nil }

func (p trial) Close() error { return nil }

func TestThePracticeInboxHasTheSameView(t *testing.T) {
	d := openDesk(t, Config{})
	d.practice.inbox = trial{ws: manyGrants(2)}
	d.look()
	d.tap("Upload tokens…")
	d.until("the table was read", func() bool { return d.says("active") })
	d.mustSay("Upload tokens of the practice inbox", "revoked")
}
