package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// TestTroubleIsToldWhenItBegins: also where the line that is kept up to date is too short for it.
func TestTroubleIsToldWhenItBegins(t *testing.T) {
	busy := uploader.Status{
		Inboxes: []uploader.InboxStatus{
			{Unfinished: 1, Trouble: problem.New("put", "", problem.NotTheService)},
		},
	}
	for name, watch := range map[string]func(*console, *watched, <-chan error) error{
		"line": (*console).watchLine, "plain": (*console).watchPlain,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out strings.Builder
				c := &console{stderr: &out, env: noEnvironment}
				begun, done := time.Now(), make(chan error, 1)
				time.AfterFunc(9*time.Second+recount/2, func() { done <- nil })
				err := watch(c, &watched{words: progressParts, status: func() uploader.Status {
					if second := time.Since(begun) / time.Second; second == 4 || second == 5 {
						return uploader.Status{} // it passes, and begins once more
					}
					return busy
				}}, done)
				if err != nil {
					t.Fatal(err)
				}
				if n := strings.Count(out.String(), "sign-in page; trying again in 1 s. Open a "+
					"web browser"); n != 2 {
					t.Errorf("told %d times, not twice:\n%s", n, out.String())
				}
			})
		})
	}
}

func TestProgressLine(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	files := func(waiting, active, delivered int64) (f ledger.Counts) {
		f[ledger.Waiting], f[ledger.Active], f[ledger.Delivered] = waiting, active, delivered
		return f
	}
	status := func(change func(*uploader.Status)) uploader.Status {
		s := uploader.Status{
			Files: files(1200, 3, 41), Bytes: files(2_000_000_000, 400_000_000, 600_000_000),
			BytesDone: 900_000_000, BytesOnWay: 50_000_000, Speed: 12_300_000,
			Left: 171 * time.Second,
		}
		if change != nil {
			change(&s)
		}
		return s
	}
	for name, c := range map[string]struct {
		status uploader.Status
		width  int
		want   string
	}{
		"all of it": {status(nil), 120, "41 of 1,244 files · 900 MB of 3.0 GB, 30 % · 12 MB/s · " +
			"about 2 min 51 s left · 50 MB on the way"},
		"narrow":        {status(nil), 60, "41 of 1,244 files · 900 MB of 3.0 GB, 30 % · 12 MB/s"},
		"very narrow":   {status(nil), 20, "41 of 1,244 files"},
		"hardly a line": {status(nil), 6, "41 of"},
		"counting": {
			status(func(s *uploader.Status) { s.Scanning, s.Left = true, 0 }), 120,
			"41 of 1,244 files, still counting · 900 MB of 3.0 GB · 12 MB/s · 50 MB on the way",
		},
		"nothing acknowledged yet": {
			status(func(s *uploader.Status) {
				s.BytesDone, s.Bytes, s.BytesOnWay, s.Speed, s.Left = 0, files(8e6, 0, 0), 950_000, 0, 0
			}), 120,
			"41 of 1,244 files · 0 B of 8.0 MB, 0 % · 950 kB on the way",
		},
		"nothing left yet": {
			status(func(s *uploader.Status) {
				s.BytesDone, s.Bytes, s.BytesOnWay, s.Speed, s.Left, s.Busy = 0, files(8e6, 0, 0), 0, 0, 0, 4
			}), 120,
			"41 of 1,244 files · 0 B of 8.0 MB, 0 % · starting",
		},
		"too little to know the speed": {
			status(func(s *uploader.Status) { s.BytesDone, s.Speed, s.Left, s.BytesOnWay = 9, 0, 0, 0 }), 120,
			"41 of 1,244 files · 9 B of 3.0 GB, 0 %",
		},
		"a million empty files": {
			status(func(s *uploader.Status) {
				*s = uploader.Status{Files: files(870_558, 0, 129_442), Left: 171 * time.Second}
			}), 120,
			"129,442 of 1,000,000 files · 12 % · about 2 min 51 s left",
		},
		"paused files have not ended": {
			status(func(s *uploader.Status) {
				*s = uploader.Status{BytesDone: 5}
				s.Files[ledger.Paused], s.Bytes[ledger.Paused] = 1, 10
			}), 120,
			"0 of 1 file · 5 B of 10 B, 0 %",
		},
		"not committed yet": {
			status(func(s *uploader.Status) {
				s.Files, s.BytesDone, s.BytesOnWay, s.Left = files(0, 1, 2), 3_000_000_000, 0, 0
			}), 120,
			"2 of 3 files · 3.0 GB of 3.0 GB, 99 % · waiting for the storage to confirm",
		},
		"committed": {
			status(func(s *uploader.Status) {
				s.Files, s.BytesDone, s.BytesOnWay, s.Left = files(0, 0, 3), 3_000_000_000, 0, 0
			}), 120,
			"3 of 3 files · 3.0 GB of 3.0 GB, 100 %",
		},
		"waiting for the network": {
			status(func(s *uploader.Status) {
				s.Inboxes = []uploader.InboxStatus{{
					Unfinished: 4, Trouble: problem.New("put", "", problem.NetworkDown),
					Until: now.Add(25 * time.Second),
				}}
			}), 120,
			"41 of 1,244 files · 900 MB of 3.0 GB, 30 % · The storage can't be reached; trying " +
				"again in 25 s",
		},
		"waiting for a disk": {
			status(func(s *uploader.Status) {
				e := problem.New("read", "", problem.SourceAway)
				e.Value = "/media/usb"
				s.Transfers = []ledger.TransferStatus{{Away: e}}
			}), 160,
			"41 of 1,244 files · 900 MB of 3.0 GB, 30 % · The disk with “/media/usb” is not " +
				"connected. Reconnect it; the upload then continues by itself",
		},
		"waiting for room on the disk of the state folder": {
			status(func(s *uploader.Status) { s.Journal = problem.New("write", "", problem.JournalFull) }), 200,
			"41 of 1,244 files · 900 MB of 3.0 GB, 30 % · The disk with the upload list is " +
				"full. Free some space on it; sending then continues by itself",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, fit(progressParts(c.status, now), c.width)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestALineNeverFillsTheTerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.StringMatching(`[a-zé ]{1,30}`), 1, 6).Draw(t, "parts")
		width := rapid.IntRange(2, 100).Draw(t, "width")
		if line := fit(parts, width); utf8.RuneCountInString(line) >= width {
			t.Errorf("%q in %d columns", line, width)
		}
	})
}

func TestShownNamesHaveNothingThatMovesTheCursor(t *testing.T) {
	if got := show.Text("plain ä 数据.csv"); got != "plain ä 数据.csv" {
		t.Errorf("a plain name became %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		name := string(rapid.SliceOf(rapid.Byte()).Draw(t, "name"))
		for _, r := range show.Text(name) {
			if !unicode.IsPrint(r) {
				t.Errorf("%q has %U", show.Text(name), r)
			}
		}
	})
}

func TestWrapKeepsEveryWord(t *testing.T) {
	text := "Left out on purpose: 1 system file or folder, 1 link, 1 named pipe, 2 empty " +
		"folders. To send what links point to, add --follow-symlinks."
	lines := wrap(text, 50)
	for _, l := range lines {
		if len(l) >= 50 {
			t.Errorf("%q is too long", l)
		}
	}
	if got := strings.Join(lines, " "); got != text || len(lines) < 3 {
		t.Errorf("%q", lines)
	}
	for _, whole := range []string{"", "  a name with " + strings.Repeat("long ", 20)} {
		if diff := cmp.Diff([]string{whole}, wrap(whole, 30)); diff != "" {
			t.Error(diff)
		}
	}
}
