package azure

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// localInbox runs a local inbox and returns it with a token for it.
func localInbox(t *testing.T, rights string) (*blobserver.Server, token.Token) {
	t.Helper()
	server, base := serveInbox(t, "ws-1")
	return server, tokenFor(t, server, base, "ws-1", rights, time.Hour)
}

// deliver sends a folder and returns what became of it.
func deliver(t *testing.T, tok token.Token, root string, o Options) uploader.Status {
	t.Helper()
	queue, err := uploader.NewQueue(t.Context(), uploader.Config{
		Steady:    time.Millisecond,
		Open:      func(t token.Token) (store.Store, error) { return Open(t, o) },
		BlockSize: plan.MinBlockSize,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := queue.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := queue.Use(tok); err != nil {
		t.Fatal(err)
	}
	if _, err := queue.Add(t.Context(), tok.Inbox, []string{root},
		ledger.AddOptions{Scan: scan.Options{Recursive: true}}); err != nil {
		t.Fatal(err)
	}
	if err := queue.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	return queue.Status()
}

// oddNames reads what the odd tree's files are to be called: blob's name by path.
func oddNames(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "scan", "testdata", "names", "linux.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	names := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		columns := strings.Split(lines.Text(), "\t")
		if strings.HasPrefix(columns[0], "#") || len(columns) < 3 {
			continue
		}
		path, err := strconv.Unquote(columns[0])
		if err != nil {
			t.Fatalf("%s: %v", columns[0], err)
		}
		if name, err := strconv.Unquote(columns[2]); err == nil {
			names[path] = name
		}
	}
	return names
}

func TestOddTreeArrivesWholeWithEveryKindOfToken(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the names are Linux's")
	}
	for _, rights := range []string{"w", "cw", "c", "racwdl"} {
		t.Run(rights, func(t *testing.T) {
			server, token := localInbox(t, rights)
			root := filepath.Join(t.TempDir(), "tree")
			if err := os.Mkdir(root, 0o700); err != nil {
				t.Fatal(err)
			}
			uploadertest.WriteOddTree(t, root)
			large := strings.Repeat("a line of a file with several blocks\n", 10_000)
			if err := os.WriteFile(filepath.Join(root, "large + 100%.csv"), []byte(large),
				0o600); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"tree/large + 100%.csv": large}
			for path, name := range oddNames(t) {
				want["tree/"+name] = uploadertest.OddTreeContent(path)
			}
			if os.Geteuid() == 0 {
				want["tree/closed/unseen.txt"] = "unseen\n" // its folder may be read by nobody else
			}
			status := deliver(t, token, root, Options{})
			got := map[string]string{}
			for _, b := range server.Blobs("ws-1") {
				f, err := server.Open("ws-1", b.Name)
				if err != nil {
					t.Fatal(err)
				}
				data, err := io.ReadAll(f)
				if err != nil {
					t.Fatal(err)
				}
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
				got[b.Name] = string(data)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the inbox (-want +got):\n%s", diff)
			}
			if n := status.Files[ledger.Delivered]; n != int64(len(want)) {
				t.Errorf("%d files are said to be delivered, want %d", n, len(want))
			}
			for op := range server.Counts() {
				if rights == "w" && !strings.HasPrefix(strings.ToLower(string(op)), "put") {
					t.Errorf("a %s was asked for", op)
				}
			}
		})
	}
}
