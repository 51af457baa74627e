package ui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inboxuploader/uploader/ledger"
)

// TestTheHistoryKeepsWhatWasCleared by day and inbox, with a receipt of each.
func TestTheHistoryKeepsWhatWasCleared(t *testing.T) {
	day := time.Date(2026, 3, 4, 15, 0, 0, 0, time.Local)
	job := func(id int64, at time.Time, name string) ledger.Job {
		return ledger.Job{
			ID: id, State: ledger.Delivered, Blob: name, Source: "/data/" + name, Size: 500,
			Answer: ledger.Answer{Date: at, ETag: "0x1"},
		}
	}
	q := twoInboxes(1)
	f := deliveries{sieve: q, of: map[int64][]ledger.Job{
		1: {job(1, day, "a.txt"), job(2, day.Add(time.Hour), "b.txt"), job(3, day.AddDate(0, 0, 1), "c.txt")},
		2: {job(4, day, "d.txt")},
	}}
	where := filepath.Join(t.TempDir(), "receipt.csv")
	d := openDesk(t, Config{Queue: f, Desktop: Desktop{
		Save: func(context.Context, string, string, string, string) (string, error) {
			return where, nil
		},
	}})
	d.look()
	var open func()
	for _, item := range d.menus.all().Items {
		if item.Label == "History…" {
			open = item.Action
		}
	}
	open()
	d.mustSay("Counting your deliveries…")
	d.finish()
	d.mustSay("5 Mar 2026", "1 file · 500 B · cardio – 1", "4 Mar 2026", "2 files · 1.0 kB · cardio – 1",
		"1 file · 500 B · lung – 2")
	if all := strings.Join(d.texts(), "\n"); strings.Index(all, "5 Mar") > strings.Index(all, "4 Mar") {
		t.Error("the last day is not the first")
	}
	d.buttons("Save receipt…")[1].OnTapped()
	d.finish()
	text, err := os.ReadFile(where)
	if err != nil || !strings.Contains(string(text), "a.txt") || !strings.Contains(string(text),
		"b.txt") || strings.Contains(string(text), "c.txt") || strings.Contains(string(text), "d.txt") {
		t.Errorf("the receipt is %q: %v", text, err)
	}
	d.mustSay("Saved")
	d.window.Resize(smallest)
	d.fitsIn(smallest)
}

// deliveries is a queue that has delivered some files.
type deliveries struct {
	sieve
	of map[int64][]ledger.Job // by transfer
}

func (q deliveries) Delivered(
	_ context.Context, ids []int64, visit func(ledger.Transfer, ledger.Job) error,
) error {
	for i := range q.status.Transfers {
		t := &q.status.Transfers[i]
		if len(ids) > 0 && ids[0] != t.ID {
			continue
		}
		for _, j := range q.of[t.ID] {
			if err := visit(t.Transfer, j); err != nil {
				return err
			}
		}
	}
	return nil
}
