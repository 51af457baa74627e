package main

import (
	"encoding/base64"
	"fmt"
	"hash/crc64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// request is one to a sink, and the answer that is expected.
type request struct {
	method, target string // behind the container
	body           string
	headers        map[string]string
	status         int
	code           string
}

func (r request) check(t *testing.T, inbox string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.method, inbox+r.target,
		strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range r.headers {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != r.status || resp.Header.Get("x-ms-error-code") != r.code {
		t.Errorf("%s %s: %d %s, want %d %s", r.method, r.target, resp.StatusCode,
			resp.Header.Get("x-ms-error-code"), r.status, r.code)
	}
	if resp.Header.Get("x-ms-request-id") == "" {
		t.Errorf("%s %s: no request id, by which clients know the service", r.method, r.target)
	}
}

func sum(text string) map[string]string {
	return map[string]string{
		"x-ms-content-crc64": encodeCRC(crc64.Checksum([]byte(text), crcTable)),
	}
}

// TestSinkAnswersAsTheService follows clients through all that they ask by.
func TestSinkAnswersAsTheService(t *testing.T) {
	absent := map[string]string{"If-None-Match": "*"}
	list := func(where string, ids ...string) string {
		var b strings.Builder
		for _, id := range ids {
			fmt.Fprintf(&b, "<%s>%s</%s>", where, id, where)
		}
		return "<BlockList>" + b.String() + "</BlockList>"
	}
	for _, c := range []struct {
		name     string
		requests []request
		want     report
	}{
		{
			"whole blobs",
			[]request{
				{"PUT", "/a%20b/c", "12345", sum("12345"), 201, ""},
				{"PUT", "/a%20b/c", "12345", absent, 409, "BlobAlreadyExists"},
				{"PUT", "/a%20b/c", "123456", nil, 201, ""},
				{"PUT", "/d", "", absent, 201, ""},
			},
			report{summary: summary{Blobs: 2, Bytes: 6}, Requests: 4, Received: 16, Compared: 1, Commits: 3},
		},
		{
			"other bytes than their checksum says",
			[]request{{"PUT", "/a", "12345", sum("12346"), 400, "Crc64Mismatch"}, {"PUT", "/a?comp=block&blockid=MQ==", "1", sum("2"), 400, "Crc64Mismatch"}},
			report{Requests: 2, Received: 6, Compared: 2, Damaged: 2},
		},
		{
			"blocks, one of them twice",
			[]request{
				// Is the name free?
				{"PUT", "/a?comp=blocklist", list("Latest", "eA=="), absent, 400, "InvalidBlockList"},
				{"PUT", "/a?comp=block&blockid=MQ%3D%3D", "123", sum("123"), 201, ""},
				{"PUT", "/a?comp=block&blockid=Mg%3D%3D", "45", nil, 201, ""},
				{"PUT", "/a?comp=block&blockid=MQ%3D%3D", "123", nil, 201, ""},
				{"PUT", "/a?comp=blocklist", list("Latest", "MQ==", "Mw=="), nil, 400, "InvalidBlockList"},
				{"PUT", "/a?comp=blocklist", list("Committed", "MQ=="), nil, 400, "InvalidBlockList"},
				{"PUT", "/a?comp=blocklist", list("Latest", "MQ==", "Mg=="), absent, 201, ""},
				{"PUT", "/a?comp=blocklist", list("Latest", "MQ==", "Mg=="), absent, 409, "BlobAlreadyExists"},
				{"PUT", "/a?comp=blocklist", list("Committed", "MQ==", "Mg=="), nil, 201, ""},
				{"PUT", "/a?comp=blocklist", list("Uncommitted", "MQ=="), nil, 400, "InvalidBlockList"},
				{"PUT", "/a?comp=blocklist", "no list", nil, 400, "InvalidBlockList"},
			},
			report{summary: summary{Blobs: 1, Bytes: 5}, Requests: 11, Received: 8, Blocks: 3, Staged: 5, Repeated: 1, Compared: 1, Commits: 2},
		},
		{
			"what peers ask",
			[]request{
				{"PUT", "?restype=container", "", nil, 201, ""},
				{"GET", "?restype=container", "", nil, 200, ""},
				{"GET", "?restype=container&comp=list", "", nil, 200, ""},
				{"HEAD", "/a", "", nil, 404, "BlobNotFound"},
				{"PUT", "/a", "1", nil, 201, ""},
				{"HEAD", "/a", "", nil, 200, ""},
				{"DELETE", "/a", "", nil, 400, "UnsupportedHeader"},
			},
			report{summary: summary{Blobs: 1, Bytes: 1}, Requests: 7, Received: 1, Commits: 1},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, a := serve(t, conditions{}, false)
			for _, r := range c.requests {
				r.check(t, a.Inbox)
			}
			got := s.report()
			if got.First == 0 || got.Connections == 0 {
				t.Errorf("%+v", got)
			}
			got.First, got.Connections, got.Digest, got.UnderWay = 0, 0, 0, 0
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(report{})); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
			s.reset()
			if got := s.report(); got.summary != (summary{}) || got.Requests != 0 ||
				got.First != 0 {
				t.Errorf("after a reset: %+v", got)
			}
		})
	}
}

// TestSinkRefusesTheSameRequestsInEachRun, or two runs could not be compared.
func TestSinkRefusesTheSameRequestsInEachRun(t *testing.T) {
	s, a := serve(t, conditions{busy: 0.3}, false)
	refused := func() (pattern string) {
		s.reset()
		for range 100 {
			req, err := http.NewRequestWithContext(t.Context(), "PUT", a.Inbox+"/a", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			pattern += map[int]string{201: ".", 503: "x"}[resp.StatusCode]
		}
		return pattern
	}
	first, second := refused(), refused()
	if n := strings.Count(first, "x"); first != second || n < 15 || n > 45 ||
		s.report().Refused != int64(n) {
		t.Errorf("refused\n%s\n%s", first, second)
	}
}

func TestSinkThatTrustsComparesNothing(t *testing.T) {
	s, a := serve(t, conditions{trust: true}, false)
	request{"PUT", "/a", "12345", sum("12346"), 201, ""}.check(t, a.Inbox)
	if got := s.report(); got.Damaged != 0 || got.Blobs != 1 {
		t.Errorf("%+v", got)
	}
}

// TestChecksumIsTheStorages compares with the check value of CRC-64/NVME.
func TestChecksumIsTheStorages(t *testing.T) {
	want := base64.StdEncoding.EncodeToString(
		[]byte{0x88, 0x98, 0x79, 0x0A, 0x86, 0x14, 0x8B, 0xAE})
	if got := encodeCRC(crc64.Checksum([]byte("123456789"), crcTable)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestUplinkIsSharedByAllConnections: what passes is paid for one after the other, and waiting is
// not saved up.
func TestUplinkIsSharedByAllConnections(t *testing.T) {
	u := uplink{rate: 1e9}
	begun := time.Now()
	for range 4 {
		u.pass(1e6)
	}
	if took := u.free.Sub(begun); took < 4*time.Millisecond {
		t.Errorf("4 MB passed in %v at 1 GB/s", took)
	}
	u.free = time.Now().Add(-time.Hour)
	u.pass(1)
	if u.free.Before(begun) {
		t.Error("an hour without use was saved up")
	}
}
