package uploader_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// unanswered is a request that the service may have carried out, and did not.
func unanswered(gate <-chan struct{}) uploadertest.Fault {
	e := problem.New("put", "", problem.NetworkDown)
	e.Unanswered = true
	f := uploadertest.RefuseWith(e)
	f.Gate = gate
	return f
}

// theirs puts somebody else's blob under a name.
func (b *bench) theirs(name string) {
	b.Helper()
	if _, err := b.store.PutBlob(b.Context(), name, uploadertest.NewBody([]byte("theirs")), store.Properties{}, store.Condition{}); err != nil {
		b.Fatal(err)
	}
}

// only checks that the only job is in a state and that the inbox has these bytes under its name,
// and nothing else.
func (b *bench) only(name string, state ledger.JobState, want []byte) {
	b.Helper()
	if err := b.wait(); err != nil {
		b.Fatal(err)
	}
	if j := b.job(name); j.State != state || j.Blob != name {
		b.Errorf("the job is %v as %q (%v), want %v as %q", j.State, j.Blob, j.Problem, state, name)
	}
	if got, _ := b.store.Blob(name); !bytes.Equal(got, want) {
		b.Errorf("%q has %d bytes, %.10q, want %d", name, len(got), got, len(want))
	}
	for _, other := range b.store.Names() {
		if other != name && other != "first" && other != "other" {
			b.Errorf("the inbox has %q, too", other)
		}
	}
}

// TestADoubtOutlivesAPause: a file whose answer was lost is known again though its job was given
// back in between.
func TestADoubtOutlivesAPause(t *testing.T) {
	for name, c := range map[string]struct {
		first, then ledger.Verb
		all, both   bool
	}{
		"paused":                {ledger.Pause, ledger.Resume, false, false},
		"paused, both kept":     {ledger.Pause, ledger.Resume, false, true},
		"all paused":            {ledger.Pause, ledger.Resume, true, false},
		"all paused, both kept": {ledger.Pause, ledger.Resume, true, true},
		"cancelled":             {ledger.Cancel, ledger.Retry, false, false},
		"cancelled, both kept":  {ledger.Cancel, ledger.Retry, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{Connections: 1})
				b.store.SetClock(time.Now)
				path := b.file("wanted", 100)
				gate := make(chan struct{})
				lost := uploadertest.LoseAnswer()
				lost.Gate = gate
				b.store.Fail(uploadertest.PutBlob, "wanted", 1, lost)
				b.add(ledger.AddOptions{KeepBoth: c.both}, path)
				synctest.Wait()
				var jobs []int64
				if !c.all {
					jobs = []int64{b.job("wanted").ID}
				}
				b.do(ledger.Command{Verb: c.first, Jobs: jobs})
				close(gate)
				time.Sleep(time.Hour)
				b.do(ledger.Command{Verb: c.then, Jobs: jobs})
				want, _ := os.ReadFile(path)
				b.only("wanted", ledger.Delivered, want)
				b.close()
			})
		})
	}
}

// mute is a store that carries out the first request that makes the blob "wanted", where it is
// free, and says after the gate is open that no answer came.
type mute struct {
	store.Store
	gate chan struct{}
	said atomic.Bool
}

func (m *mute) PutBlob(ctx context.Context, name string, body *store.Body, p store.Properties, c store.Condition) (ledger.Answer, error) {
	answer, err := m.Store.PutBlob(ctx, name, body, p, c)
	if name != "wanted" || m.said.Swap(true) {
		return answer, err
	}
	<-m.gate
	e := problem.New("put blob", name, problem.NetworkDown)
	e.Unanswered = true
	return ledger.Answer{}, e
}

// TestALostAnswerIsSettledThoughAClockJumps: between a request and the next try this computer's
// clock is put right, or stood still because a virtual machine slept. The service's then differs
// from it by something else than before.
func TestALostAnswerIsSettledThoughAClockJumps(t *testing.T) {
	for name, c := range map[string]struct {
		jump   time.Duration // of the service's clock, seen from here
		theirs bool
	}{
		"put forward":               {-24 * time.Hour, false},
		"put forward, theirs there": {-24 * time.Hour, true},
		"put back, or stood still":  {24 * time.Hour, false},
		"stood still, theirs there": {24 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ahead atomic.Int64
				st := &mute{gate: make(chan struct{})}
				b := newBench(t, "w", uploader.Config{Connections: 2, Open: func(token.Token) (store.Store, error) { return st, nil }})
				st.Store = b.store
				b.store.SetClock(func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
				b.add(ledger.AddOptions{}, b.file("first", 10)) // tells the service's time
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				path := b.file("wanted", 100)
				want, _ := os.ReadFile(path)
				state := ledger.Delivered
				if c.theirs {
					b.theirs("wanted")
					time.Sleep(time.Hour)
					want, state = []byte("theirs"), ledger.LeftAlone
				}
				b.add(ledger.AddOptions{}, path)
				synctest.Wait()
				ahead.Store(int64(c.jump))
				b.add(ledger.AddOptions{}, b.file("other", 10))
				time.Sleep(time.Second)
				close(st.gate)
				b.only("wanted", state, want)
				b.close()
			})
		})
	}
}

// TestAFileInDoubtAfterACrashIsSettledWhateverTheClockSays: this computer's clock is wrong by
// hours, which was known when the file was sent.
func TestAFileInDoubtAfterACrashIsSettledWhateverTheClockSays(t *testing.T) {
	for name, c := range map[string]struct {
		ahead  time.Duration // the service's clock
		theirs bool
	}{
		"slow":               {3 * time.Hour, false},
		"slow, theirs there": {3 * time.Hour, true},
		"fast":               {-3 * time.Hour, false},
		"fast, theirs there": {-3 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				journal := ledger.NewMemoryJournal()
				b := newBench(t, "w", uploader.Config{Journal: journal})
				b.store.SetClock(func() time.Time { return time.Now().Add(c.ahead) })
				b.add(ledger.AddOptions{}, b.file("first", 10))
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				path := b.file("wanted", 100)
				want, _ := os.ReadFile(path)
				state, first := ledger.Delivered, uploadertest.LoseAnswer()
				if c.theirs {
					b.theirs("wanted")
					time.Sleep(time.Hour)
					want, state, first = []byte("theirs"), ledger.LeftAlone, unanswered(nil)
				}
				b.store.Fail(uploadertest.PutBlob, "wanted", 1, first)
				b.store.Fail(uploadertest.PutBlob, "wanted", 1, uploadertest.Stall()) // cut off by the end
				b.add(ledger.AddOptions{}, path)
				time.Sleep(time.Second)
				b.close()
				b.store.ClearFaults()
				time.Sleep(24 * time.Hour)
				b.restart(journal, uploader.Config{})
				b.only("wanted", state, want)
				b.close()
			})
		})
	}
}

// TestAFileInDoubtThatBecomesSmall: the answer to a commit was lost, and before the next try the
// file shrinks so that it is sent in one request.
func TestAFileInDoubtThatBecomesSmall(t *testing.T) {
	for name, theirs := range map[string]bool{"ours": false, "theirs": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{Connections: 1})
				b.store.SetClock(time.Now)
				path := b.file("wanted", 3*block)
				blocks, gate := make(chan struct{}), make(chan struct{})
				b.store.Fail(uploadertest.PutBlock, "wanted", 2, uploadertest.Hold(closed))
				b.store.Fail(uploadertest.PutBlock, "wanted", 1, uploadertest.Hold(blocks))
				b.store.Fail(uploadertest.PutBlockList, "wanted", 1, uploadertest.Hold(closed)) // asks whether the name is free
				lost, want, state := uploadertest.LoseAnswer(), []byte("small now"), ledger.Delivered
				if theirs {
					lost, want, state = unanswered(nil), []byte("theirs"), ledger.LeftAlone
				}
				lost.Gate = gate
				b.store.Fail(uploadertest.PutBlockList, "wanted", 1, lost)
				b.add(ledger.AddOptions{}, path)
				synctest.Wait()
				if theirs {
					b.theirs("wanted")
				}
				time.Sleep(50 * time.Second)
				close(blocks)
				synctest.Wait()
				if err := os.WriteFile(path, []byte("small now"), 0o600); err != nil {
					t.Fatal(err)
				}
				close(gate)
				b.only("wanted", state, want)
				for _, line := range b.store.Unhit() {
					t.Error(line)
				}
				b.close()
			})
		})
	}
}

// TestAFileInDoubtThatBecomesLarge: what was sent of it in one request may be there, and is not
// somebody else's.
func TestAFileInDoubtThatBecomesLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{Connections: 1})
		b.store.SetClock(time.Now)
		path := b.file("wanted", 100)
		old, _ := os.ReadFile(path)
		gate := make(chan struct{})
		lost := uploadertest.LoseAnswer()
		lost.Gate = gate
		b.store.Fail(uploadertest.PutBlob, "wanted", 1, lost)
		b.add(ledger.AddOptions{KeepBoth: true}, path)
		synctest.Wait()
		if err := os.WriteFile(path, random(1, 3*block), 0o600); err != nil {
			t.Fatal(err)
		}
		close(gate)
		b.only("wanted", ledger.Attention, old)
		if r := b.problem(ledger.Attention); r != problem.AlreadyThereByUs {
			t.Errorf("reason %q", r)
		}
		b.close()
	})
}

// TestAnAnswerThatComesAtTheEndCounts: a token that may only create can't find out afterwards
// whether what is there is this file.
func TestAnAnswerThatComesAtTheEndCounts(t *testing.T) {
	journal := ledger.NewMemoryJournal()
	late := &late{sent: make(chan struct{})}
	b := newBench(t, "c", uploader.Config{Journal: journal, Open: func(token.Token) (store.Store, error) { return late, nil }})
	late.Store = b.store
	path := b.file("wanted", 100)
	want, _ := os.ReadFile(path)
	b.add(ledger.AddOptions{}, path)
	<-late.sent
	b.close()
	b.restart(journal, uploader.Config{})
	b.only("wanted", ledger.Delivered, want)
	if n := b.store.Count(uploadertest.PutBlob); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// late is a store whose answers come when the queue is ending.
type late struct {
	store.Store
	sent chan struct{}
}

func (l *late) PutBlob(ctx context.Context, name string, body *store.Body, p store.Properties, c store.Condition) (ledger.Answer, error) {
	answer, err := l.Store.PutBlob(ctx, name, body, p, c)
	close(l.sent)
	<-ctx.Done()
	return answer, err
}

// garbling is a store that carries requests out and confirms other bytes, so many times.
type garbling struct {
	store.Store
	left atomic.Int64
}

func (g *garbling) PutBlob(ctx context.Context, name string, body *store.Body, p store.Properties, c store.Condition) (ledger.Answer, error) {
	answer, err := g.Store.PutBlob(ctx, name, body, p, c)
	if err != nil || g.left.Add(-1) < 0 {
		return answer, err
	}
	e := problem.New("put blob", name, problem.Corrupted)
	e.Status, e.Date, e.Unanswered = 201, answer.Date, true
	return ledger.Answer{}, e
}

// TestWhatArrivedDamagedIsReplacedByTryingAgain: it is not left in the inbox as somebody else's.
func TestWhatArrivedDamagedIsReplacedByTryingAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &garbling{}
		b := newBench(t, "w", uploader.Config{Open: func(token.Token) (store.Store, error) { return st, nil }})
		st.Store = b.store
		b.store.SetClock(time.Now)
		path := b.file("wanted", 100)
		want, _ := os.ReadFile(path)
		st.left.Store(6)
		b.add(ledger.AddOptions{}, path)
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if r := b.problem(ledger.Failed); r != problem.Corrupted {
			t.Errorf("reason %q", r)
		}
		b.do(ledger.Command{Verb: ledger.Retry})
		b.only("wanted", ledger.Delivered, want)
		b.close()
	})
}

// TestWhatSomebodyElseWroteDuringALongOutageStays: an answer was lost and the file had not arrived;
// what is there later is not ours.
func TestWhatSomebodyElseWroteDuringALongOutageStays(t *testing.T) {
	for name, verbs := range map[string][]ledger.Verb{
		"tried all the time": nil,
		"paused":             {ledger.Pause, ledger.Resume},
		"cancelled":          {ledger.Cancel, ledger.Retry},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{})
				b.store.SetClock(func() time.Time { return time.Now().Add(-time.Hour) })
				down := problem.New("put blob", "f", problem.NetworkDown)
				down.Unanswered = true
				b.store.Fail(uploadertest.PutBlob, "f", 1, uploadertest.RefuseWith(down))
				b.store.Fail(uploadertest.PutBlob, "f", uploadertest.Always, uploadertest.Refuse(problem.NetworkDown))
				b.store.Fail(uploadertest.PutBlockList, "f", uploadertest.Always, uploadertest.Refuse(problem.NetworkDown))
				b.add(ledger.AddOptions{}, b.file("f", 100))
				time.Sleep(time.Minute)
				if verbs != nil {
					b.do(ledger.Command{Verb: verbs[0]})
				}
				time.Sleep(time.Hour)
				b.store.ClearFaults()
				if _, err := b.store.PutBlob(t.Context(), "f", uploadertest.NewBody([]byte("theirs")), store.Properties{}, store.Condition{}); err != nil {
					t.Fatal(err)
				}
				if verbs != nil {
					b.do(ledger.Command{Verb: verbs[1]})
				}
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if r := b.problem(ledger.LeftAlone); r != problem.AlreadyThere {
					t.Errorf("reason %q", r)
				}
				if got, _ := b.store.Blob("f"); string(got) != "theirs" {
					t.Error("somebody else's file was replaced")
				}
				b.close()
			})
		})
	}
}

// immutable is a store whose blobs can't be replaced, whatever the condition.
type immutable struct {
	store.Store
	has func(name string) bool
}

func (i *immutable) PutBlob(ctx context.Context, name string, body *store.Body, p store.Properties, c store.Condition) (ledger.Answer, error) {
	if !c.IfAbsent && i.has(name) {
		e := problem.New("put blob", name, problem.NameLocked)
		e.Status, e.Date = 409, time.Now()
		return ledger.Answer{}, e
	}
	return i.Store.PutBlob(ctx, name, body, p, c)
}

// TestALostAnswerWhereNothingCanBeReplacedIsTold: what is there is probably this file, and it is
// not sent under another name as well.
func TestALostAnswerWhereNothingCanBeReplacedIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &immutable{}
		b := newBench(t, "w", uploader.Config{Open: func(token.Token) (store.Store, error) { return st, nil }})
		st.Store, st.has = b.store, func(name string) bool { _, ok := b.store.Blob(name); return ok }
		b.store.SetClock(time.Now)
		b.store.Fail(uploadertest.PutBlob, "wanted", 1, uploadertest.LoseAnswer())
		path := b.file("wanted", 100)
		want, _ := os.ReadFile(path)
		b.add(ledger.AddOptions{KeepBoth: true}, path)
		b.only("wanted", ledger.Attention, want)
		if r := b.problem(ledger.Attention); r != problem.AlreadyThereByUs {
			t.Errorf("reason %q", r)
		}
		b.close()
	})
}

// TestALargeFileThatWasNotBegunIsInNoDoubtAfterACrash: others of its batch were sent by the earlier
// process, and its locked name is another's.
func TestALargeFileThatWasNotBegunIsInNoDoubtAfterACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := ledger.NewMemoryJournal()
		b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
		path := b.file("wanted", 3*block)
		want, _ := os.ReadFile(path)
		gate := make(chan struct{})
		b.store.Fail(uploadertest.PutBlob, "first", 1, uploadertest.Hold(gate))
		b.add(ledger.AddOptions{KeepBoth: true}, b.file("first", 10), path)
		time.Sleep(time.Second)
		b.store.ClearFaults()
		b.store.Fail(uploadertest.PutBlockList, "wanted", uploadertest.Always, uploadertest.Refuse(problem.NameLocked))
		b.restart(journal, uploader.Config{})
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if got, _ := b.store.Blob("wanted (2)"); !bytes.Equal(got, want) {
			t.Errorf("the inbox has %q; the job is %v", b.store.Names(), b.job("wanted").Problem)
		}
		b.close()
	})
}

// counting is a journal that counts the batches that are read.
type counting struct {
	ledger.Journal
	read atomic.Int64
}

func (c *counting) Batch(ctx context.Context, id int64) (ledger.Batch, error) {
	c.read.Add(1)
	return c.Journal.Batch(ctx, id)
}

// TestALostAnswerCostsTheSameInALongList: it is not read through for each of them.
func TestALostAnswerCostsTheSameInALongList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := &counting{Journal: ledger.NewMemoryJournal()}
		b := newBench(t, "w", uploader.Config{Journal: journal})
		b.store.SetClock(time.Now)
		add := func(folder string, files int) {
			t.Helper()
			for i := range files {
				b.file(fmt.Sprintf("%s/%d", folder, i), 1)
			}
			b.add(ledger.AddOptions{}, filepath.Join(b.dir, folder))
			if err := b.wait(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
		add("old", 30*ledger.BatchSize)
		for i := range 50 {
			b.store.Fail(uploadertest.PutBlob, fmt.Sprintf("new/%d", i), 1, uploadertest.LoseAnswer())
		}
		before := journal.read.Load()
		add("new", 200)
		if n := journal.read.Load() - before; n > 31+30 { // once all of it, for what was delivered before
			t.Errorf("%d batches read for 50 lost answers", n)
		}
		if n := b.queue.Status().Files[ledger.Delivered]; n != 30*ledger.BatchSize+200 {
			t.Errorf("%d files delivered", n)
		}
		b.close()
	})
}
