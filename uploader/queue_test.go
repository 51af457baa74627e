package uploader_test

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a queue over an in-memory service, and files for it. In a synctest bubble its time is
// the bubble's.
type bench struct {
	*testing.T
	store *uploadertest.Store
	queue *uploader.Queue
	inbox token.Inbox
	dir   string
}

func tokenOf(letters string) token.Token {
	return token.Token{
		Inbox:  token.Inbox{Scheme: "https", Host: "labinbox.blob.core.windows.net", Container: "ws-1"},
		Rights: token.Rights{Letters: letters},
	}
}

func newBench(t *testing.T, letters string, c uploader.Config) *bench {
	t.Helper()
	b := &bench{T: t, store: uploadertest.NewStore().With(letters), inbox: tokenOf(letters).Inbox, dir: t.TempDir()}
	if c.Open == nil {
		c.Open = func(token.Token) (store.Store, error) { return b.store, nil }
	}
	if c.BlockSize == 0 {
		c.BlockSize = plan.MinBlockSize
	}
	c.Steady = cmp.Or(c.Steady, time.Millisecond)
	q, err := uploader.NewQueue(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	b.queue = q
	t.Cleanup(func() { b.close() })
	if err := q.Use(tokenOf(letters)); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) close() {
	if err := b.queue.Close(); err != nil {
		b.Errorf("close: %v", err)
	}
}

// file writes a file of random content and returns its path.
func (b *bench) file(name string, size int) string {
	b.Helper()
	p := filepath.Join(b.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(p, random(uint64(len(name)*size), size), 0o600); err != nil {
		b.Fatal(err)
	}
	return p
}

func random(seed uint64, size int) []byte {
	data := make([]byte, size)
	key := sha256.Sum256(fmt.Append(nil, seed))
	_, _ = rand.NewChaCha8(key).Read(data)
	return data
}

func (b *bench) add(o ledger.AddOptions, roots ...string) {
	b.Helper()
	o.Scan.Recursive = true
	if _, err := b.queue.Add(b.Context(), b.inbox, roots, o); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) wait() error {
	return b.queue.Wait(b.Context())
}

// delivered checks that exactly the files below root are in the inbox, byte for byte.
func (b *bench) delivered(root string) {
	b.Helper()
	if err := b.wait(); err != nil {
		b.Fatalf("wait: %v", err)
	}
	n := 0
	err := filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		rel, err := filepath.Rel(filepath.Dir(root), p)
		if err != nil {
			return err
		}
		want, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if got, ok := b.store.Blob(filepath.ToSlash(rel)); !ok || string(got) != string(want) {
			b.Errorf("%s: in the inbox: %v, %d of %d bytes, or other content", rel, ok, len(got),
				len(want))
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	s := b.queue.Status()
	if got := s.Files[ledger.Delivered]; got != int64(n) {
		b.Errorf("%d files delivered, want %d", got, n)
	}
	if s.BytesDone != s.Bytes[ledger.Delivered] {
		b.Errorf("%d bytes acknowledged of %d delivered", s.BytesDone, s.Bytes[ledger.Delivered])
	}
	if names := b.store.Names(); len(names) != n {
		b.Errorf("%d blobs in the inbox, want %d", len(names), n)
	}
}

// problem returns the only job in the state and its problem's reason.
func (b *bench) problem(s ledger.JobState) problem.Reason {
	b.Helper()
	rows, err := b.queue.Rows(b.Context(), ledger.Filter{States: []ledger.JobState{s}}, 0, 10)
	if err != nil {
		b.Fatal(err)
	}
	if len(rows) != 1 || rows[0].Problem == nil {
		b.Fatalf("%d jobs are %v: %+v", len(rows), s, rows)
	}
	return rows[0].Problem.Reason
}

// await waits until the queue's status is as wanted.
func (b *bench) await(what string, want func(uploader.Status) bool) {
	b.Helper()
	for !want(b.queue.Status()) {
		select {
		case <-b.Context().Done():
			b.Fatal(what)
		case <-time.After(time.Millisecond):
		}
	}
}

const block = plan.MinBlockSize

func TestQueueDeliversAMixedTree(t *testing.T) {
	for _, letters := range []string{"w", "cw", "racwdl"} {
		t.Run(letters, func(t *testing.T) {
			b := newBench(t, letters, uploader.Config{})
			root := filepath.Dir(b.file("tree/empty", 0))
			b.file("tree/one byte", 1)
			b.file("tree/exactly one block", block)
			b.file("tree/one block and a byte", block+1)
			b.file("tree/deep/er/seven blocks", 7*block-5)
			for i := range 300 {
				b.file(fmt.Sprintf("tree/small/%03d", i), 100+i)
			}
			b.add(ledger.AddOptions{}, root)
			b.delivered(root)
			s := b.queue.Status()
			if s.BytesSent != s.Bytes[ledger.Delivered] || s.BytesResent != 0 || s.Retries != 0 {
				t.Errorf("sent %d bytes for %d, %d of them again", s.BytesSent,
					s.Bytes[ledger.Delivered], s.BytesResent)
			}
		})
	}
}

func TestCreateOnlyTokenSendsEachFileInOneRequest(t *testing.T) {
	b := newBench(t, "c", uploader.Config{Memory: 1 << 20})
	root := filepath.Dir(b.file("tree/small", 10))
	b.file("tree/larger than a block", 5*block)
	b.file("tree/larger than all buffers", 3<<20)
	b.add(ledger.AddOptions{}, root)
	b.delivered(root)
	if n := b.store.Count(uploadertest.PutBlock); n != 0 {
		t.Errorf("%d blocks staged with a token that does not permit it", n)
	}
}

func TestExistingBlobsAreLeftAloneUnlessReplacing(t *testing.T) {
	for _, size := range []int{10, 3 * block} {
		for _, replace := range []bool{false, true} {
			t.Run(fmt.Sprint(size, replace), func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{})
				path := b.file("f", size)
				before := []byte("was there before")
				body := uploadertest.NewBody(before)
				if _, err := b.store.PutBlob(t.Context(), "f", body, store.Properties{},
					store.Condition{}); err != nil {
					t.Fatal(err)
				}
				b.add(ledger.AddOptions{Replace: replace}, path)
				if replace {
					b.delivered(path)
					return
				}
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if r := b.problem(ledger.LeftAlone); r != problem.AlreadyThere {
					t.Errorf("reason %q", r)
				}
				if got, _ := b.store.Blob("f"); string(got) != string(before) {
					t.Error("the blob that was there was replaced")
				}
				if s := b.queue.Status(); size > block && s.BytesSent != 0 {
					t.Errorf("%d bytes of a large file sent before its name was known to be taken",
						s.BytesSent)
				}
			})
		}
	}
}

func TestSpeedLimitHoldsForShortTransfersToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{Rate: 1000})
		path := b.file("f", 10_000)
		begun := time.Now()
		b.add(ledger.AddOptions{}, path)
		b.delivered(path)
		if took := time.Since(begun); took < 9*time.Second || took > 11*time.Second {
			t.Errorf("10,000 bytes at 1,000 per second took %v", took)
		}
		b.close()
	})
}

func TestSpeedLimitChangesWhileSending(t *testing.T) {
	for name, c := range map[string]struct {
		first, then int64
		took        time.Duration // for 10,000 bytes, of which the first half goes by the first limit
	}{
		"slower":  {2000, 500, 12500 * time.Millisecond},
		"faster":  {500, 5000, 11 * time.Second},
		"none":    {500, 0, 10 * time.Second},
		"one":     {0, 500, 10 * time.Second},
		"no less": {1000, -1, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{Rate: c.first})
				half, rest := b.file("a", 5000), b.file("b", 5000)
				begun := time.Now()
				b.add(ledger.AddOptions{}, half)
				b.delivered(half)
				b.queue.Limit(c.then)
				b.add(ledger.AddOptions{}, rest)
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begun); took < c.took-time.Second ||
					took > c.took+time.Second {
					t.Errorf("it took %v, want %v", took, c.took)
				}
				b.close()
			})
		})
	}
}

func TestTheNumberOfConnectionsChangesWhileSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{Connections: 2})
		for i := range 30 {
			b.file(fmt.Sprintf("tree/%02d", i), 10)
		}
		// hold lets what is under way go and holds what comes after it.
		var gate chan struct{}
		hold := func() {
			next := make(chan struct{})
			b.store.ClearFaults()
			b.store.Fail(uploadertest.PutBlob, "", uploadertest.Always, uploadertest.Hold(next))
			if gate != nil {
				close(gate)
			}
			gate = next
		}
		underWay := func(want int) {
			t.Helper()
			synctest.Wait()
			if s := b.queue.Status(); s.Busy != want || s.Connections != want {
				t.Errorf("%d requests under way, %d permitted; want %d", s.Busy, s.Connections,
					want)
			}
		}
		root := filepath.Join(b.dir, "tree")
		hold()
		b.add(ledger.AddOptions{}, root)
		underWay(2)
		b.queue.Connect(5)
		underWay(5)
		b.queue.Connect(1)
		hold()
		underWay(1)
		b.queue.Connect(0) // begins to look for it
		underWay(4)
		b.store.ClearFaults()
		close(gate)
		b.delivered(root)
		b.close()
	})
}

func TestAnInboxThatIsHeldGetsNothingMoreBeforeATokenIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{Connections: 2})
		for i := range 10 {
			b.file(fmt.Sprintf("tree/%02d", i), 10)
		}
		gate := make(chan struct{})
		b.store.Fail(uploadertest.PutBlob, "", uploadertest.Always, uploadertest.Hold(gate))
		b.add(ledger.AddOptions{}, filepath.Join(b.dir, "tree"))
		synctest.Wait()
		why := problem.New("send", "", problem.HostNotAllowed)
		b.queue.Hold(b.inbox.Key(), why)
		close(gate)
		if err := b.wait(); !errors.Is(err, why) {
			t.Errorf("wait: %v", err)
		}
		if n := len(b.store.Names()); n != 2 {
			t.Errorf("%d files have arrived, want the 2 that were under way", n)
		}
		if err := b.queue.Use(tokenOf("w")); err != nil {
			t.Fatal(err)
		}
		b.delivered(filepath.Join(b.dir, "tree"))
		b.close()
	})
}

func TestMemoryLimitBoundsWhatIsUnderWay(t *testing.T) {
	b := newBench(t, "w", uploader.Config{Memory: 4 * mib, BlockSize: mib, Connections: 32})
	root := filepath.Dir(b.file("tree/a", 20*mib))
	b.file("tree/b", 20*mib)
	b.add(ledger.AddOptions{}, root)
	b.delivered(root)
	if n := b.store.MaxConcurrent(); n > 4 {
		t.Errorf("%d blocks of 1 MiB under way with 4 MiB of buffers", n)
	}
}

const mib = 1 << 20
