//go:build cgo && !nogui

package main

import (
	"context"
	"errors"
	"net/url"
	"sync"

	"inboxuploader/internal/proxydial"
	"inboxuploader/internal/secret"
	"inboxuploader/ui"
	"inboxuploader/uploader"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/workspace"
)

// windowNetwork is how the window reaches the storage. The settings may change it at any time, for
// everything sent from then on. Only the queue sets the number of connections: a storage keeps open
// as many as there may ever be.
type windowNetwork struct {
	env   func(string) string
	mu    sync.Mutex
	flags sendFlags
}

// open opens the storage of a token.
func (n *windowNetwork) open(t token.Token) (store.Store, error) {
	n.mu.Lock()
	flags := n.flags
	n.mu.Unlock()
	return openStore(&flags, t)
}

// change applies the proxy and the certificates of the settings, and reopens the storage of every
// token of the queue with them. The notice, if any, is about an unusable setting.
func (n *windowNetwork) change(s ui.Settings, q *uploader.Queue) ui.Notice {
	flags, notice := windowFlags(s, n.env)
	n.mu.Lock()
	n.flags.proxy, n.flags.caFile = flags.proxy, flags.caFile
	n.mu.Unlock()
	if damaged := reopen(q); damaged && notice == nil {
		notice = certificatesUnreadable(s.CAFile)
	}
	return notice
}

// signIn uses a name and a password for a proxy from now on, and reopens all storages, so that
// waiting uploads continue. An error means that the keyring could not save them.
func (n *windowNetwork) signIn(
	ctx context.Context, q *uploader.Queue, proxy, name, password string, keep bool,
) error {
	err := proxySignIns.put(ctx, proxy, proxydial.SignIn{Name: name, Password: secret.New(password)},
		keep)
	reopen(q)
	return err
}

// test goes the way to the storage of a token as sending would, and asks about the token; without a
// query, as far as its host.
func (n *windowNetwork) test(
	ctx context.Context, p *program, t token.Token, translate problem.Translate,
	step func(ui.ConnectionStep),
) (result ui.ConnectionResult) {
	n.mu.Lock()
	r := networkRun{program: p, sendFlags: n.flags}
	n.mu.Unlock()
	report := r.newReport(t.Inbox.Host, networkFace{
		translate: translate,
		explain: func(err error) problem.Explanation {
			return workspace.ExplainIn(err, translate)
		},
		heard: func(s networkStep) {
			if s.Step == "result" && !s.OK {
				result.Failed = problem.Explanation{What: s.Message, Do: s.Ask}
				return
			}
			step(ui.ConnectionStep{Name: s.Step, OK: s.OK, Message: s.Message, Ask: s.Ask})
		},
	})
	address := &url.URL{Scheme: t.Inbox.Scheme, Host: t.Inbox.Host}
	if t.Query() == "" {
		t = token.Token{}
	}
	err := r.look(ctx, &report, t, address)
	if _, usage := errors.AsType[*usageError](err); usage {
		result.Failed = certificatesUnreadable(r.caFile)(translate)
	} else if err != nil && result.Failed.What == "" { // the policy forbids it
		result.Failed = workspace.ExplainIn(err, translate)
	}
	result.Certificates = report.chain
	return result
}

// reopen reopens the storage of every token of the queue, and reports whether one failed because of
// the certificates of the settings.
func reopen(q *uploader.Queue) (damaged bool) {
	for _, in := range q.Status().Inboxes {
		if in.Token.Inbox.Host == "" || in.Hold != nil && in.Hold.Reason == problem.HostNotAllowed {
			continue
		}
		err := q.Use(in.Token)
		_, usage := errors.AsType[*usageError](err)
		damaged = damaged || usage
	}
	return damaged
}
