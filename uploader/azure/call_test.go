package azure

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
)

// failing is a body whose owner gives up after the first half.
type failing struct {
	size, off int64
	err       error
}

func (f *failing) Read(p []byte) (int, error) {
	if f.off*2 >= f.size {
		return 0, f.err
	}
	n := min(int64(len(p)), f.size/2-f.off+1)
	f.off += n
	return int(n), nil
}

func (f *failing) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.off
	case io.SeekEnd:
		offset += f.size
	}
	f.off = offset
	return offset, nil
}

func TestABodyWhoseOwnerGivesUpSaysWhy(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			t.Error("a whole request arrived")
			created(w)
		}
	})
	s := openTest(t, testToken(server.URL), Options{})
	plain := errors.New("the disk is gone: " + secretQuery)
	for _, size := range []int64{100, smallBody, smallBody + 1, 8 << 20} {
		for _, cause := range []error{plain, problem.New("read", "/data/a", problem.SourceUnreadable), problem.New("", "", problem.NoProgress)} {
			k, err := s.call("put block", "a")
			if err != nil {
				t.Fatal(err)
			}
			body := streaming.NopCloser(&failing{size: size, err: cause})
			_, err = s.client.StageBlock(k.with(t.Context()), "aWQ=", body,
				&blockblob.StageBlockOptions{})
			if err == nil {
				t.Fatalf("%d bytes: no error", size)
			}
			_, err = s.answer(t.Context(), k, err)
			want, ours := errors.AsType[*problem.Error](cause)
			if !ours {
				if !errors.Is(err, cause) {
					t.Errorf("%d bytes: got %v, want the owner's error itself", size, err)
				}
				continue
			}
			e, ok := errors.AsType[*problem.Error](err)
			if !ok || e.Reason != want.Reason || e.Unanswered || e.Op == "" || e.Path == "" ||
				want.Op != "" && e.Op != want.Op {
				t.Errorf("%d bytes: got %#v, want %v", size, err, cause)
			}
		}
	}
}

func TestSmallAndLargeBodiesArriveWhole(t *testing.T) {
	var got atomic.Int64
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil || n != r.ContentLength {
			t.Errorf("%d of %d bytes, %v", n, r.ContentLength, err)
		}
		got.Store(n)
		created(w)
	})
	s := openTest(t, testToken(server.URL), Options{})
	for _, size := range []int{1, smallBody - 1, smallBody, smallBody + 1, writeBuffer, 1<<20 + 1} {
		body := store.NewBody(make([]byte, size), 0)
		// A body that an earlier try has read is sent again from its start.
		for range 2 {
			if _, err := s.PutBlock(t.Context(), "a", "aWQ=", body); err != nil ||
				got.Load() != int64(size) {
				t.Errorf("%d bytes: %d arrived, %v", size, got.Load(), err)
			}
			if _, err := s.PutBlob(t.Context(), "a", body, store.Properties{},
				always); err != nil || got.Load() != int64(size) {
				t.Errorf("%d bytes: %d arrived, %v", size, got.Load(), err)
			}
		}
	}
}

func TestAnAddressThatIsNoneIsNoNetworkFault(t *testing.T) {
	token := testToken("https://account.blob.core.windows.net")
	token.Inbox.Host = "bad host"
	s := openTest(t, token, Options{})
	for _, op := range operations {
		if _, err := op.call(t.Context(), s, "a"); !errors.Is(err, problem.ErrInternal) {
			t.Errorf("%s: %v, want ErrInternal", op.name, err)
		}
	}
}

func TestARequestOutsideOfAnOperationIsNotSent(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
	s := openTest(t, testToken(server.URL), Options{})
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPut, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := s.wire.Do(req); err == nil {
		t.Errorf("answered %s", resp.Status)
	}
}
