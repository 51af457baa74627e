package uploader_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/uploadertest"
)

// TestWhatIsHiddenIsPassedOver by whoever asks for what is shown, page by page and in the counts,
// and by nobody else. What is done with it meanwhile counts.
func TestWhatIsHiddenIsPassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{Connections: 1})
		gate := make(chan struct{})
		b.store.Fail(uploadertest.PutBlob, "", 1, uploadertest.Hold(gate))
		for i := range 700 {
			b.file(fmt.Sprintf("d/f%03d", i), 10)
		}
		b.add(ledger.AddOptions{}, b.dir)
		synctest.Wait()
		all, err := b.queue.Rows(t.Context(), ledger.Filter{}, 0, 1000)
		if err != nil || len(all) != 700 {
			t.Fatalf("%d rows: %v", len(all), err)
		}
		active, err := b.queue.Rows(t.Context(),
			ledger.Filter{States: []ledger.JobState{ledger.Active}}, 0, 10)
		if err != nil || len(active) != 1 {
			t.Fatalf("%d files are being sent: %v", len(active), err)
		}
		rest, err := b.queue.Rows(t.Context(), ledger.Filter{Without: []int64{active[0].ID}}, 10, 5)
		if err != nil || len(rest) != 5 || rest[0].ID != all[11].ID {
			t.Errorf("without the one that is being sent, %v are there: %v", rest, err)
		}
		var ids, want []int64
		for i := range all {
			if i < 3 || i%7 == 0 || all[i].ID/ledger.BatchSize == all[300].ID/ledger.BatchSize {
				ids = append(ids, all[i].ID)
			} else {
				want = append(want, all[i].ID)
			}
		}
		hide := func(c ledger.Command) []int64 {
			t.Helper()
			going, err := b.queue.Hide(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			return going
		}
		check := func(states ...ledger.JobState) {
			t.Helper()
			var got []int64
			for from := 0; ; from += 50 {
				page, err := b.queue.Rows(t.Context(),
					ledger.Filter{States: states, Shown: true}, from, 50)
				if err != nil {
					t.Fatal(err)
				}
				for i := range page {
					got = append(got, page[i].ID)
				}
				if len(page) < 50 {
					break
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("shown (-want +got):\n%s", diff)
			}
			if rows, _ := b.queue.Rows(t.Context(), ledger.Filter{}, 0, 1000); len(rows) != 700 {
				t.Errorf("there are %d rows in all", len(rows))
			}
			s := b.queue.Status().Transfers[0]
			if n := s.Files.Total() - s.Hidden.Files.Total(); n != int64(len(want)) {
				t.Errorf("%d are counted as shown, want %d", n, len(want))
			}
		}
		going := hide(ledger.Command{Verb: ledger.Remove, Jobs: ids})
		if diff := cmp.Diff(ids, going); diff != "" {
			t.Errorf("going (-want +got):\n%s", diff)
		}
		check()
		check(ledger.Waiting)
		b.do(ledger.Command{Verb: ledger.Pause, Jobs: going})
		close(gate)
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		check(ledger.Delivered)
		if n := b.store.Count(uploadertest.PutBlob); n > len(want)+1 { // one was on its way
			t.Errorf("%d files were sent, want %d", n, len(want))
		}
		b.do(ledger.Command{Verb: ledger.Remove, Jobs: ids})
		hide(ledger.Command{})
		if s := b.queue.Status(); s.Files.Total() != int64(len(want)) || s.Transfers[0].Hidden != nil {
			t.Errorf("%d files are left, want %d", s.Files.Total(), len(want))
		}
		b.close()
	})
}
