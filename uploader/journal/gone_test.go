package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// TestAJournalThatIsRemovedWhileItIsOpenSaysSo: what is written into a file without a name is lost
// with the process.
func TestAJournalThatIsRemovedWhileItIsOpenSaysSo(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows removes no file that is in use")
	}
	for name, again := range map[string]bool{"removed": false, "and made anew by another process": true} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			j := open(t, dir)
			if _, err := j.AddTransfer(t.Context(), ledger.Transfer{Inbox: "inbox"}); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			if again {
				open(t, dir)
			}
			_, err := j.AddTransfer(t.Context(), ledger.Transfer{Inbox: "inbox"})
			if e, ok := errors.AsType[*problem.Error](err); !ok || e.Reason != problem.JournalGone {
				t.Errorf("writing says: %v", err)
			}
			_ = j.Close()
		})
	}
}
