package workspace

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"time"

	"inboxuploader/uploader/token"
)

// mostTaken is how many numbers Issue tries if others take the next ones at the same time.
const mostTaken = 20

// Issue creates a container with a new number, or the requested one, and returns a token for it.
// The token is the only copy: the table keeps only the grant. If Issue fails, it leaves nothing
// behind; if it can't clean up, the error's words say so.
func (w *Workspace) Issue(ctx context.Context, r Request) (token.Token, Grant, error) {
	if w.noTokens {
		return token.Token{}, Grant{}, refuse(TokensForbidden, "")
	}
	if err := r.Check(w.now()); err != nil {
		return token.Token{}, Grant{}, err
	}
	_, highest, at, err := w.all(ctx, "issue token")
	if err != nil {
		return token.Token{}, Grant{}, err
	}
	tid, wanted := highest+1, r.TID != 0
	if wanted {
		tid = r.TID
	}
	for tries := 0; ; tries++ {
		if tid < 1 || tid > maxTID {
			return token.Token{}, Grant{}, refuse(ContainersFull, "")
		}
		t, g, err := w.issue(ctx, tid, r, at)
		if e, ok := errors.AsType[*Error](err); !ok || e.Reason != NameTaken || wanted ||
			tries == mostTaken {
			return t, g, err
		}
		tid++
	}
}

// Renew returns a new token for the container of an earlier one, whose files stay. The earlier link
// stops working. Renew ignores the request's TID. The holder of the earlier token pastes the new
// one, and unfinished uploads continue.
func (w *Workspace) Renew(ctx context.Context, tid int, r Request) (token.Token, Grant, error) {
	return w.again(ctx, tid, r, false)
}

// Again is like [Workspace.Renew], but earlier links work until they expire or [Workspace.Revoke]
// revokes all of them.
func (w *Workspace) Again(ctx context.Context, tid int, r Request) (token.Token, Grant, error) {
	return w.again(ctx, tid, r, true)
}

func (w *Workspace) again(
	ctx context.Context, tid int, r Request, keep bool,
) (token.Token, Grant, error) {
	if w.noTokens {
		return token.Token{}, Grant{}, refuse(TokensForbidden, "")
	}
	if err := r.Check(w.now()); err != nil {
		return token.Token{}, Grant{}, err
	}
	old, err := w.Grant(ctx, tid)
	if err != nil {
		return token.Token{}, Grant{}, err
	}
	if !old.Revoked.IsZero() {
		return token.Token{}, Grant{}, ofToken(newError("renew token", TokenRevoked), tid)
	}
	policy := newPolicy()
	if keep && old.policy != "" {
		policy = old.policy
	}
	t, g, err := w.prepare(tid, r, w.now(), policy)
	if err != nil {
		return token.Token{}, Grant{}, err
	}
	if err := w.changePolicies(ctx, tid, g.policy); err != nil {
		return token.Token{}, Grant{}, ifUnclear(err, safeLinkUnclear)
	}
	if err := w.saveGrant(ctx, g); err != nil {
		return token.Token{}, Grant{}, withSafe(err, safeNoLink)
	}
	return t, g, nil
}

// Revoke makes the storage refuse a token, even before it expires. The storage may take up to
// [PolicyDelay] to do so. Files that arrived stay. Revoking a token again does no harm. by is the
// person who revokes it.
func (w *Workspace) Revoke(ctx context.Context, tid int, by string) error {
	g, err := w.Grant(ctx, tid)
	if err != nil {
		return err
	}
	if err := w.changePolicies(ctx, tid, ""); err != nil {
		return ifUnclear(err, safeRevokedUnclear)
	}
	if !g.Revoked.IsZero() {
		return nil
	}
	g.Revoked, g.RevokedBy = w.now().UTC(), tidyName(by)
	if err := w.saveGrant(ctx, g); err != nil {
		return withSafe(err, safeRevokedUnseen)
	}
	return nil
}

// newPolicy returns a unique name, so that a link to a deleted container does not open a later
// container of the same name.
func newPolicy() string { return policyPrefix + strings.ToLower(rand.Text()[:12]) }

// prepare settles the request and signs it for a policy, which needs no network.
func (w *Workspace) prepare(
	tid int, r Request, at time.Time, policy string,
) (token.Token, Grant, error) {
	r, err := r.settle(at)
	if err != nil {
		return token.Token{}, Grant{}, err
	}
	g := Grant{
		TID: tid, Container: w.container(tid), Reason: r.Reason, ValidFrom: r.From, ValidTo: r.To,
		Rights: r.Rights, IP: r.IP,
		Folder: r.Folder, Created: at.UTC().Truncate(time.Second), CreatedBy: r.By, policy: policy,
	}
	t, err := token.Parse(w.account.link(g.Container, g.policy, r, w.links),
		token.AllowHost(w.account.allow...))
	if err != nil { // a link that this program itself would not take
		return token.Token{}, Grant{}, newError("issue token", Unexpected)
	}
	return t, g, nil
}

// issue creates the container with one number, then its policy. Before the policy exists, nothing
// is granted.
func (w *Workspace) issue(
	ctx context.Context, tid int, r Request, at time.Time,
) (token.Token, Grant, error) {
	t, g, err := w.prepare(tid, r, at, newPolicy())
	if err != nil {
		return token.Token{}, Grant{}, err
	}
	if err := w.create(ctx, g); err != nil {
		return token.Token{}, Grant{}, err
	}
	if err := w.changePolicies(ctx, tid, g.policy); err != nil {
		return token.Token{}, Grant{}, w.takeBack(ctx, g, err)
	}
	return t, g, nil
}

// create creates a container that did not exist before.
func (w *Workspace) create(ctx context.Context, g Grant) error {
	c := call{op: "create container", method: http.MethodPut, container: g.Container, query: "restype=container", header: metadataHeader(g), want: http.StatusCreated}
	_, err := w.send(ctx, c)
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*Error](err)
	switch {
	case !ok || e.unclear():
		return w.takeBack(ctx, g, err)
	case e.Code == "ContainerBeingDeleted":
		e.Reason, e.Err, e.Value = NameTaken, reasons[NameTaken].err, g.Container
	case e.Reason == NameTaken:
		// An earlier try may have succeeded and its answer was lost; then the container's metadata
		// has the name of our policy.
		if there, look := w.Grant(ctx, g.TID); look == nil && there.policy == g.policy {
			return nil
		}
		e.Value = g.Container
	}
	return e
}

// unclear reports whether the service may have done the work despite the error.
func (e *Error) unclear() bool { return e.Status == 0 || e.Status >= 500 }

// takeBack removes the container of a token that was not issued, and returns why it was not issued.
// It works even after the context has ended, so that nothing unfinished is left behind if possible.
func (w *Workspace) takeBack(ctx context.Context, g Grant, why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupLimit)
	defer cancel()
	there, err := w.Grant(ctx, g.TID)
	if err == nil && there.policy == g.policy {
		_, err = w.send(ctx,
			call{op: "delete container", method: http.MethodDelete, container: g.Container, query: "restype=container", want: http.StatusAccepted})
	}
	if e, ok := errors.AsType[*Error](err); err == nil || ok && e.Reason == TokenUnknown {
		return why
	}
	if e, ok := errors.AsType[*Error](why); ok {
		e.Safe, e.Left = safeLeft, g.Container
	}
	return why
}

// saveGrant replaces a container's metadata.
func (w *Workspace) saveGrant(ctx context.Context, g Grant) error {
	_, err := w.send(ctx,
		call{op: "write metadata", method: http.MethodPut, container: g.Container, query: "comp=metadata&restype=container", header: metadataHeader(g), want: http.StatusOK})
	return ofToken(err, g.TID)
}

func metadataHeader(g Grant) http.Header {
	h := http.Header{}
	for name, value := range g.metadata() {
		h["x-ms-meta-"+name] = []string{value}
	}
	return h
}

// ofToken names the token in an error that says that there is none.
func ofToken(err error, tid int) error {
	if e, ok := errors.AsType[*Error](err); ok && (e.Reason == TokenUnknown ||
		e.Reason == TokenRevoked) {
		e.Value = itoa(tid)
	}
	return err
}

// ifUnclear is withSafe if the service may have done the work.
func ifUnclear(err error, sentence string) error {
	if e, ok := errors.AsType[*Error](err); ok && e.unclear() {
		e.Safe = sentence
	}
	return err
}

// withSafe returns err with a sentence about what is safe.
func withSafe(err error, sentence string) error {
	if e, ok := errors.AsType[*Error](err); ok {
		e.Safe = sentence
	}
	return err
}
