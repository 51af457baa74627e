package blobserver_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
	"go.uber.org/goleak"

	"inboxuploader/internal/blobserver"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(slowVariable); address != "" {
		beSlow(address)
		return
	}
	goleak.VerifyTestMain(m)
}

// clock is a server's time, moved by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// inbox is a running server with its address and a client that keeps no connection after the test.
type inbox struct {
	*blobserver.Server
	t     *testing.T
	url   string // http://HOST:PORT
	dir   string
	clock *clock
	http  *http.Client
}

const box = "practice-1"

// start runs a server over dir with a container until the test ends. Its clock stands still at the
// present second.
func start(t *testing.T, dir string, change func(*blobserver.Config)) *inbox {
	t.Helper()
	in := &inbox{t: t, dir: dir, clock: &clock{t: time.Now().Truncate(time.Second)}}
	cfg := blobserver.Config{Dir: dir, Now: in.clock.now, Record: true}
	if change != nil {
		change(&cfg)
	}
	s, err := blobserver.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	in.Server, in.url = s, "http://"+l.Addr().String()
	transport := &http.Transport{}
	in.http = &http.Client{Transport: transport}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := errors.Join(<-served, s.Close()); err != nil {
			t.Error(err)
		}
	})
	if err := s.CreateContainer(box); err != nil && !errors.Is(err, blobserver.ErrContainerExists) {
		t.Fatal(err)
	}
	return in
}

// token signs a link for the container with the rights, good for an hour.
func (in *inbox) token(rights string) string {
	in.t.Helper()
	now := in.clock.now()
	return in.sign(blobserver.TokenRequest{Rights: rights, From: now.Add(-time.Minute), To: now.Add(time.Hour)})
}

func (in *inbox) sign(r blobserver.TokenRequest) string {
	in.t.Helper()
	r.Base = in.url
	if r.Container == "" {
		r.Container = box
	}
	link, err := in.Token(r)
	if err != nil {
		in.t.Fatal(err)
	}
	return link
}

func (in *inbox) options() policy.ClientOptions {
	return policy.ClientOptions{Transport: in.http, Retry: policy.RetryOptions{MaxRetries: -1}}
}

// at returns the SDK's container client for a link.
func (in *inbox) at(link string) *container.Client {
	in.t.Helper()
	c, err := container.NewClientWithNoCredential(link,
		&container.ClientOptions{ClientOptions: in.options()})
	if err != nil {
		in.t.Fatal(err)
	}
	return c
}

// owner returns the SDK's client for the account's owner.
func (in *inbox) owner() *service.Client {
	in.t.Helper()
	cred, err := service.NewSharedKeyCredential(in.Account(),
		base64.StdEncoding.EncodeToString(in.Key()))
	if err != nil {
		in.t.Fatal(err)
	}
	c, err := service.NewClientWithSharedKeyCredential(in.url+"/"+in.Account(), cred,
		&service.ClientOptions{ClientOptions: in.options()})
	if err != nil {
		in.t.Fatal(err)
	}
	return c
}

func body(b []byte) io.ReadSeekCloser { return streaming.NopCloser(bytes.NewReader(b)) }

func blockID(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// codeOf returns the service's code in err, "" for success.
func codeOf(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		t.Fatalf("not an answer of the service: %v", err)
	}
	return e.ErrorCode
}

func (in *inbox) content(name string) []byte {
	in.t.Helper()
	f, err := in.Open(box, name)
	if err != nil {
		in.t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		in.t.Fatal(err)
	}
	return b
}

func TestUploadWithSDK(t *testing.T) {
	for _, who := range []string{"token", "owner"} {
		t.Run(who, func(t *testing.T) {
			in := start(t, t.TempDir(), nil)
			c := in.at(in.token("racwdl"))
			if who == "owner" {
				c = in.owner().NewContainerClient(box)
			}
			ctx := t.Context()
			if _, err := c.NewBlockBlobClient("a folder/small äß%#?+&.txt").Upload(ctx,
				body([]byte("hello")), nil); err != nil {
				t.Fatal(err)
			}
			big := c.NewBlockBlobClient("big.bin")
			want := ""
			var ids []string
			for i := range 5 {
				part := strings.Repeat(string(rune('a'+i)), 100+i)
				want += part
				ids = append(ids, blockID("block-"+string(rune('0'+i))))
				if _, err := big.StageBlock(ctx, ids[i], body([]byte(part)), nil); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := big.CommitBlockList(ctx, ids, nil); err != nil {
				t.Fatal(err)
			}
			got, err := big.DownloadStream(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(got.Body)
			if err = errors.Join(err, got.Body.Close()); err != nil || string(text) != want {
				t.Errorf("downloaded %d bytes of %d, %v", len(text), len(want), err)
			}
			onDisk, err := os.ReadFile(filepath.Join(in.dir, box, "a folder", "small äß%#?+&.txt"))
			if runtime.GOOS != "windows" && (err != nil || string(onDisk) != "hello") { // where no file can have that name
				t.Errorf("file in the folder: %q, %v", onDisk, err)
			}
			if onDisk, err = os.ReadFile(filepath.Join(in.dir, box, "big.bin")); err != nil ||
				string(onDisk) != want {
				t.Errorf("file in the folder: %d bytes, %v", len(onDisk), err)
			}
			var names []string
			pages := c.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{MaxResults: new(int32(1))})
			for pages.More() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					t.Fatal(err)
				}
				for _, b := range page.Segment.BlobItems {
					names = append(names, *b.Name)
				}
			}
			if strings.Join(names, "|") != "a folder/small äß%#?+&.txt|big.bin" {
				t.Errorf("listed %q", names)
			}
			if _, err := big.Delete(ctx, nil); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(in.dir, box, "big.bin")); !errors.Is(err,
				os.ErrNotExist) {
				t.Errorf("the deleted blob's file: %v", err)
			}
			_, err = big.GetProperties(ctx, nil)
			if codeOf(t, err) != "BlobNotFound" {
				t.Errorf("properties of a deleted blob: %v", err)
			}
		})
	}
}

var _ = blockblob.StageBlockOptions{}
