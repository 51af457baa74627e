package uploader_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uploadertest"
)

// silent is a store that answers nothing.
type silent struct{ store.Store }

func (silent) PutBlob(
	ctx context.Context, _ string, _ *store.Body, _ store.Properties, _ store.Condition,
) (ledger.Answer, error) {
	<-ctx.Done()
	return ledger.Answer{}, context.Cause(ctx)
}

// TestWhoLooksAfterEachChangeSeesWhatIsBeingSent, also what was left alone for a while before, and
// though no answer comes.
func TestWhoLooksAfterEachChangeSeesWhatIsBeingSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		for _, name := range []string{"young", "at rest"} {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
				t.Fatal(err)
			}
			changed := time.Now() // on this test's clock
			if name == "at rest" {
				changed = changed.Add(-time.Hour)
			}
			if err := os.Chtimes(path, changed, changed); err != nil {
				t.Fatal(err)
			}
		}
		b := overStore(t, silent{uploadertest.NewStore()}, uploader.Config{Connections: 4})
		b.add(ledger.AddOptions{}, dir)
		var shown uploader.Status
		for {
			select {
			case <-b.queue.Changed():
				time.Sleep(time.Millisecond) // what looks is slower than what is told
				shown = b.queue.Status()
				continue
			case <-time.After(20 * time.Second):
			}
			break
		}
		if n := shown.Files[ledger.Active]; n != 2 {
			t.Errorf("%d of 2 files are seen being sent: %v", n, shown.Files)
		}
	})
}
