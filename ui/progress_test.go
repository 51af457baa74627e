package ui

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/token"
)

// TestProgressMovesBeforeAnythingIsConfirmed: what is handed over is seen, what is confirmed
// counts, and nothing is said of a speed or a time before these are known.
func TestProgressMovesBeforeAnythingIsConfirmed(t *testing.T) {
	const mb = 1e6
	for name, c := range map[string]struct {
		job   ledger.Job
		speed float64
		row   string
		head  string
	}{
		"begun": {ledger.Job{}, 0, "Starting…", "0 B / 60 MB · 0 % · Starting…"},
		"handed": {
			ledger.Job{OnWay: 3 * mb},
			0, "Sending · 3.0 MB on the way",
			"0 B / 60 MB · 0 % · 3.0 MB on the way",
		},
		"confirmed": {
			ledger.Job{Done: 22 * mb, OnWay: 3 * mb},
			0, "Sending · 36 % · 22 MB",
			"22 MB / 60 MB · 36 %",
		},
		"measured": {
			ledger.Job{Done: 22 * mb, OnWay: 3 * mb},
			2 * mb,
			"Sending · 36 % · 22 MB · 2.0 MB/s",
			"22 MB / 60 MB · 36 % · about 19 s left · 2.0 MB/s",
		},
		"all handed": {
			ledger.Job{Done: 56 * mb, OnWay: 4 * mb},
			0,
			"Waiting for confirmation · 93 %", "56 MB / 60 MB · 93 % · Waiting for confirmation",
		},
		"not committed": {
			ledger.Job{Done: 60 * mb},
			0, "Waiting for confirmation · 99 %",
			"60 MB / 60 MB · 99 % · Waiting for confirmation",
		},
		"pausing": {
			ledger.Job{Done: 22 * mb, Stopping: true, Becomes: ledger.Paused},
			0,
			"Pausing… · 36 %", "22 MB / 60 MB · 36 %",
		},
		"cancelling": {
			ledger.Job{Done: 22 * mb, Stopping: true, Becomes: ledger.Cancelled},
			0,
			"Cancelling… · 36 %", "22 MB / 60 MB · 36 %",
		},
	} {
		t.Run(name, func(t *testing.T) {
			j := c.job
			j.Blob, j.Source, j.Size, j.State, j.Speed = "large.bam", "/data/large.bam", 60*mb,
				ledger.Active, c.speed
			q := newFew(j)
			s := &q.status
			s.Bytes[ledger.Active], s.BytesDone, s.BytesOnWay, s.Busy = j.Size, j.Done, j.OnWay, 4
			if s.Speed = c.speed; s.Speed > 0 {
				s.Left = time.Duration(float64(s.BytesLeft()) / s.Speed * float64(time.Second))
			}
			d := openDesk(t, Config{Queue: q})
			d.look()
			d.look()
			d.mustSay(c.row)
			if got := d.Window.queue.totals.words.content; got != c.head {
				t.Errorf("the totals say %q, want %q", got, c.head)
			}
			if b := d.Window.queue.totals.bar; b.share > b.handed || b.share > 0.995 ||
				b.handed > 1 {
				t.Errorf("the bar shows %v confirmed and %v handed over", b.share, b.handed)
			}
		})
	}
}

// TestWhereBytesSayNothingFilesCount: a million empty files have a progress.
func TestWhereBytesSayNothingFilesCount(t *testing.T) {
	c := newCrowd(0)
	c.status = uploader.Status{Busy: 8, Left: 61 * time.Second}
	c.status.Files[ledger.Delivered], c.status.Files[ledger.Waiting] = 129_442, 870_558
	c.status.Transfers = []ledger.TransferStatus{{Transfer: ledger.Transfer{
		ID: 1, Scanned: true,
		Owner: ledger.Here,
	}, Files: c.status.Files}}
	d := openDesk(t, Config{Queue: c})
	d.look()
	d.mustSay("129,442 of 1,000,000 files delivered")
	if got, want := d.Window.queue.totals.words.content,
		"12 % · about 1 min 1 s left"; got != want {
		t.Errorf("the totals say %q, want %q", got, want)
	}
	if share := d.Window.queue.totals.bar.share; share < 0.12 || share > 0.13 {
		t.Errorf("the bar shows %v", share)
	}
}

// TestWhatWasInterruptedSaysSo, in the totals and the rows; what a person paused is paused.
func TestWhatWasInterruptedSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		paused    bool
		head, row string
	}{
		"interrupted": {false, "Interrupted: 0 of 1 files delivered", "Interrupted · 36 %"},
		"paused":      {true, "Paused: 0 of 1 files delivered", "Paused · 36 %"},
	} {
		t.Run(name, func(t *testing.T) {
			q := newFew(ledger.Job{
				Blob: "large.bam", Source: "/data/large.bam", Size: 60, Done: 22,
				State: ledger.Waiting,
			})
			q.status.Transfers[0].Owner, q.status.Transfers[0].Paused = ledger.Nobody, c.paused
			d := openDesk(t, Config{Queue: q})
			d.look()
			d.look()
			d.mustSay(c.head, c.row)
		})
	}
}

// TestTheReviewForecastsOnlyWhatItKnows: nothing where no speed was measured; else at the speed
// that was, or at the limit.
func TestTheReviewForecastsOnlyWhatItKnows(t *testing.T) {
	for name, c := range map[string]struct {
		speed float64
		limit int64
		says  string
	}{
		"never measured":             {0, 0, ""},
		"never measured, with limit": {0, 1000, ""},
		"measured":                   {1000, 0, "About 16 min at 1.0 kB/s"},
		"limited":                    {1e6, 1000, "About 16 min at 1.0 kB/s"},
		"too fast to speak of":       {1e9, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			q := newCrowd(0)
			token, err := token.Parse(someToken())
			if err != nil {
				t.Fatal(err)
			}
			q.status = uploader.Status{Inboxes: []uploader.InboxStatus{{
				Inbox: token.Inbox.Key(),
				Speed: c.speed,
			}}}
			d := openDesk(t, Config{Queue: q})
			d.settings.Rate = c.limit
			d.clipboard(someToken())
			d.intake.pasted()
			d.tap("Use this token")
			d.look()
			run := folder(t, "a.txt")
			if err := os.Truncate(filepath.Join(run, "a.txt"), 1e6); err != nil {
				t.Fatal(err)
			}
			d.drop(run)
			d.until("it is counted", func() bool { return d.events.named("reviewed") != nil })
			if c.says != "" {
				d.mustSay(c.says)
			} else if d.says("About ") {
				t.Errorf("a forecast without data: %q", d.texts())
			}
		})
	}
}
