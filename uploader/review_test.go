package uploader_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
)

// review scans a root as a review does, and waits for hold after its first batch. done gets the
// scan's end.
func (b *bench) review(root string, hold <-chan struct{}) (o ledger.AddOptions, done <-chan error) {
	o.Scan = scan.Options{Inbox: b.inbox, Recursive: true}
	o.Review = scan.NewRecord([]string{root}, o.Scan)
	end := make(chan error, 1)
	go func() {
		batches := 0
		_, err := o.Review.Files(b.Context(), func([]scan.Found) error {
			if batches++; batches == 2 {
				<-hold
			}
			return nil
		})
		end <- err
	}()
	return o, end
}

// TestWhatWasReviewedIsSent: what vanished since is named, what appeared is not sent, and what
// changed is sent as it is now, be it that it had been sent before.
func TestWhatWasReviewedIsSent(t *testing.T) {
	b := newBench(t, "w", uploader.Config{})
	root := filepath.Dir(b.file("tree/same", 10))
	sent, changes := b.file("tree/sent before", 11), b.file("tree/changes", 12)
	b.add(ledger.AddOptions{}, root)
	b.delivered(root)
	vanishes := b.file("tree/vanishes", 13)
	unsent := b.file("tree/unsent", 14)

	o, done := b.review(root, nil)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	b.file("tree/appears", 15)
	if err := os.Remove(vanishes); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{changes, unsent} {
		if err := os.WriteFile(path, []byte("changed after the review"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.KeepBoth = true
	if _, err := b.queue.Add(t.Context(), b.inbox, []string{root}, o); err != nil {
		t.Fatal(err)
	}
	if err := b.wait(); err != nil {
		t.Fatal(err)
	}
	for blob, want := range map[string]bool{
		"tree/appears": false, "tree/vanishes": false, "tree/unsent": true,
		"tree/changes (2)": true,
	} {
		data, there := b.store.Blob(blob)
		if there != want || want && string(data) != "changed after the review" {
			t.Errorf("%s is there: %t, want %t: %.40q", blob, there, want, data)
		}
	}
	if r := b.problem(ledger.Attention); r != problem.SourceGone {
		t.Errorf("reason %q of what vanished", r)
	}
	s := b.queue.Status()
	if n := s.Transfers[len(s.Transfers)-1].UnchangedFiles(); n != 2 {
		t.Errorf("%d unchanged, want 2: same and %s", n, filepath.Base(sent))
	}
}

// sendWhileCounting sends a folder whose review waits for hold after its first batch, and returns it
// and where the scan's end comes.
func (b *bench) sendWhileCounting(hold <-chan struct{}) (root string, done <-chan error) {
	b.Helper()
	for i := range 100 {
		root = filepath.Dir(b.file(fmt.Sprintf("tree/%d", i), i))
	}
	o, done := b.review(root, hold)
	if _, err := b.queue.Add(b.Context(), b.inbox, []string{root}, o); err != nil {
		b.Fatal(err)
	}
	return root, done
}

// TestAReviewThatStillCountsIsSent: sending begins with what it has, and ends with what it finds.
func TestAReviewThatStillCountsIsSent(t *testing.T) {
	b := newBench(t, "w", uploader.Config{})
	hold := make(chan struct{})
	root, done := b.sendWhileCounting(hold)
	for b.queue.Status().Files[ledger.Delivered] == 0 {
		<-b.queue.Changed()
	}
	close(hold)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	b.delivered(root)
}

// TestAReviewOfSomethingElseIsNotSent: the roots and options that Add is given decide.
func TestAReviewOfSomethingElseIsNotSent(t *testing.T) {
	b := newBench(t, "w", uploader.Config{})
	root := filepath.Dir(b.file("tree/a", 10))
	other := filepath.Dir(b.file("other/b", 10))
	hold := make(chan struct{})
	defer close(hold)
	o, _ := b.review(other, hold)
	b.add(o, root)
	b.delivered(root)
	if _, sent := b.store.Blob("other/b"); sent {
		t.Error("what was reviewed was sent in the place of what was named")
	}
}

// TestAReviewEndsWithTheQueue: nobody reads a disk to its end for nothing.
func TestAReviewEndsWithTheQueue(t *testing.T) {
	b := newBench(t, "w", uploader.Config{})
	hold := make(chan struct{})
	_, done := b.sendWhileCounting(hold)
	b.close()
	close(hold)
	if err := <-done; err == nil {
		t.Error("the review was read to its end")
	}
}
