package uploader_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// there puts blobs of these names into the inbox, as somebody else would.
func (b *bench) there(names ...string) {
	b.Helper()
	for _, name := range names {
		if _, err := b.store.PutBlob(b.Context(), name, uploadertest.NewBody([]byte("theirs")),
			store.Properties{}, store.Condition{}); err != nil {
			b.Fatal(err)
		}
	}
}

// distant is a store whose answers take a moment, so that in a bubble each request meets what the
// ones before it have taught.
type distant struct{ store.Store }

func (d distant) PutBlob(
	ctx context.Context, name string, body *store.Body, p store.Properties, c store.Condition,
) (ledger.Answer, error) {
	time.Sleep(time.Millisecond)
	return d.Store.PutBlob(ctx, name, body, p, c)
}

func (d distant) PutBlockList(
	ctx context.Context, name string, ids []string, p store.Properties, c store.Condition,
) (ledger.Answer, error) {
	time.Sleep(time.Millisecond)
	return d.Store.PutBlockList(ctx, name, ids, p, c)
}

// TestWhatIsThereAlreadyIsAskedForFirst: whatever the list does not know, hardly more goes out for
// nothing than what was under way when the first answers came; and where names are free, a file is
// one request.
func TestWhatIsThereAlreadyIsAskedForFirst(t *testing.T) {
	const files, size, connections = 300, 4 << 10, 4
	const underWay = 2 * connections // each connection may have begun another file at the moment of the first answers
	for name, c := range map[string]struct {
		there    func(i int) bool
		o        ledger.AddOptions
		rights   string
		most     int64 // files sent for nothing, at most
		requests int   // beside the files, at most
	}{
		"nothing":         {func(int) bool { return false }, ledger.AddOptions{}, "w", 0, 0},
		"all":             {func(int) bool { return true }, ledger.AddOptions{}, "w", underWay, 0},
		"all, keep both":  {func(int) bool { return true }, ledger.AddOptions{KeepBoth: true}, "w", underWay + files/100, 2 * files},
		"every other one": {func(i int) bool { return i%2 == 0 }, ledger.AddOptions{}, "w", underWay + files/100, files / 2},
		"the first":       {func(i int) bool { return i < 80 }, ledger.AddOptions{}, "w", underWay, files},
		"all, replaced":   {func(int) bool { return true }, ledger.AddOptions{Replace: true}, "w", 0, 0},
		"all, can't ask":  {func(int) bool { return true }, ledger.AddOptions{}, "c", files, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := uploadertest.NewStore().With(c.rights)
				b := newBench(t, c.rights,
					uploader.Config{Connections: connections, Open: func(token.Token) (store.Store, error) {
						return distant{st}, nil
					}})
				b.store = st
				defer b.close()
				full := &bench{T: t, store: b.store.With("w"), dir: b.dir}
				root := ""
				free := int64(0)
				for i := range files {
					path := fmt.Sprintf("tree/%03d", i)
					root = filepath.Dir(b.file(path, size))
					if c.there(i) {
						full.there(path)
					}
					if !c.there(i) || c.o.Replace || c.o.KeepBoth {
						free++
					}
				}
				before := b.store.Count(uploadertest.AnyOp)
				b.add(c.o, root)
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				s := b.queue.Status()
				if s.Files[ledger.Delivered] != free && c.rights == "w" {
					t.Errorf("%d files delivered, want %d", s.Files[ledger.Delivered], free)
				}
				if nothing := s.BytesSent/size - free; nothing > c.most {
					t.Errorf("%d files sent for nothing, want at most %d", nothing, c.most)
				}
				if n := b.store.Count(uploadertest.AnyOp) - before - files; n > c.requests {
					t.Errorf("%d requests beside one for each file, want at most %d", n, c.requests)
				}
			})
		})
	}
}

// TestAHundredthAtMostGoesOutForNothing holds whichever names are taken, and however large the
// files are.
func TestAHundredthAtMostGoesOutForNothing(t *testing.T) {
	const files = 120
	from := &bench{T: t, dir: t.TempDir()}
	sizes, root := [files]int64{}, ""
	var all int64
	for i := range files {
		sizes[i] = []int64{40_000, 600, 0, 5000}[i%4]
		root = filepath.Dir(from.file(fmt.Sprintf("tree/%03d", i), int(sizes[i])))
		all += sizes[i]
	}
	rapid.Check(t, func(r *rapid.T) {
		b := newBench(t, "w", uploader.Config{Connections: 1})
		defer b.close()
		taken := false
		for i := range files {
			if rapid.IntRange(0, 19).Draw(r, "change") == 0 {
				taken = !taken
			}
			if taken {
				b.there(fmt.Sprintf("tree/%03d", i))
			}
		}
		b.add(ledger.AddOptions{}, root)
		if err := b.wait(); err != nil {
			r.Fatal(err)
		}
		s := b.queue.Status()
		if nothing := s.BytesSent - s.Bytes[ledger.Delivered]; nothing > all/100+sizes[0] {
			r.Errorf("%d of %d bytes went out for nothing", nothing, all)
		}
	})
}
