package main

import (
	"context"
	"errors"
	"log/slog"
	"strconv"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// openJournal opens the upload list in the state folder, and tells the person of anything unusual
// that it found there.
func (s *stateFolder) openJournal(ctx context.Context) (*journal.Journal, error) {
	if err := enoughFiles(); err != nil {
		return nil, err
	}
	dir, err := s.openState()
	if err != nil {
		return nil, s.stateUnusable(err)
	}
	j, opened, err := journal.Open(ctx, dir, journal.Options{})
	if err != nil {
		return nil, s.stateUnusable(err)
	}
	if words := opened.ExplainAs(commandLine, problem.English).String(); words != "" {
		s.console.say(words)
	}
	return j, nil
}

// fewestFiles is how many files a process must be able to open: the list takes a dozen, and an
// upload some for the file, the connection and the names of its host.
const fewestFiles = 24

// enoughFiles returns an error if the process may open fewer than fewestFiles: it would only wait.
func enoughFiles() error {
	n := mostFiles()
	if n >= fewestFiles {
		return nil
	}
	e := problem.New("open list", "", problem.TooFewFiles)
	e.Value = strconv.FormatUint(n, 10)
	return e
}

// stateUnusable turns a failure into a usage error if the folder of --state-dir caused it.
func (s *stateFolder) stateUnusable(err error) error {
	if e, ok := errors.AsType[*problem.Error](err); !ok || e.Reason != problem.JournalUnwritable ||
		s.flag == "" {
		return err
	}
	return usagef("The upload list can't be kept in “%s”. Nothing was sent or changed. Name a "+
		"folder you may write to with --state-dir, or omit it.",
		show.Text(s.flag))
}

// journalOrMemory is openJournal for a command that can do without a list on the disk. If the list
// can't be saved it sends anyway, unless a person named the state folder.
func (s *stateFolder) journalOrMemory(ctx context.Context) (ledger.Journal, error) {
	j, err := s.openJournal(ctx)
	switch {
	case err == nil:
		return j, nil
	case s.flag != "":
		return nil, err
	}
	words := explain(err).String()
	if usage, ok := errors.AsType[*usageError](err); ok {
		words = usage.sentence
	}
	s.console.say(words + " This upload is not saved: if it is interrupted, run the same " +
		"command again.")
	return ledger.NewMemoryJournal(), nil
}

// withQueue opens the upload list without sending any of it.
func (s *stateFolder) withQueue(ctx context.Context, do func(q *uploader.Queue) error) (err error) {
	j, err := s.openJournal(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if e := j.Close(); err == nil {
			err = e
		}
	}()
	rules, err := readPolicy()
	if err != nil {
		return err
	}
	q, err := uploader.NewQueue(ctx, uploader.Config{
		Open: func(token.Token) (store.Store, error) { return nil, nil }, Journal: j,
		Log: slog.New(slog.DiscardHandler), NeverReplace: rules.ForbidOverwrite,
	})
	if err != nil {
		return err
	}
	defer func() {
		if e := q.Close(); err == nil {
			err = e
		}
	}()
	return do(q)
}

// inboxRecords are the records of saved inboxes, which are in the journal. Each call opens the
// journal, since most commands need it for nothing else.
type inboxRecords struct{ p *program }

func (r inboxRecords) with(ctx context.Context, do func(*journal.Journal) error) error {
	j, err := r.p.openJournal(ctx)
	if err != nil {
		return err
	}
	return errors.Join(do(j), j.Close())
}

// Inboxes implements [inboxes.Records].
func (r inboxRecords) Inboxes(ctx context.Context) (all []inboxes.Record, err error) {
	err = r.with(ctx, func(j *journal.Journal) (err error) {
		all, err = j.Inboxes(ctx)
		return err
	})
	return all, err
}

// PutInbox implements [inboxes.Records].
func (r inboxRecords) PutInbox(ctx context.Context, record inboxes.Record) error {
	return r.with(ctx, func(j *journal.Journal) error { return j.PutInbox(ctx, record) })
}

// RemoveInbox implements [inboxes.Records].
func (r inboxRecords) RemoveInbox(ctx context.Context, id string) error {
	return r.with(ctx, func(j *journal.Journal) error { return j.RemoveInbox(ctx, id) })
}
