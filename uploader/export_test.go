package uploader

import (
	"testing"
	"time"

	"inboxuploader/uploader/source"
)

// SetClosePatience makes Close wait that long for what nothing can end, until the test ends.
func SetClosePatience(t *testing.T, d time.Duration) {
	before := closePatience
	closePatience = d
	t.Cleanup(func() { closePatience = before })
}

// TakeAllForOld makes every file count as at rest until the test ends, for tests that need what is
// sent first to be what comes first.
func TakeAllForOld(t *testing.T) {
	before := restsAfter
	restsAfter = -24 * time.Hour
	t.Cleanup(func() { restsAfter = before })
}

// SetStat makes the queue's looks at disks that may not be there go to f. It goes before anything
// is added.
func (q *Queue) SetStat(f func(path string) (source.Info, error)) { q.disks.Stat = f }

// Sleep makes a queue's timers and clocks as they are after this computer slept for that long: the
// timers stood still.
func (q *Queue) Sleep(d time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, in := range q.order {
		in.skew += d // in a test the wall clock can't be moved
	}
}
