package uploader_test

import (
	"path/filepath"
	"testing"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// TestOverlappingFoldersThatAreReadAgainTakeEachNameOnce: where a file has two names, under one of
// which it was delivered before, the job of the other is known when the folders are read again.
func TestOverlappingFoldersThatAreReadAgainTakeEachNameOnce(t *testing.T) {
	b := newBench(t, "w", uploader.Config{})
	inner := filepath.Dir(b.file("tree/inner/f.txt", 100))
	outer := filepath.Dir(inner)
	b.add(ledger.AddOptions{}, outer)
	if err := b.wait(); err != nil {
		t.Fatal(err)
	}
	b.queue.Hold(b.inbox.Key(), problem.New("send", "", problem.HostNotAllowed))
	o := ledger.AddOptions{}
	o.Scan.Recursive = true
	id, err := b.queue.Add(t.Context(), b.inbox, []string{outer, inner}, o)
	if err != nil {
		t.Fatal(err)
	}
	for b.queue.Status().Scanning {
		time.Sleep(time.Millisecond)
	}
	if err := b.queue.Rescan(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	for b.queue.Status().Scanning {
		time.Sleep(time.Millisecond)
	}
	if n := b.queue.Status().FilesTotal(); n != 2 {
		t.Errorf("%d files are in the list, want one of each upload", n)
	}
}
