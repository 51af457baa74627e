package uploadertest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uploadertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemoryStoreKeepsThePromises(t *testing.T) {
	uploadertest.TestStore(t, func(*testing.T) uploadertest.Subject {
		st := uploadertest.NewStore()
		return uploadertest.Subject{
			Open: func(_ *testing.T, rights string) store.Store { return st.With(rights) },
			Read: func(_ *testing.T, name string) ([]byte, store.Properties, bool) {
				data, ok := st.Blob(name)
				p, _ := st.Properties(name)
				return data, p, ok
			},
		}
	})
}

var (
	always store.Condition
	plain  store.Properties
)

func TestFaults(t *testing.T) {
	cases := []struct {
		name       string
		fault      uploadertest.Fault
		sentinel   error
		reason     problem.Reason
		unanswered bool
		stored     bool
	}{
		{"refuse", uploadertest.Refuse(problem.InboxGone), problem.ErrInboxNotFound, problem.InboxGone, false, false},
		{"busy", uploadertest.Busy(3 * time.Second), problem.ErrBusy, problem.ServiceBusy, false, false},
		{"lost answer", uploadertest.LoseAnswer(), problem.ErrBusy, problem.NetworkDown, true, true},
		{"reset", uploadertest.Reset(), problem.ErrBusy, problem.NetworkDown, false, false},
		{"corrupt", uploadertest.Corrupt(), problem.ErrCorrupt, problem.Corrupted, false, false},
		{"expire", uploadertest.ExpireToken(), problem.ErrTokenExpired, problem.Expired, false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			store := uploadertest.NewStore()
			store.Fail(uploadertest.PutBlob, "dir/*", 1, c.fault)
			put := func(name string) error {
				_, err := store.PutBlob(t.Context(), name,
					uploadertest.NewBody(make([]byte, 200<<10)), plain, always)
				return err
			}
			if err := put("other"); err != nil {
				t.Fatalf("a name that does not match: %v", err)
			}
			if got := len(store.Unhit()); got != 1 {
				t.Errorf("%d faults unhit before the request, want 1", got)
			}
			err := put("dir/a")
			e, ok := errors.AsType[*problem.Error](err)
			if !ok || !errors.Is(err, c.sentinel) || e.Reason != c.reason ||
				e.Unanswered != c.unanswered {
				t.Errorf("got %#v, want %v, %s, unanswered %v", err, c.sentinel, c.reason,
					c.unanswered)
			}
			if _, stored := store.Blob("dir/a"); stored != c.stored {
				t.Errorf("stored: %v, want %v", stored, c.stored)
			}
			if lines := store.Unhit(); lines != nil {
				t.Errorf("unhit: %v", lines)
			}
			again := put("dir/a")
			if expired := c.reason == problem.Expired; (again != nil) != expired {
				t.Errorf("second request: %v", again)
			}
			if err := func() error {
				_, err := store.With("w").PutBlob(t.Context(), "dir/b",
					uploadertest.NewBody([]byte("x")), plain, always)
				return err
			}(); err != nil {
				t.Errorf("another token: %v", err)
			}
		})
	}
}

func TestBusySaysHowLongToWait(t *testing.T) {
	store := uploadertest.NewStore()
	store.Fail(uploadertest.AnyOp, "", uploadertest.Always, uploadertest.Busy(3*time.Second))
	for range 2 {
		_, err := store.PutBlockList(t.Context(), "a", nil, plain, always)
		e, ok := errors.AsType[*problem.Error](err)
		if !ok || e.RetryAfter != 3*time.Second || e.Status != 503 {
			t.Errorf("got %#v", err)
		}
	}
	if lines := store.Unhit(); lines != nil {
		t.Errorf("unhit: %v", lines)
	}
}

func TestStallEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := uploadertest.NewStore()
		store.Fail(uploadertest.PutBlock, "", 1, uploadertest.Stall())
		ctx, cancel := context.WithCancelCause(t.Context())
		stalled := problem.New("", "", problem.NoProgress)
		time.AfterFunc(time.Minute, func() { cancel(stalled) })
		began := time.Now()
		_, err := store.PutBlock(ctx, "a", uploadertest.NewID(1), uploadertest.NewBody([]byte("x")))
		if e, ok := errors.AsType[*problem.Error](err); !ok || e.Reason != problem.NoProgress {
			t.Errorf("got %v", err)
		}
		if waited := time.Since(began); waited != time.Minute {
			t.Errorf("returned after %v", waited)
		}
		if store.Staged("a") != 0 {
			t.Error("the stalled block was staged")
		}
	})
}

func TestHoldShowsConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := uploadertest.NewStore()
		gate := make(chan struct{})
		store.Fail(uploadertest.AnyOp, "", 3, uploadertest.Hold(gate))
		for range 3 {
			go func() {
				if _, err := store.PutBlob(t.Context(), "a", uploadertest.NewBody([]byte("x")),
					plain, always); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		if got := store.MaxConcurrent(); got != 3 {
			t.Errorf("%d at once, want 3", got)
		}
		if _, ok := store.Blob("a"); ok {
			t.Error("a request passed the closed gate")
		}
		close(gate)
		synctest.Wait()
		if _, ok := store.Blob("a"); !ok {
			t.Error("no request passed the open gate")
		}
	})
}

func TestObservation(t *testing.T) {
	store := uploadertest.NewStore()
	store.Discard()
	for n, text := range []string{"one", "two"} {
		if _, err := store.PutBlock(t.Context(), "a", uploadertest.NewID(n),
			uploadertest.NewBody([]byte(text))); err != nil {
			t.Fatal(err)
		}
	}
	if got := store.Staged("a"); got != 2 {
		t.Errorf("%d staged, want 2", got)
	}
	ids := []string{uploadertest.NewID(1), uploadertest.NewID(0)}
	if _, err := store.PutBlockList(t.Context(), "a", ids, plain, always); err != nil {
		t.Fatal(err)
	}
	data, ok := store.Blob("a")
	if !ok || data != nil {
		t.Errorf("Blob: %q, %v; want no bytes of a blob that is there", data, ok)
	}
	want := []uploadertest.Part{
		{ID: ids[0], Size: 3, CRC64: uploadertest.NewBody([]byte("two")).CRC64()},
		{ID: ids[1], Size: 3, CRC64: uploadertest.NewBody([]byte("one")).CRC64()},
	}
	if d := cmp.Diff(want, store.Parts("a")); d != "" {
		t.Errorf("parts (-want +got):\n%s", d)
	}
	counts := []int{store.Count(uploadertest.PutBlob), store.Count(uploadertest.PutBlock), store.Count(uploadertest.PutBlockList), store.Count(uploadertest.AnyOp)}
	if d := cmp.Diff([]int{0, 2, 1, 3}, counts); d != "" {
		t.Errorf("counts (-want +got):\n%s", d)
	}
	var ops []string
	for _, r := range store.Requests() {
		if !r.Done || r.Err != nil {
			t.Errorf("request %+v", r)
		}
		ops = append(ops, string(r.Op))
	}
	if got := strings.Join(ops, ","); got != "put block,put block,put block list" {
		t.Errorf("log: %s", got)
	}
	store.ForgetStaged()
	if err := store.Close(); err != nil || !store.Closed() {
		t.Errorf("Close: %v", err)
	}
}
