package uploadertest_test

import (
	"testing"

	"inboxuploader/uploader"
	"inboxuploader/uploader/uploadertest"
)

func TestMemoryJournalKeepsThePromises(t *testing.T) {
	uploadertest.TestJournal(t, func(*testing.T) uploadertest.JournalSubject {
		return uploadertest.JournalSubject{
			Open:  func(*testing.T) uploader.Journal { return uploader.NewMemoryJournal() },
			Alone: true,
		}
	})
}
