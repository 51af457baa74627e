package ui

import (
	"bytes"
	"strings"
	"testing"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// TestANotificationNamesNoInboxWhereThereAreSeveral that it may be about.
func TestANotificationNamesNoInboxWhereThereAreSeveral(t *testing.T) {
	for name, c := range map[string]struct {
		inboxes []string
		need    int64
		want    string
	}{
		"one":                     {[]string{"a"}, 0, "Everything is in the inbox"},
		"two":                     {[]string{"a", "b"}, 0, "Everything is delivered"},
		"one that needs a person": {[]string{"a"}, 1, "1 file needs attention"},
		"two that need a person":  {[]string{"a", "b"}, 1, "1 file needs attention"},
	} {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t, Config{Queue: newFew()})
			var said bytes.Buffer
			d.Window.events = &events{out: &said}
			var s uploader.Status
			for i, inbox := range c.inboxes {
				x := ledger.TransferStatus{Transfer: ledger.Transfer{
					ID: int64(i + 1), Inbox: inbox, Scanned: true,
					Options: ledger.AddOptions{
						Scan: scan.Options{Inbox: token.Inbox{Container: inbox}},
					},
				}}
				x.Files[ledger.Delivered] = 1
				s.Files[ledger.Delivered]++
				s.Transfers = append(s.Transfers, x)
				d.notifier.expect(x.ID)
			}
			s.Files[ledger.Attention] = c.need
			d.notifier.announce(&sample{}, &sample{status: s})
			var told string
			for line := range strings.Lines(said.String()) {
				if strings.Contains(line, "notification") {
					told = line
				}
			}
			if !strings.Contains(told, c.want) {
				t.Errorf("it says %s, want %q", told, c.want)
			}
			if len(c.inboxes) > 1 && strings.Contains(told, "the inbox") {
				t.Errorf("it says %s", told)
			}
		})
	}
}
