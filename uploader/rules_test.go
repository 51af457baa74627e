package uploader_test

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// TestNothingIsReplacedWhereThatIsForbidden: neither by what is added, nor by a command, nor by what
// was added before.
func TestNothingIsReplacedWhereThatIsForbidden(t *testing.T) {
	j := ledger.NewMemoryJournal()
	b := newBench(t, "w", uploader.Config{Journal: j})
	file := b.file("a.txt", 10)
	replace := ledger.AddOptions{Replace: true}
	b.add(replace, file)
	b.delivered(file)
	b.queue.Hold(b.inbox.Key(), problem.New("test", "", problem.TokenNeeded))
	if err := os.WriteFile(file, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.add(replace, file) // before the rule, and not sent
	b.restart(j, uploader.Config{NeverReplace: true})
	_, err := b.queue.Add(t.Context(), b.inbox, []string{file}, replace)
	if problem.ReasonOf(err) != problem.ReplaceForbidden {
		t.Errorf("added: %v", err)
	}
	_, err = b.queue.Do(t.Context(), ledger.Command{Verb: ledger.Replace})
	if problem.ReasonOf(err) != problem.ReplaceForbidden {
		t.Errorf("replaced: %v", err)
	}
	if err := b.wait(); err != nil {
		t.Fatal(err)
	}
	if s := b.queue.Status(); s.Files[ledger.LeftAlone] != 1 {
		t.Errorf("not left alone: %v", s.Files)
	}
}

// TestNoLimitGoesBeyondTheHighestSpeed: neither none at all, nor a higher one.
func TestNoLimitGoesBeyondTheHighestSpeed(t *testing.T) {
	for name, limit := range map[string]int64{"none": 0, "higher": 5000, "lower": 500} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{MaxRate: 1000})
				b.queue.Limit(limit)
				path := b.file("f", 10_000)
				begun := time.Now()
				b.add(ledger.AddOptions{}, path)
				b.delivered(path)
				want := 10 * time.Second
				if limit == 500 {
					want = 20 * time.Second
				}
				if took := time.Since(begun); took < want-time.Second || took > want+time.Second {
					t.Errorf("10,000 bytes took %v, want %v", took, want)
				}
				b.close()
			})
		})
	}
}
