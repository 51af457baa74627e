package ui

import (
	"context"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// Queue is the part of the engine that the window needs; [uploader.Queue] implements it. Any
// goroutine may call its methods. Those that take a context may block on the disk, so they are
// never called on Fyne's thread; none blocks on the network.
type Queue interface {
	Use(t token.Token) error
	Add(ctx context.Context, to token.Inbox, roots []string, o ledger.AddOptions) (int64, error)
	Adopt(ctx context.Context, want func(ledger.TransferStatus) bool) ([]ledger.Transfer, error)
	Resume(ctx context.Context, want func(ledger.TransferStatus) bool) ([]ledger.Transfer, error)
	Do(ctx context.Context, c ledger.Command) (int, error)
	Hide(ctx context.Context, c ledger.Command) ([]int64, error)
	Redirect(ctx context.Context, from string, to token.Inbox) (int, error)
	TryNow()
	Limit(bytesPerSecond int64)
	Connect(connections int)
	Hold(inbox string, why *problem.Error)
	Status() uploader.Status
	Rows(ctx context.Context, f ledger.Filter, from, n int) ([]ledger.Job, error)
	Delivered(ctx context.Context, transfers []int64, visit func(t ledger.Transfer,
		j ledger.Job) error) error
	Sent(ctx context.Context, inbox string) (*ledger.Sent, error)
	Changed() <-chan struct{}
}

// Inboxes are the saved inboxes, with their tokens in the keyring; [inboxes.Book] implements it.
// The methods may block on the disk and for as long as the keyring takes.
type Inboxes interface {
	List(ctx context.Context) ([]inboxes.Record, error)
	Add(ctx context.Context, name string, t token.Token, now time.Time,
		o inboxes.AddOptions) (inboxes.Record, error)
	Rename(ctx context.Context, name, to string) (inboxes.Record, error)
	Remove(ctx context.Context, name string, force bool) (inboxes.Record, error)
	Allow(ctx context.Context, name string, allowed bool) error
	Token(ctx context.Context, r inboxes.Record, hosts ...string) (token.Token, error)
}

// counted returns how many rows a filter without a text has according to the totals.
func counted(s *uploader.Status, f ledger.Filter) int {
	if f.States == nil {
		return int(s.FilesTotal())
	}
	n := int64(0)
	for _, state := range f.States {
		n += s.Files[state]
	}
	return int(n)
}

// waitsForToken reports whether an inbox waits for a person, rather than for the person's hours.
func waitsForToken(in *uploader.InboxStatus) bool {
	return in.Hold != nil && in.Hold.Reason != problem.OutsideHours
}

// unfinished counts the files whose sending has not ended.
func unfinished(s *uploader.Status) int64 { return notEnded(&s.Files) }

func notEnded(c *ledger.Counts) int64 {
	return c[ledger.Waiting] + c[ledger.Active] + c[ledger.Paused]
}

// needsPerson counts the files that need attention: they continue only when a person acts.
func needsPerson(s *uploader.Status) int64 {
	return s.Files[ledger.Attention] + s.Files[ledger.Failed]
}

// resting counts the unfinished files that wait for a person to resume them: paused ones, those of
// paused transfers, and those that an earlier run left.
func resting(s *uploader.Status) (n int64) {
	for i := range s.Transfers {
		t := &s.Transfers[i]
		if t.Paused || t.Owner == ledger.Nobody {
			n += notEnded(&t.Files)
		} else if t.Owner == ledger.Here {
			n += t.Files[ledger.Paused]
		}
	}
	return n
}

// going counts the unfinished files that this program sends or will send by itself, as soon as
// there are a token and a network.
func going(s *uploader.Status) (n int64) {
	for i := range s.Transfers {
		if t := &s.Transfers[i]; !t.Paused && t.Owner == ledger.Here {
			n += t.Files[ledger.Waiting] + t.Files[ledger.Active]
		}
	}
	return n
}
