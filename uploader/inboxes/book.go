package inboxes

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// Records is where [Record]s are kept. Package journal implements it.
//
// What every implementation promises: methods may be called from any goroutine and by several
// processes at once, and may block on the disk; what was put is kept when PutInbox returns; records
// handed in or out are copies.
type Records interface {
	// Inboxes returns all records, in no order.
	Inboxes(ctx context.Context) ([]Record, error)
	// PutInbox keeps the record in place of the one with the same ID, or as a new one. Where
	// another record has the same [NameKey], it returns an error with the reason InboxNameTaken and
	// keeps nothing.
	PutInbox(ctx context.Context, r Record) error
	// RemoveInbox removes the record with this ID. It returns nil where there is none.
	RemoveInbox(ctx context.Context, id string) error
}

// Book holds the inboxes that are kept under names, and their tokens in a [Vault]. Methods block on
// the disk and, where they say so, on the vault; they may be called from any goroutine.
//
// A token is put into the vault under a new reference before its record names that, and a token's
// end is the other way round, so that whatever breaks off, no record leads to another token than
// its own.
type Book struct {
	Records Records
	Vault   Vault
	// Hosts are allowed by somebody else than the person, such as an administrator. An inbox there
	// is kept without a permission of its own, so that it ends with theirs.
	Hosts []string
}

// List returns all records, ordered by name.
func (in Book) List(ctx context.Context) ([]Record, error) {
	all, err := in.Records.Inboxes(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b Record) int {
		return strings.Compare(NameKey(a.Name), NameKey(b.Name))
	})
	return all, nil
}

// Find returns the record of this name. Without one the error's reason is InboxUnknown, or
// InboxNameInvalid where none can have it.
func (in Book) Find(ctx context.Context, name string) (Record, error) {
	name, err := CheckName(name)
	if err != nil {
		return Record{}, err
	}
	r, ok, err := in.find(ctx, name)
	if err == nil && !ok {
		err = NameError(problem.InboxUnknown, name)
	}
	return r, err
}

func (in Book) find(ctx context.Context, name string) (Record, bool, error) {
	all, err := in.Records.Inboxes(ctx)
	if err != nil {
		return Record{}, false, err
	}
	key := NameKey(name)
	for _, r := range all {
		if NameKey(r.Name) == key {
			return r, true, nil
		}
	}
	return Record{}, false, nil
}

// AddOptions shape [Book.Add].
type AddOptions struct {
	// Replace puts the token in place of that of the inbox of this name, wherever it leads. Without
	// it a name that is taken is refused.
	Replace bool
	// NameOnly keeps no secret: the token has to be given each time.
	NameOnly bool
}

// Add keeps an inbox under a name and its token in the vault. The token of an inbox whose time is
// over at the moment now is not kept. Where the vault fails the record is kept all the same,
// without a reference, and the error wraps ErrVault; after any other error nothing has changed.
func (in Book) Add(
	ctx context.Context, name string, t token.Token, now time.Time, o AddOptions,
) (Record, error) {
	r, err := NewRecord(name, t)
	if err != nil {
		return Record{}, err
	}
	if t.Inbox.Allowed(token.AllowHost(in.Hosts...)) {
		r.AllowedHost = ""
	}
	before, exists, err := in.find(ctx, r.Name)
	switch {
	case err != nil:
		return Record{}, err
	case exists && !o.Replace:
		return Record{}, NameError(problem.InboxNameTaken, before.Name)
	case exists:
		r.ID = before.ID
	}
	var kept error
	if !o.NameOnly && t.StateAt(now) != token.StateExpired {
		ref := NewRef()
		if kept = in.Vault.Put(ctx, ref, t.Query()); kept == nil {
			r.Ref = ref
		} else if !errors.Is(kept, problem.ErrVault) {
			return Record{}, kept
		}
	}
	if err := in.Records.PutInbox(ctx, r); err != nil {
		if r.Ref != "" {
			_ = in.Vault.Delete(ctx, r.Ref) // nothing names it; the first error is what counts
		}
		return Record{}, err
	}
	if before.Ref != "" {
		_ = in.Vault.Delete(ctx, before.Ref) // likewise: the old token rests where it is safe
	}
	return r, kept
}

// Rename gives an inbox another name, which may be the same in other letters. Errors are those of
// Find, InboxNameTaken where another inbox has the new name, or the disk's.
func (in Book) Rename(ctx context.Context, name, to string) (Record, error) {
	to, err := CheckName(to)
	if err != nil {
		return Record{}, err
	}
	r, err := in.Find(ctx, name)
	if err != nil {
		return Record{}, err
	}
	r.Name = to
	return r, in.Records.PutInbox(ctx, r)
}

// Remove removes an inbox and its token. Where the vault fails, which an error that wraps ErrVault
// says, nothing is removed; with force the name is, and the token stays in the vault.
func (in Book) Remove(ctx context.Context, name string, force bool) (Record, error) {
	r, err := in.Find(ctx, name)
	if err != nil {
		return Record{}, err
	}
	var vault error
	if r.Ref != "" {
		if vault = in.Vault.Delete(ctx, r.Ref); vault != nil &&
			(!force || !errors.Is(vault, problem.ErrVault)) {
			return Record{}, vault
		}
	}
	if err := in.Records.RemoveInbox(ctx, r.ID); err != nil {
		return Record{}, err
	}
	return r, vault
}

// Allow allows the host that an inbox leads to, where that is no known storage address, or takes
// that back. See [Record.Restore].
func (in Book) Allow(ctx context.Context, name string, allowed bool) error {
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

// Token returns the inbox's token from the vault. Where it is not there the error wraps ErrVault.
// hosts are allowed besides those of the record; the reason is HostNotAllowed where its host is
// none of them.
func (in Book) Token(ctx context.Context, r Record, hosts ...string) (token.Token, error) {
	if r.Ref == "" {
		return token.Token{}, problem.New("restore token", "", problem.VaultMissing)
	}
	query, err := in.Vault.Secret(ctx, r.Ref)
	if err != nil {
		return token.Token{}, err
	}
	return r.Restore(query, token.AllowHost(in.Hosts...), token.AllowHost(hosts...))
}

// NameError returns an error about an inbox's name.
func NameError(reason problem.Reason, name string) error {
	e := problem.New("name inbox", "", reason)
	e.Value = name
	return e
}
