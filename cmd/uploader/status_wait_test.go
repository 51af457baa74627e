package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"inboxuploader/uploader/ledger"
)

// TestStatusWaitsForWhatOthersSend: until another program has delivered all, or was killed in the
// middle, which its exit code tells apart.
func TestStatusWaitsForWhatOthersSend(t *testing.T) {
	for name, killed := range map[string]bool{"delivered": false, "killed": true} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, "w")
			file := filepath.Join(t.TempDir(), "large.bin")
			if err := os.WriteFile(file, make([]byte, 1<<20), 0o600); err != nil {
				t.Fatal(err)
			}
			rate := "2MB"
			if killed {
				rate = "1KiB" // it does not end before
			}
			sending := l.command("copy", file, "--token-file", l.tokenFile, "--state-dir", l.state,
				"--limit-rate", rate, "--block-size", "64KiB")
			if err := sending.Start(); err != nil {
				t.Fatal(err)
			}
			for begun := time.Now(); !l.kept(t); {
				if time.Since(begun) > 30*time.Second {
					t.Fatal("nothing was added to the list")
				}
			}
			code := exitOK
			if killed {
				code = exitToken
				time.AfterFunc(100*time.Millisecond, func() { _ = sending.Process.Kill() })
			}
			l.outputOf(t, code, "status", "--wait", "--json")
			_ = sending.Wait() // killed or not
			s := l.statusOf(t)
			if len(s.Transfers) != 1 || (s.Transfers[0].State == "finished") == killed {
				t.Errorf("transfers %+v", s.Transfers)
			}
		})
	}
}

func TestOnlyWhatGoesOnByItselfIsWaitedFor(t *testing.T) {
	now := time.Now()
	going := ledger.TransferStatus{
		Transfer: ledger.Transfer{Owner: ledger.Elsewhere, Scanned: true, ValidTo: now},
		Files:    ledger.Counts{ledger.Waiting: 1},
	}
	for name, c := range map[string]struct {
		change func(t *ledger.TransferStatus)
		want   bool
	}{
		"waiting":               {func(*ledger.TransferStatus) {}, true},
		"still counting":        {func(t *ledger.TransferStatus) { t.Scanned, t.Files = false, ledger.Counts{} }, true},
		"of a token for ever":   {func(t *ledger.TransferStatus) { t.ValidTo = time.Time{} }, true},
		"of an expired token":   {func(t *ledger.TransferStatus) { t.ValidTo = now.Add(-time.Hour) }, false},
		"paused":                {func(t *ledger.TransferStatus) { t.Paused = true }, false},
		"paused one by one":     {func(t *ledger.TransferStatus) { t.Files = ledger.Counts{ledger.Paused: 1} }, false},
		"of nobody":             {func(t *ledger.TransferStatus) { t.Owner = ledger.Nobody }, false},
		"delivered and at rest": {func(t *ledger.TransferStatus) { t.Files = ledger.Counts{ledger.Delivered: 1} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			transfer := going
			c.change(&transfer)
			if got := goesOn(&transfer, now); got != c.want {
				t.Errorf("goesOn = %v", got)
			}
		})
	}
}
