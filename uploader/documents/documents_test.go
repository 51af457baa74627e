package documents

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/source"
)

// transfer is a finished one that delivered so many files.
func transfer(id, delivered, unchanged int64, change func(*ledger.TransferStatus)) (
	t ledger.TransferStatus,
) {
	t.ID, t.Scanned, t.Unchanged.Files = id, true, unchanged
	t.Files[ledger.Delivered] = delivered
	if change != nil {
		change(&t)
	}
	return t
}

func manifested(t *ledger.TransferStatus) { t.Options.Manifest = source.SHA256 }
func noted(t *ledger.TransferStatus)      { t.Options.Note.Text = "complete" }

// TestOwed: documents go once with what they tell of, and again once that is more.
func TestOwed(t *testing.T) {
	told := func(of, files int64) ledger.TransferStatus {
		return transfer(100+of, 1, 0, func(t *ledger.TransferStatus) {
			t.Options.Accompanies = []ledger.Accompanied{{Transfer: of, Files: files}}
		})
	}
	for name, c := range map[string]struct {
		all  []ledger.TransferStatus
		want []int64
	}{
		"none asked for": {[]ledger.TransferStatus{transfer(1, 3, 0, nil)}, nil},
		"a list":         {[]ledger.TransferStatus{transfer(1, 3, 0, manifested)}, []int64{1}},
		"a list of what was there": {
			[]ledger.TransferStatus{transfer(1, 0, 3, manifested)}, []int64{1},
		},
		"a note": {[]ledger.TransferStatus{transfer(1, 3, 0, noted)}, []int64{1}},
		"a note of nothing new": {
			[]ledger.TransferStatus{transfer(1, 0, 3, noted)}, nil,
		},
		"nothing delivered": {[]ledger.TransferStatus{transfer(1, 0, 0, manifested)}, nil},
		"not finished": {[]ledger.TransferStatus{transfer(1, 3, 0, func(t *ledger.TransferStatus) {
			manifested(t)
			t.Files[ledger.Paused] = 1
		})}, nil},
		"sent": {[]ledger.TransferStatus{transfer(1, 3, 0, manifested), told(1, 3)}, nil},
		"more since": {
			[]ledger.TransferStatus{transfer(1, 4, 0, manifested), told(1, 3)}, []int64{1},
		},
		"more since, and sent": {
			[]ledger.TransferStatus{transfer(1, 4, 0, manifested), told(1, 3), told(1, 4)}, nil,
		},
		"of another": {
			[]ledger.TransferStatus{transfer(1, 3, 0, manifested), told(2, 3)}, []int64{1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []int64
			for _, o := range Owed(c.all) {
				got = append(got, o.ID)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("owed (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDue: what could not be written is returned again only once there is more to tell, and what
// another process delivered is left to it.
func TestDue(t *testing.T) {
	var c Composer
	ids := func(all ...ledger.TransferStatus) (ids []int64) {
		for _, d := range c.Due(all, nil) {
			ids = append(ids, d.ID)
		}
		return ids
	}
	theirs := transfer(2, 3, 0, func(t *ledger.TransferStatus) {
		manifested(t)
		t.Owner = ledger.Elsewhere
	})
	for i, want := range [][]int64{{1}, nil} {
		if diff := cmp.Diff(want, ids(transfer(1, 3, 0, manifested), theirs)); diff != "" {
			t.Errorf("look %d (-want +got):\n%s", i, diff)
		}
	}
	if diff := cmp.Diff([]int64{1}, ids(transfer(1, 4, 0, manifested))); diff != "" {
		t.Errorf("more since (-want +got):\n%s", diff)
	}
	none := func(ledger.TransferStatus) bool { return false }
	if due := c.Due([]ledger.TransferStatus{transfer(3, 1, 0, manifested)}, none); due != nil {
		t.Errorf("not wanted: %v", due)
	}
}
