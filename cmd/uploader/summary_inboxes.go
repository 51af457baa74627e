package main

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/token"
)

// summaryInbox is the destination, with the workspace's names.
type summaryInbox struct {
	InboxID   string `json:"inboxid"`
	WsID      string `json:"wsid"`
	TID       string `json:"tid"`
	Storage   string `json:"storage"`
	Container string `json:"container"`
	Prefix    string `json:"prefix"`
}

func describeInbox(in token.Inbox) summaryInbox {
	f := token.Token{Inbox: in}.Fields(time.Time{})
	return summaryInbox{f.InboxID, f.WsID, f.TID, f.Storage, f.Container, f.Prefix}
}

// inboxCounts is what became of the files for one inbox. Its counts are those of the whole summary,
// of this inbox alone.
type inboxCounts struct {
	summaryInbox
	Delivered  int64 `json:"delivered"`
	Skipped    int64 `json:"skipped"`
	Failed     int64 `json:"failed"`
	Pending    int64 `json:"pending"`
	FilesTotal int64 `json:"files_total"`
	BytesTotal int64 `json:"bytes_total"`
	Unchanged  int64 `json:"unchanged"`
}

// inboxCounts returns the counts of each inbox, or those of the token's inbox if nothing was sent.
// It is never nil.
func (o *outcome) inboxCounts() []inboxCounts {
	all := []inboxCounts{}
	for _, t := range ledger.ByInbox(o.status.Transfers) {
		part := outcome{
			status: uploader.Status{
				Files: t.Files, Bytes: t.Bytes, Unchanged: t.Unchanged,
				Transfers: t.Transfers,
			},
		}
		all = append(all, inboxCounts{
			describeInbox(t.Inbox), part.delivered(), part.skipped(), part.failed(), part.pending(),
			part.total(), t.Bytes.Total(), part.unchanged(),
		})
	}
	if len(all) == 0 && o.token.Inbox.Container != "" {
		all = append(all, inboxCounts{summaryInbox: describeInbox(o.token.Inbox)})
	}
	return all
}

// destination names where the files went, for a person.
func (o *outcome) destination() string {
	if n := len(ledger.ByInbox(o.status.Transfers)); n > 1 {
		return fmt.Sprintf("%d inboxes", n)
	}
	return o.to
}

// inboxLines says for each of several inboxes how much is there.
func (o *outcome) inboxLines() (lines []string) {
	all := ledger.ByInbox(o.status.Transfers)
	if len(all) < 2 {
		return nil
	}
	for _, t := range all {
		lines = append(
			lines,
			fmt.Sprintf(
				"  %s of %s (%s) to %s",
				humanize.Comma(t.Files[ledger.Delivered]),
				fileCount(t.Files.Total()),
				humanize.Bytes(unsigned(t.Bytes[ledger.Delivered])),
				show.Text(t.Inbox.String()),
			),
		)
	}
	return lines
}
