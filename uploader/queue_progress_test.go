package uploader_test

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// line is a slow line to a store: it takes so many bytes per second from all requests together, and
// of each at once what fits into the buffers of the system.
type line struct {
	store.Store
	perSecond float64

	mu   sync.Mutex
	free time.Time // when it has carried all that it was given
	cut  bool      // nothing passes
}

const systemBuffer = 256 << 10

func (l *line) carry(ctx context.Context, n int) error {
	l.mu.Lock()
	if now := time.Now(); l.free.Before(now) {
		l.free = now
	}
	takes := time.Duration(float64(n) / l.perSecond * float64(time.Second))
	l.free = l.free.Add(takes)
	until := l.free
	l.mu.Unlock()
	select {
	case <-time.After(time.Until(until)):
		return nil
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		l.free = l.free.Add(-min(takes, time.Until(until))) // what is still in the system's buffers never leaves
		return context.Cause(ctx)
	}
}

// take reads a body as a connection does.
func (l *line) take(ctx context.Context, body *store.Body) (*store.Body, error) {
	data := make([]byte, 0, body.Len())
	part := make([]byte, 64<<10)
	ahead := 0
	for {
		n, err := body.Read(part)
		data = append(data, part[:n]...)
		l.mu.Lock()
		cut := l.cut
		l.mu.Unlock()
		if cut {
			return nil, problem.New("put", "", problem.NetworkDown)
		}
		if ahead += n; ahead > systemBuffer {
			if err := l.carry(ctx, ahead-systemBuffer); err != nil {
				return nil, err
			}
			ahead = systemBuffer
		}
		if errors.Is(err, io.EOF) {
			return store.NewBody(data, body.CRC64()), l.carry(ctx, ahead)
		}
		if err != nil {
			return nil, err
		}
	}
}

func (l *line) PutBlob(
	ctx context.Context, name string, body *store.Body, p store.Properties, c store.Condition,
) (ledger.Answer, error) {
	taken, err := l.take(ctx, body)
	if err != nil {
		return ledger.Answer{}, err
	}
	return l.Store.PutBlob(ctx, name, taken, p, c)
}

func (l *line) PutBlock(
	ctx context.Context, name, id string, body *store.Body,
) (ledger.Answer, error) {
	taken, err := l.take(ctx, body)
	if err != nil {
		return ledger.Answer{}, err
	}
	return l.Store.PutBlock(ctx, name, id, taken)
}

func (l *line) set(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
}

// sparse writes a file of zeros.
func sparse(t *testing.T, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "large")
	f, err := os.Create(path)
	if err == nil {
		err = f.Truncate(size)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// viewer looks at a queue once a second as a person does, and complains of what can't be.
type viewer struct {
	*testing.T
	queue  *uploader.Queue
	size   int64
	last   uploader.Status
	quiet  time.Duration // since something was confirmed last
	within time.Duration // after which something must have been
}

func (v *viewer) second() uploader.Status {
	v.Helper()
	time.Sleep(time.Second)
	s := v.queue.Status()
	v.quiet += time.Second
	if s.BytesDone != v.last.BytesDone {
		v.quiet = 0
	}
	rows, err := v.queue.Rows(v.Context(), ledger.Filter{States: []ledger.JobState{ledger.Active}},
		0, 1)
	switch {
	case err != nil:
		v.Fatal(err)
	case s.BytesDone < v.last.BytesDone || s.Percent() < v.last.Percent():
		v.Errorf("backwards: from %d to %d bytes, from %d to %d %%", v.last.BytesDone, s.BytesDone,
			v.last.Percent(), s.Percent())
	case s.BytesOnWay < 0 || s.BytesDone+s.BytesOnWay > v.size:
		v.Errorf("%d bytes confirmed and %d on the way of %d", s.BytesDone, s.BytesOnWay, v.size)
	case (s.Percent() == 100) != (s.Files[ledger.Delivered] == 1):
		v.Errorf("%d %% of %v", s.Percent(), s.Files)
	case len(rows) == 1 && rows[0].Speed > 0 && (rows[0].OnWay != s.BytesOnWay ||
		math.Abs(rows[0].Speed-s.Speed) > s.Speed/20):
		v.Errorf("the row says %d and %.0f bytes/s, the totals %d and %.0f", rows[0].OnWay,
			rows[0].Speed, s.BytesOnWay, s.Speed)
	}
	if v.within > 0 && v.quiet > v.within && v.last.BytesDone < v.size {
		v.Errorf("nothing was confirmed for %v at %d of %d bytes", v.quiet, s.BytesDone, v.size)
	}
	v.last = s
	return s
}

// near checks a speed, and the time that is left at it.
func (v *viewer) near(s uploader.Status, perSecond float64) {
	v.Helper()
	if math.Abs(s.Speed-perSecond) > perSecond/10 {
		v.Errorf("%.0f bytes/s, want about %.0f", s.Speed, perSecond)
	}
	if want := float64(s.BytesLeft()) / perSecond; math.Abs(s.Left.Seconds()-want) > want/8 {
		v.Errorf("%v left, want about %.0f s", s.Left, want)
	}
}

// over returns a queue that sends over the line, with block sizes as it chooses them.
func over(t *testing.T, l *line, c uploader.Config) *bench {
	t.Helper()
	return overStore(t, l, c)
}

func overStore(t *testing.T, s store.Store, c uploader.Config) *bench {
	t.Helper()
	c.Open = func(token.Token) (store.Store, error) { return s, nil }
	q, err := uploader.NewQueue(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, queue: q, inbox: tokenOf("w").Inbox}
	t.Cleanup(func() { b.close() })
	if err := q.Use(tokenOf("w")); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSpeedAndTimeLeftAreThoseOfTheLine: from the tenth second to the last, over a slow line and
// under a limit; and something is confirmed every few seconds.
func TestSpeedAndTimeLeftAreThoseOfTheLine(t *testing.T) {
	for name, c := range map[string]struct {
		line   float64
		limit  int64
		within time.Duration
	}{
		"a slow line": {1e6, 0, 8 * time.Second},
		"a limit":     {1e9, 2e6, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const size = 60e6
				l := &line{Store: uploadertest.NewStore(), perSecond: c.line}
				b := over(t, l, uploader.Config{Rate: c.limit})
				v := &viewer{T: t, queue: b.queue, size: size, within: c.within}
				b.add(ledger.AddOptions{}, sparse(t, size))
				for second := 1; second < 100 && v.last.Files[ledger.Delivered] == 0; second++ {
					s := v.second()
					switch {
					case second < 10 && s.Speed+float64(s.Left) > 0:
						t.Errorf("after %d s: %.0f bytes/s, %v left", second, s.Speed, s.Left)
					case second > 10 && s.BytesLeft() > 5e6:
						v.near(s, min(c.line, max(float64(c.limit), 1e6)))
					}
				}
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if s := b.queue.Status(); s.BytesOnWay != 0 || s.Percent() != 100 {
					t.Errorf("%d bytes on the way, %d %%", s.BytesOnWay, s.Percent())
				}
			})
		})
	}
}

// TestALargeFileIsPlannedAnewForASlowLine: where nothing was known of the line, so that something
// is confirmed soon, for the little that had left by then; over a fast line its blocks stay.
func TestALargeFileIsPlannedAnewForASlowLine(t *testing.T) {
	for name, c := range map[string]struct {
		perSecond float64
		want      int64
	}{
		"1.5 MB/s": {1.5e6, 1 << 20},
		"50 kB/s":  {50e3, 256 << 10},
		"5 MB/s":   {5e6, 8 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := uploadertest.NewStore()
				store.Discard()
				l := &line{Store: store, perSecond: c.perSecond}
				b := over(t, l, uploader.Config{Connections: 4})
				v := &viewer{T: t, queue: b.queue, size: 2 << 30}
				b.add(ledger.AddOptions{}, sparse(t, v.size))
				for range 20 {
					v.second()
				}
				if v.last.BytesDone == 0 && c.perSecond > 100e3 {
					t.Error("nothing is confirmed after 20 s")
				}
				v.within = 4*time.Duration(float64(c.want)/c.perSecond*float64(time.Second)) +
					8*time.Second
				for range 5 {
					v.second()
				}
				rows, err := b.queue.Rows(t.Context(), ledger.Filter{}, 0, 1)
				if err != nil || len(rows) != 1 || rows[0].BlockSize != c.want {
					t.Fatalf("%+v, %v, want blocks of %d bytes", rows, err, c.want)
				}
				if lost := v.last.BytesSent - v.last.BytesDone; float64(lost) > 4*c.perSecond+8*systemBuffer {
					t.Errorf("%d bytes were sent for nothing", lost)
				}
			})
		})
	}
}

// TestSpeedIsThatOfSending: a pause, a broken line and another run make it neither slower nor
// faster, and a new run is silent until it knows; only what was measured is kept for the next.
func TestSpeedIsThatOfSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 200e6
		l := &line{Store: uploadertest.NewStore(), perSecond: 1e6}
		journal := ledger.NewMemoryJournal()
		b := over(t, l, uploader.Config{Journal: journal, Connections: 4})
		v := &viewer{T: t, queue: b.queue, size: size}
		b.add(ledger.AddOptions{}, sparse(t, size))
		seconds := func(n int) {
			for range n {
				v.second()
			}
		}
		do := func(verb ledger.Verb) {
			if _, err := b.queue.Do(t.Context(), ledger.Command{Verb: verb}); err != nil {
				t.Fatal(err)
			}
		}
		blockSize := func() int64 {
			rows, err := b.queue.Rows(t.Context(), ledger.Filter{}, 0, 1)
			if err != nil || len(rows) != 1 {
				t.Fatal(rows, err)
			}
			return rows[0].BlockSize
		}
		seconds(30)
		v.near(v.last, 1e6)
		planned := blockSize()
		do(ledger.Pause)
		seconds(20) // what is under way is brought to its end
		paused := v.last.Speed
		time.Sleep(5 * time.Hour)
		if seconds(1); v.last.Speed != paused {
			t.Errorf("%.0f bytes/s after a pause, %.0f before", v.last.Speed, paused)
		}
		do(ledger.Resume)
		for range 20 {
			v.near(v.second(), 1e6)
		}
		l.set(true)
		seconds(600)
		l.set(false)
		for v.last.BytesOnWay == 0 {
			v.second()
		}
		for range 20 {
			v.near(v.second(), 1e6)
		}
		b.close()
		if err := journal.Close(); err != nil {
			t.Fatal(err)
		}
		b = over(t, l, uploader.Config{Journal: journal, Connections: 4})
		v.queue = b.queue
		if _, err := b.queue.Adopt(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		seconds(9)
		if kept := v.last.Inboxes[0].Speed; v.last.Speed != 0 || v.last.Left != 0 ||
			math.Abs(kept-1e6) > 1e5 {
			t.Errorf("another run says %.0f bytes/s, %v left; kept were %.0f bytes/s", v.last.Speed,
				v.last.Left, kept)
		}
		seconds(5)
		v.near(v.last, 1e6)
		if blockSize() != planned {
			t.Errorf("blocks of %d bytes, planned with %d", blockSize(), planned)
		}
	})
}

// TestARunThatTellsNothingKeepsNoSpeed: one that was too short, or sent next to empty files.
func TestARunThatTellsNothingKeepsNoSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{Store: uploadertest.NewStore(), perSecond: 1e6}
		journal := ledger.NewMemoryJournal()
		b := over(t, l, uploader.Config{Journal: journal})
		b.add(ledger.AddOptions{}, sparse(t, 60e6))
		time.Sleep(9 * time.Second)
		b.close()
		if err := journal.Close(); err != nil {
			t.Fatal(err)
		}
		b = over(t, l, uploader.Config{Journal: journal})
		if s := b.queue.Status(); s.Inboxes[0].Speed != 0 || s.Transfers[0].Speed != 0 {
			t.Errorf("nine seconds of sending are kept as %+v", s.Inboxes[0])
		}
	})
}

// TestWhereBytesSayNothingFilesCount: empty files have a share and a time that is left, which are
// never those of nothing.
func TestWhereBytesSayNothingFilesCount(t *testing.T) {
	var s uploader.Status
	s.Files[ledger.Delivered], s.Files[ledger.Waiting] = 129_442, 870_558
	if n := s.Percent(); n != 12 {
		t.Errorf("%d %% of a million empty files, want 12", n)
	}
	s.Bytes[ledger.Delivered], s.BytesDone = 1000, 1000
	if n := s.Percent(); n != 12 {
		t.Errorf("%d %% of a million files with 1,000 bytes, want 12", n)
	}
	s.Files[ledger.Waiting] = 0
	if n := s.Percent(); n != 100 {
		t.Errorf("%d %% of what was delivered", n)
	}
}

func TestProgressIsCompleteOnlyWhenEveryFileHasEnded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s uploader.Status
		for i := range s.Files {
			s.Files[i] = rapid.Int64Range(0, 3).Draw(t, "files")
			if s.Files[i] > 0 {
				s.Bytes[i] = rapid.Int64Range(0, 1e12).Draw(t, "bytes")
			}
		}
		s.Scanning = rapid.Bool().Draw(t, "scanning")
		open := s.Bytes[ledger.Waiting] + s.Bytes[ledger.Active] + s.Bytes[ledger.Paused]
		s.BytesDone = s.Bytes[ledger.Delivered] + rapid.Int64Range(0, open).Draw(t, "done")
		ended := !s.Scanning && s.FilesLeft() == 0 && s.FilesTotal() > 0
		if n := s.Percent(); n < 0 || n > 100 || (n == 100) != ended {
			t.Errorf("%d %% of %+v", n, s)
		}
	})
}

// TestTryNow: what waits for the network is tried when a person says so.
func TestTryNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{Connections: 2})
		b.store.Fail(uploadertest.AnyOp, "", 20, uploadertest.Refuse(problem.NetworkDown))
		path := b.file("a", 100)
		b.add(ledger.AddOptions{}, path)
		waits := func() bool {
			in := b.queue.Status().Inboxes[0]
			return in.Trouble != nil && time.Until(in.Until) > 5*time.Second
		}
		for !waits() {
			time.Sleep(10 * time.Millisecond)
		}
		for range 20 { // each makes one request, which uses a fault up
			b.queue.TryNow()
			synctest.Wait()
		}
		begun := time.Now()
		b.delivered(path)
		if waited := time.Since(begun); waited > 0 {
			t.Errorf("it still waited %v", waited)
		}
		b.close()
	})
}
