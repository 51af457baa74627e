package journal_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/uploadertest"
)

func TestMain(m *testing.M) {
	childMain()
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		journal.RemoveMillion()
		os.Exit(code)
	}))
}

// open opens the journal in a folder and wants it to be fine. It is closed in the end.
func open(t testing.TB, dir string) *journal.Journal {
	t.Helper()
	j, opened, err := journal.Open(t.Context(), dir, journal.Options{})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	if opened.SetAside != "" {
		t.Fatalf("Open found damage: %v", opened.Explain())
	}
	return j
}

func TestJournalKeepsThePromises(t *testing.T) {
	uploadertest.TestJournal(t, func(t *testing.T) uploadertest.JournalSubject {
		dir := t.TempDir()
		return uploadertest.JournalSubject{
			Open: func(t *testing.T) ledger.Journal { return open(t, dir) },
			Records: func(j ledger.Journal) inboxes.Records {
				if j, ok := j.(*journal.Journal); ok {
					return j
				}
				return nil
			},
			Kill: func(_ *testing.T, j ledger.Journal) {
				if j, ok := j.(*journal.Journal); ok {
					j.Abandon()
				}
			},
		}
	})
}
