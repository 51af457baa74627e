package ui

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// fullDisk is a journal that takes no new transfer while its disk is full.
type fullDisk struct {
	ledger.Journal
	full atomic.Bool
}

func (j *fullDisk) AddTransfer(ctx context.Context, t ledger.Transfer) (int64, error) {
	if j.full.Load() {
		return 0, problem.New("add transfer", "", problem.JournalFull)
	}
	return j.Journal.AddTransfer(ctx, t)
}

// TestAFullDiskAtSendLosesNothingOfTheReview: it is said that nothing was added, and the same can
// be sent again.
func TestAFullDiskAtSendLosesNothingOfTheReview(t *testing.T) {
	inbox := startInbox(t, nil)
	j := &fullDisk{Journal: ledger.NewMemoryJournal()}
	d := openDesk(t, Config{Queue: queueOver(t, j)})
	d.clipboard(inbox.token(time.Now().Add(48 * time.Hour)))
	d.intake.pasted()
	d.tap("Use this token")
	dir := folder(t, "a.txt", "b.txt")
	d.drop(dir, filepath.Join(dir, "gone.txt"))
	d.until("the review has counted", func() bool { return d.says("Send 2 files") })
	j.full.Store(true)
	d.tap("Send 2 files")
	d.until("the refusal is said", func() bool { return d.says("Nothing was added: the disk") })
	d.until("the review has counted again", func() bool { return d.says("Send 2 files") })
	d.mustSay("Nothing was sent.", "Free some space on it, then send again.",
		"1 thing that you gave is not on this computer")
	if d.says("by itself") || d.last.status.FilesTotal() > 0 {
		t.Error("it is said, or seems, to go on")
	}
	d.fitsIn(d.window.Canvas().Size())
	j.full.Store(false)
	d.tap("Send 2 files")
	d.until("all is delivered", func() bool { return d.says("All 2 files are in the inbox") })
}

// TestTheReviewNamesFilesOfTheLastMinute: a program may still be writing them.
func TestTheReviewNamesFilesOfTheLastMinute(t *testing.T) {
	inbox := startInbox(t, nil)
	d := openDesk(t, Config{})
	d.clipboard(inbox.token(time.Now().Add(48 * time.Hour)))
	d.intake.pasted()
	d.tap("Use this token")
	dir := folder(t, "new.txt", "old.txt", "too.txt")
	before := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "old.txt"), before, before); err != nil {
		t.Fatal(err)
	}
	d.drop(dir)
	d.until("the review has counted", func() bool { return d.says("Send 3 files") })
	d.tap("2 files were modified in the last minute")
	d.mustSay("new.txt", "too.txt", "A program may still be writing it.")
	if d.says("old.txt") {
		t.Error("a file that is older is named")
	}
}

// TestTheReviewTellsEmptyFoldersApart from what else is not sent, and says until when the token is
// valid.
func TestTheReviewTellsEmptyFoldersApart(t *testing.T) {
	inbox := startInbox(t, nil)
	d := openDesk(t, Config{})
	end := time.Now().Add(48 * time.Hour)
	d.useToken(inbox.token(end))
	dir := folder(t, "a.txt")
	for _, name := range []string{"nothing", "deeper/nothing"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(name)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	d.drop(dir)
	d.until("the review has counted", func() bool { return d.says("Send 1 file") })
	d.mustSay("2 empty folders are not sent", "1 skipped", "token until ")
}
