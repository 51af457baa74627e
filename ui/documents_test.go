package ui

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/documents"
	"inboxuploader/uploader/receipt"
)

// sendingDocuments is openDesk with what can go with deliveries.
func sendingDocuments(t *testing.T, q *uploader.Queue, dir string, s Settings) *desk {
	t.Helper()
	s.Width, s.Height = 900, 620
	return openDesk(t, Config{
		Queue: q, Settings: s,
		Documents: &documents.Composer{
			Queue: q, Dir: dir, Now: time.Now, Version: "test",
		},
		HasSecret: func(text string) bool { return strings.Contains(text, "sig=") },
	})
}

// reviewed gives the window a token and a folder of two files.
func (d *desk) reviewed(inbox *localInbox) {
	d.t.Helper()
	d.useToken(inbox.token(time.Now().Add(48 * time.Hour)))
	d.drop(folder(d.t, "a.txt", "deeper/b.txt"))
	d.until("the review has counted", func() bool { return d.says("Send 2 files") })
}

// TestAManifestAndAMessageGoLast: they are chosen in the review, and told of once with the files.
func TestAManifestAndAMessageGoLast(t *testing.T) {
	inbox := startInbox(t, nil)
	d := sendingDocuments(t, queueOver(t, nil), t.TempDir(), DefaultSettings())
	d.reviewed(inbox)
	d.check("Add a list of checksums (SHA256SUMS)")
	d.tap("Message to the workspace…")
	d.write("message", "Take this: https://x/y?sig=abc")
	d.tap("Add the message")
	d.mustSay("There is a token in the message")
	d.write("message", "Run 7 is complete.\nLane 3 was repeated.")
	d.write("message_from", "Sequencing core")
	d.tap("Add the message")
	d.mustSay("Message: “Run 7 is complete.…”")
	d.fitsIn(d.window.Canvas().Size())
	d.tap("Send 2 files")
	d.until("all is delivered", func() bool { return d.says("All 4 files are in the inbox") })
	blobs := inbox.blobs()
	if got := blobs["SHA256SUMS"]; strings.Count(got, "\n") != 2 ||
		!strings.Contains(got, "  run_017/deeper/b.txt\n") {
		t.Errorf("SHA256SUMS is %q", got)
	}
	names := slices.DeleteFunc(slices.Collect(maps.Keys(blobs)), func(name string) bool {
		return !strings.HasPrefix(name, "delivery-")
	})
	if len(names) != 1 || !strings.Contains(blobs[names[0]], `Lane 3 was repeated.`) ||
		!strings.Contains(blobs[names[0]], `"Sequencing core"`) {
		t.Errorf("the notes are %v of %v", names, blobs)
	}
	d.until("it is told", func() bool { return d.events.named("notification") != nil })
	if e := d.events.named("notification"); !strings.HasPrefix(fmt.Sprint(e["words"]), "4 files") {
		t.Errorf("it tells of %v", e)
	}
	// What was chosen is chosen the next time; a message is not written twice.
	d.drop(folder(t, "c.txt"))
	d.until("the review has counted", func() bool { return d.says("Send 1 file") })
	d.mustSay("Message to the workspace…")
	if !d.box("Add a list of checksums (SHA256SUMS)").Checked {
		t.Error("the choice is forgotten")
	}
}

// TestWhatCouldNotGoLastGoesWithTheNextStart, and is spoken of.
func TestWhatCouldNotGoLastGoesWithTheNextStart(t *testing.T) {
	inbox := startInbox(t, nil)
	dir, q := filepath.Join(t.TempDir(), "documents"), queueOver(t, nil)
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := sendingDocuments(t, q, dir, Settings{Manifest: true})
	d.reviewed(inbox)
	d.tap("Send 2 files")
	d.until("it is told", func() bool { return d.says("could not be written on this computer") })
	d.mustSay("Your files are delivered.", "start Inbox Uploader again")
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	again := sendingDocuments(t, q, dir, Settings{})
	again.useToken(inbox.token(time.Now().Add(48 * time.Hour)))
	again.until("the list is there", func() bool { return inbox.blobs()["SHA256SUMS"] != "" })
}

// TestTheReceiptSaysWhatTheProgramKnows beside what was delivered: its version, for example.
func TestTheReceiptSaysWhatTheProgramKnows(t *testing.T) {
	inbox := startInbox(t, nil)
	var ended atomic.Bool
	q := queueOver(t, nil)
	d := openDesk(t, Config{Queue: q, ReceiptOptions: func(_ context.Context, ids []int64) (
		[]receipt.Option, func(),
	) {
		if len(ids) != 1 {
			t.Errorf("asked about %v", ids)
		}
		return []receipt.Option{receipt.By("version 9", time.Now())}, func() { ended.Store(true) }
	}})
	d.reviewed(inbox)
	d.tap("Send 2 files")
	d.until("all is delivered", func() bool { return d.says("All 2 files are in the inbox") })
	path := filepath.Join(t.TempDir(), "r.json")
	d.Window.queue.receipts.write(d.Window.queue.receipts.listed(), path)
	d.until("it is written", func() bool { return d.events.named("receipt") != nil })
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), "version 9") {
		t.Errorf("%v: %s", err, text)
	}
	d.until("it says that it is done", ended.Load)
}
