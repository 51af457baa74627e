package main

import (
	"context"
	"errors"

	"inboxuploader/uploader"
	"inboxuploader/uploader/journal"
)

// openJournal opens the list of what is to be sent, which is in the state folder, and says what was found there.
func (p *program) openJournal(ctx context.Context) (*journal.Journal, error) {
	dir, err := p.openState()
	if err != nil {
		return nil, err
	}
	j, opened, err := journal.Open(ctx, dir, journal.Options{})
	if err != nil {
		return nil, err
	}
	if words := opened.Explain().String(); words != "" {
		p.say(words)
	}
	return j, nil
}

// journalOrMemory is openJournal for a command that can do without: what can't be kept is sent all the same.
func (p *program) journalOrMemory(ctx context.Context) uploader.Journal {
	j, err := p.openJournal(ctx)
	if err == nil {
		return j
	}
	words := uploader.Explain(err).String()
	if usage, ok := errors.AsType[*usageError](err); ok {
		words = usage.sentence
	}
	p.say(words + " What is sent now is not kept: if it is interrupted, start the same command again.")
	return uploader.NewMemoryJournal()
}

// inboxRecords are the records of kept inboxes, which are in the journal. It is opened for each call, since most commands
// need it for nothing else.
type inboxRecords struct{ p *program }

func (r inboxRecords) with(ctx context.Context, do func(*journal.Journal) error) error {
	j, err := r.p.openJournal(ctx)
	if err != nil {
		return err
	}
	return errors.Join(do(j), j.Close())
}

// Inboxes implements [uploader.InboxRecords].
func (r inboxRecords) Inboxes(ctx context.Context) (all []uploader.InboxRecord, err error) {
	err = r.with(ctx, func(j *journal.Journal) (err error) {
		all, err = j.Inboxes(ctx)
		return err
	})
	return all, err
}

// PutInbox implements [uploader.InboxRecords].
func (r inboxRecords) PutInbox(ctx context.Context, record uploader.InboxRecord) error {
	return r.with(ctx, func(j *journal.Journal) error { return j.PutInbox(ctx, record) })
}

// RemoveInbox implements [uploader.InboxRecords].
func (r inboxRecords) RemoveInbox(ctx context.Context, id string) error {
	return r.with(ctx, func(j *journal.Journal) error { return j.RemoveInbox(ctx, id) })
}
