package uploader_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/uploadertest"
)

// mailbox is a journal in which another process leaves commands.
type mailbox struct {
	ledger.Journal
	mu      sync.Mutex
	posted  []ledger.Posted
	changed bool // and tells of them
	fail    bool // and can't be read for now
	heard   func()
}

func (m *mailbox) Changed(context.Context) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	changed := m.changed
	m.changed = false
	return changed, nil
}

func (m *mailbox) Posted(context.Context) ([]ledger.Posted, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail {
		return nil, problem.New("read commands", "", problem.JournalBusy)
	}
	return slices.Clone(m.posted), nil
}

func (m *mailbox) Commit(ctx context.Context, c ledger.Changes) error {
	if len(c.Heard) > 0 && m.heard != nil {
		m.heard()
		return problem.New("commit", "", problem.JournalUnwritable)
	}
	m.mu.Lock()
	m.posted = slices.DeleteFunc(m.posted,
		func(p ledger.Posted) bool { return slices.Contains(c.Heard, p.ID) })
	m.mu.Unlock()
	return m.Journal.Commit(ctx, c)
}

// TestACommandOfAnotherProcessIsNotLost: whoever heard of it may be killed before it has carried it
// out, or could not read it for a moment.
func TestACommandOfAnotherProcessIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := ledger.NewMemoryJournal()
		dead := make(chan struct{})
		journal := &mailbox{Journal: memory, heard: func() { <-dead }}
		b := newBench(t, "w", uploader.Config{Journal: journal})
		b.store.Fail(uploadertest.AnyOp, "", uploadertest.Always, uploadertest.Busy(time.Hour))
		b.add(ledger.AddOptions{}, b.file("f", 10))
		time.Sleep(time.Minute)
		journal.mu.Lock()
		journal.posted = []ledger.Posted{
			{ID: 1, Command: ledger.Command{Transfer: 1}},
			{ID: 2, Command: ledger.Command{Verb: "of another version", Transfer: 1, Jobs: []int64{b.job("f").ID}}},
			{ID: 3, Command: ledger.Command{Verb: ledger.Cancel, Transfer: 1}},
		}
		journal.changed, journal.fail = true, true
		journal.mu.Unlock()
		time.Sleep(time.Minute)
		journal.mu.Lock()
		journal.fail = false
		journal.mu.Unlock()
		time.Sleep(time.Minute) // it is carried out, and the process is killed before the journal has that
		if s := b.job("f").State; s != ledger.Cancelled {
			t.Errorf("the file is %v", s)
		}
		go func() { time.Sleep(time.Second); close(dead) }()
		_ = b.queue.Close()
		if err := memory.Close(); err != nil {
			t.Fatal(err)
		}
		journal.heard = nil
		b.reopen(journal, uploader.Config{})
		time.Sleep(time.Minute)
		if s := b.job("f").State; s.Ended() {
			t.Errorf("the next run finds the file %v", s)
		}
		if _, err := b.queue.Adopt(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if s := b.job("f").State; s != ledger.Cancelled || len(journal.posted) != 0 {
			t.Errorf("the file is %v, %d commands are left", s, len(journal.posted))
		}
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		b.close()
	})
}
