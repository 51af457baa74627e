package uploader_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uploadertest"
)

// TestWhatChangedRightAfterItWasSentIsNoTwin: a file that is written again within the second in
// which it was delivered, its time put back, is another file than the one in the inbox.
func TestWhatChangedRightAfterItWasSentIsNoTwin(t *testing.T) {
	for name, size := range map[string]int{"small": 1000, "large": 3 * block} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "w", uploader.Config{})
			path := b.file("f.dat", size)
			b.add(ledger.AddOptions{KeepBoth: true}, path)
			if err := b.wait(); err != nil {
				t.Fatal(err)
			}
			before, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteAt([]byte("other"), 10); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, before.ModTime(), before.ModTime()); err != nil {
				t.Fatal(err)
			}
			b.add(ledger.AddOptions{KeepBoth: true}, path)
			if err := b.wait(); err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := b.store.Blob("f (2).dat"); string(got) != string(want) {
				t.Errorf("the inbox has %q, and not the file as it is now", b.store.Names())
			}
		})
	}
}

// TestATokenThatMayOnlyCreateKeepsNoSecondCopy: its storage says in its own way that a name is
// taken.
func TestATokenThatMayOnlyCreateKeepsNoSecondCopy(t *testing.T) {
	b := newBench(t, "c", uploader.Config{Connections: 1})
	path := b.file("f.dat", 3*block)
	b.add(ledger.AddOptions{KeepBoth: true}, path)
	b.add(ledger.AddOptions{KeepBoth: true}, path)
	if err := b.wait(); err != nil {
		t.Fatal(err)
	}
	if names := b.store.Names(); len(names) != 1 {
		t.Errorf("the inbox has %q", names)
	}
}

// TestATwinThatWasSentAsItIsNowIsOne: a file that changed after two uploads found it, and that one
// of them has delivered as it is now, gets no second copy by the other.
func TestATwinThatWasSentAsItIsNowIsOne(t *testing.T) {
	b := newBench(t, "w", uploader.Config{Connections: 1})
	path := b.file("f.dat", 3000)
	taken := b.file("g.dat", 3000)
	body := uploadertest.NewBody([]byte("theirs"))
	_, err := b.store.PutBlob(t.Context(), "g.dat", body, store.Properties{}, store.Condition{})
	if err != nil {
		t.Fatal(err)
	}
	gate := make(chan struct{})
	b.store.Fail(uploadertest.PutBlob, "g.dat", 1, uploadertest.Hold(gate))
	b.add(ledger.AddOptions{KeepBoth: true}, taken, path)
	b.add(ledger.AddOptions{KeepBoth: true}, taken, path)
	for b.queue.Status().FilesTotal() < 4 {
		time.Sleep(time.Millisecond)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("changed", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	close(gate)
	if err := b.wait(); err != nil {
		t.Fatal(err)
	}
	if _, again := b.store.Blob("f (2).dat"); again {
		t.Errorf("the inbox has %q", b.store.Names())
	}
}
