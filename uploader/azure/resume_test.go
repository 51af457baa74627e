package azure

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// A half-sent file goes on at the first block that was not acknowledged, with a token that permits
// writing alone.
func TestResumeWithTheRightToWriteAlone(t *testing.T) {
	resumeHalfSent(t, blobserverSubject(Options{})(t))
}

func TestAzuriteResumeWithTheRightToWriteAlone(t *testing.T) {
	address := os.Getenv("UPLOADER_AZURITE")
	if address == "" {
		t.Skip("UPLOADER_AZURITE is not set: no Azurite to test against")
	}
	resumeHalfSent(t, newEmulator(t, address).subject())
}

// counting is a store that counts blocks and stops the world after some.
type counting struct {
	store.Store
	blocks *atomic.Int64
	most   int64
	full   func()
}

func (c counting) PutBlock(
	ctx context.Context, name, id string, body *store.Body,
) (ledger.Answer, error) {
	if n := c.blocks.Add(1); c.most > 0 && n > c.most {
		c.blocks.Add(-1)
		c.full()
		<-ctx.Done()
		return ledger.Answer{}, context.Cause(ctx)
	}
	return c.Store.PutBlock(ctx, name, id, body)
}

func resumeHalfSent(t *testing.T, subject uploadertest.Subject) {
	t.Helper()
	const blocks, before = 12, 7
	path := filepath.Join(t.TempDir(), "large")
	content := strings.Repeat("0123456789abcdef", blocks*plan.MinBlockSize/16)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	tok := token.Token{Inbox: token.Inbox{Scheme: "https", Host: "inbox.blob.core.windows.net", Container: "c"}, Rights: token.Rights{Letters: "w"}}
	journal := ledger.NewMemoryJournal()
	var sent atomic.Int64
	open := func(most int64, full func()) *uploader.Queue {
		q, err := uploader.NewQueue(t.Context(), uploader.Config{
			Steady: time.Millisecond,
			Open: func(token.Token) (store.Store, error) {
				return counting{subject.Open(t, "w"), &sent, most, full}, nil
			},
			BlockSize: plan.MinBlockSize, Connections: 1, Journal: journal,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Use(tok); err != nil {
			t.Fatal(err)
		}
		return q
	}
	ctx, full := context.WithTimeout(t.Context(), time.Minute)
	defer full()
	q := open(before, full)
	if _, err := q.Add(t.Context(), tok.Inbox, []string{path}, ledger.AddOptions{}); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	q = open(0, nil)
	if got, err := q.Adopt(t.Context(), nil); err != nil || len(got) != 1 {
		t.Fatalf("adopted %d transfers: %v", len(got), err)
	}
	if err := q.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if n := sent.Load(); n != blocks {
		t.Errorf("%d blocks were sent in both runs, want %d", n, blocks)
	}
	if data, _, ok := subject.Read(t, "large"); !ok || string(data) != content {
		t.Errorf("the inbox has %d bytes of %d, or others", len(data), len(content))
	}
}
