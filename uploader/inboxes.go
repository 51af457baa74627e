package uploader

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// InboxRecords is where [InboxRecord]s are kept. Package journal implements it.
//
// What every implementation promises: methods may be called from any goroutine and by several processes at once, and may
// block on the disk; what was put is kept when PutInbox returns; records handed in or out are copies.
type InboxRecords interface {
	// Inboxes returns all records, in no order.
	Inboxes(ctx context.Context) ([]InboxRecord, error)
	// PutInbox keeps the record in place of the one with the same ID, or as a new one. Where another record has the same
	// [InboxNameKey], it returns an error with the reason InboxNameTaken and keeps nothing.
	PutInbox(ctx context.Context, r InboxRecord) error
	// RemoveInbox removes the record with this ID. It returns nil where there is none.
	RemoveInbox(ctx context.Context, id string) error
}

// Inboxes are the inboxes that are kept under names, and their tokens in a [Vault]. Methods block on the disk and, where
// they say so, on the vault; they may be called from any goroutine.
//
// A token is put into the vault under a new reference before its record names that, and a token's end is the other way
// round, so that whatever breaks off, no record leads to another token than its own.
type Inboxes struct {
	Records InboxRecords
	Vault   Vault
	// Hosts are allowed by somebody else than the person, such as an administrator. An inbox there is kept without a permission
	// of its own, so that it ends with theirs.
	Hosts []string
}

// List returns all records, ordered by name.
func (in Inboxes) List(ctx context.Context) ([]InboxRecord, error) {
	all, err := in.Records.Inboxes(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b InboxRecord) int {
		return strings.Compare(InboxNameKey(a.Name), InboxNameKey(b.Name))
	})
	return all, nil
}

// Find returns the record of this name. Without one the error's reason is InboxUnknown, or InboxNameInvalid where none can
// have it.
func (in Inboxes) Find(ctx context.Context, name string) (InboxRecord, error) {
	name, err := CheckInboxName(name)
	if err != nil {
		return InboxRecord{}, err
	}
	r, ok, err := in.find(ctx, name)
	if err == nil && !ok {
		err = aboutName(InboxUnknown, name)
	}
	return r, err
}

func (in Inboxes) find(ctx context.Context, name string) (InboxRecord, bool, error) {
	all, err := in.Records.Inboxes(ctx)
	if err != nil {
		return InboxRecord{}, false, err
	}
	key := InboxNameKey(name)
	for _, r := range all {
		if InboxNameKey(r.Name) == key {
			return r, true, nil
		}
	}
	return InboxRecord{}, false, nil
}

// AddInboxOptions shape [Inboxes.Add].
type AddInboxOptions struct {
	// Replace puts the token in place of that of the inbox of this name, wherever it leads. Without it a name that is
	// taken is refused.
	Replace bool
	// NameOnly keeps no secret: the token has to be given each time.
	NameOnly bool
}

// Add keeps an inbox under a name and its token in the vault. The token of an inbox whose time is over at the moment now is
// not kept. Where the vault fails the record is kept all the same, without a reference, and the error wraps ErrVault; after
// any other error nothing has changed.
func (in Inboxes) Add(ctx context.Context, name string, t Token, now time.Time, o AddInboxOptions) (InboxRecord, error) {
	r, err := NewInboxRecord(name, t)
	if err != nil {
		return InboxRecord{}, err
	}
	if t.Inbox.Allowed(AllowHost(in.Hosts...)) {
		r.AllowedHost = ""
	}
	before, exists, err := in.find(ctx, r.Name)
	switch {
	case err != nil:
		return InboxRecord{}, err
	case exists && !o.Replace:
		return InboxRecord{}, aboutName(InboxNameTaken, before.Name)
	case exists:
		r.ID = before.ID
	}
	var kept error
	if !o.NameOnly && t.StateAt(now) != StateExpired {
		ref := NewVaultRef()
		if kept = in.Vault.Put(ctx, ref, t.Query()); kept == nil {
			r.Ref = ref
		} else if !errors.Is(kept, ErrVault) {
			return InboxRecord{}, kept
		}
	}
	if err := in.Records.PutInbox(ctx, r); err != nil {
		if r.Ref != "" {
			_ = in.Vault.Delete(ctx, r.Ref) // nothing names it; the first error is what counts
		}
		return InboxRecord{}, err
	}
	if before.Ref != "" {
		_ = in.Vault.Delete(ctx, before.Ref) // likewise: the old token rests where it is safe
	}
	return r, kept
}

// Rename gives an inbox another name, which may be the same in other letters. Errors are those of Find, InboxNameTaken where
// another inbox has the new name, or the disk's.
func (in Inboxes) Rename(ctx context.Context, name, to string) (InboxRecord, error) {
	to, err := CheckInboxName(to)
	if err != nil {
		return InboxRecord{}, err
	}
	r, err := in.Find(ctx, name)
	if err != nil {
		return InboxRecord{}, err
	}
	r.Name = to
	return r, in.Records.PutInbox(ctx, r)
}

// Remove removes an inbox and its token. Where the vault fails, which an error that wraps ErrVault says, nothing is
// removed; with force the name is, and the token stays in the vault.
func (in Inboxes) Remove(ctx context.Context, name string, force bool) (InboxRecord, error) {
	r, err := in.Find(ctx, name)
	if err != nil {
		return InboxRecord{}, err
	}
	var vault error
	if r.Ref != "" {
		if vault = in.Vault.Delete(ctx, r.Ref); vault != nil && (!force || !errors.Is(vault, ErrVault)) {
			return InboxRecord{}, vault
		}
	}
	if err := in.Records.RemoveInbox(ctx, r.ID); err != nil {
		return InboxRecord{}, err
	}
	return r, vault
}

// Allow allows the host that an inbox leads to, where that is no known storage address, or takes that back. See [InboxRecord.Restore].
func (in Inboxes) Allow(ctx context.Context, name string, allowed bool) error {
	r, err := in.Find(ctx, name)
	if err != nil {
		return err
	}
	r.AllowedHost = ""
	if allowed {
		r.AllowedHost = r.Inbox.Host
	}
	return in.Records.PutInbox(ctx, r)
}

// Token returns the inbox's token from the vault. Where it is not there the error wraps ErrVault. hosts are allowed besides those of
// the record; the reason is HostNotAllowed where its host is none of them.
func (in Inboxes) Token(ctx context.Context, r InboxRecord, hosts ...string) (Token, error) {
	if r.Ref == "" {
		return Token{}, NewError("restore token", "", VaultMissing)
	}
	query, err := in.Vault.Secret(ctx, r.Ref)
	if err != nil {
		return Token{}, err
	}
	return r.Restore(query, AllowHost(in.Hosts...), AllowHost(hosts...))
}

// aboutName returns an error about an inbox's name.
func aboutName(reason Reason, name string) error {
	e := NewError("name inbox", "", reason)
	e.Value = name
	return e
}
