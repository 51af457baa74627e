package uploadertest_test

import (
	"testing"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/uploadertest"
)

func TestMemoryJournalKeepsThePromises(t *testing.T) {
	uploadertest.TestJournal(t, func(*testing.T) uploadertest.JournalSubject {
		records := inboxes.NewMemoryRecords()
		return uploadertest.JournalSubject{
			Records: func(ledger.Journal) inboxes.Records { return records },
			Open:    func(*testing.T) ledger.Journal { return ledger.NewMemoryJournal() },
			Alone:   true,
		}
	})
}
