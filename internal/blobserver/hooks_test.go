package blobserver_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"inboxuploader/internal/blobserver"
)

// TestHooks plays each way of interfering on a Put Blob and looks at what the client sees and what
// was delivered.
func TestHooks(t *testing.T) {
	drop := &blobserver.Answer{Reset: true}
	for _, test := range []struct {
		name          string
		before, after *blobserver.Answer
		status        int // 0: no answer
		delivered     string
		header, value string
	}{
		{"as usual", nil, nil, 201, "text", "x-ms-content-crc64", crcText("text")},
		{"busy", &blobserver.Answer{Status: 503, Code: "ServerBusy", RetryAfter: 1500 * time.Millisecond}, nil, 503, "", "Retry-After", "2"},
		{"reset before the body", drop, nil, 0, "", "", ""},
		{"reset within the body", &blobserver.Answer{Reset: true, ReadBody: 2}, nil, 0, "", "", ""},
		{"reset after the body", &blobserver.Answer{Reset: true, ReadBody: -1}, nil, 0, "", "", ""},
		{"answer lost after the work", nil, drop, 0, "text", "", ""},
		{"other answer after the work", nil, &blobserver.Answer{Status: 500, Code: "InternalError"}, 500, "text", "", ""},
		{"wrong checksum echoed", nil, &blobserver.Answer{Header: http.Header{"x-ms-content-crc64": {"AAAAAAAAAAA="}}}, 201, "text", "x-ms-content-crc64", "AAAAAAAAAAA="},
		{"truncated answer", nil, &blobserver.Answer{Status: 200, Raw: []byte("<html>"), Length: 100}, 0, "text", "", ""},
		{"HTML", &blobserver.Answer{Status: 200, Raw: []byte("<html>")}, nil, 200, "", "", ""},
		{"a byte is changed", &blobserver.Answer{Body: func(_ context.Context, r io.Reader) io.Reader { return io.MultiReader(strings.NewReader("T"), skip(r)) }}, nil, 201, "Text", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := start(t, t.TempDir(), func(c *blobserver.Config) {
				c.Before = func(op *blobserver.Op) *blobserver.Answer {
					if op.Kind != blobserver.PutBlob || op.Blob != "x" || op.Nth != 1 ||
						op.Size != 4 {
						t.Errorf("asked for %+v", op)
					}
					return test.before
				}
				c.After = func(*blobserver.Op, int) *blobserver.Answer { return test.after }
			})
			req, err := http.NewRequestWithContext(t.Context(), "PUT", named(in.token("cw"), "x"),
				strings.NewReader("text"))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("x-ms-blob-type", "BlockBlob")
			status := 0
			resp, err := in.http.Do(req)
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				if err := errors.Join(err, resp.Body.Close()); err == nil {
					status = resp.StatusCode
				}
			}
			if status != test.status {
				t.Fatalf("status %d, want %d: %v", status, test.status, err)
			}
			if test.header != "" && resp.Header.Get(test.header) != test.value {
				t.Errorf("%s: %q, want %q", test.header, resp.Header.Get(test.header), test.value)
			}
			got := ""
			if len(in.Blobs(box)) == 1 {
				got = string(in.content("x"))
			}
			if got != test.delivered {
				t.Errorf("delivered %q, want %q", got, test.delivered)
			}
		})
	}
}

// skip drops one byte of r.
func skip(r io.Reader) io.Reader {
	first := true
	return readerFunc(func(p []byte) (int, error) {
		if first {
			first = false
			if _, err := io.ReadFull(r, make([]byte, 1)); err != nil {
				return 0, err
			}
		}
		return r.Read(p)
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestTokenEndsDuringUpload(t *testing.T) {
	var in *inbox
	in = start(t, t.TempDir(), func(c *blobserver.Config) {
		c.Before = func(*blobserver.Op) *blobserver.Answer {
			return &blobserver.Answer{Wait: func(context.Context) { in.clock.add(2 * time.Hour) }}
		}
	})
	if _, code, _ := in.do("PUT", named(in.token("cw"), "x"), blockBlob,
		"x"); code != "AuthenticationFailed" {
		t.Errorf("%q", code)
	}
}

// TestStallEndsWithTheServer: a request that waits for ever neither keeps the server from closing
// nor leaks.
func TestStallEndsWithTheServer(t *testing.T) {
	stalled := make(chan struct{})
	in := start(t, t.TempDir(), func(c *blobserver.Config) {
		c.Before = func(*blobserver.Op) *blobserver.Answer {
			return &blobserver.Answer{Reset: true, Wait: func(ctx context.Context) {
				close(stalled)
				blobserver.Stall(ctx)
			}}
		}
	})
	link := named(in.token("cw"), "x")
	done := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(context.Background(), "PUT", link,
			strings.NewReader("x"))
		if err == nil {
			req.Header.Set("x-ms-blob-type", "BlockBlob")
			var resp *http.Response
			if resp, err = in.http.Do(req); err == nil {
				err = errors.Join(errors.New("answered"), resp.Body.Close())
				done <- err
				return
			}
		}
		done <- nil
	}()
	<-stalled
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestBodyWithoutProgressIsGivenUp sends half a body and nothing more.
func TestBodyWithoutProgressIsGivenUp(t *testing.T) {
	in := start(t, t.TempDir(), func(c *blobserver.Config) { c.Stall = 50 * time.Millisecond })
	link := named(in.token("cw"), "x")
	conn, err := net.Dial("tcp", strings.TrimPrefix(in.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(conn, "PUT "+strings.TrimPrefix(link, in.url)+
		" HTTP/1.1\r\nHost: x\r\nx-ms-blob-type: BlockBlob\r\nContent-Length: 10\r\n\r\nhalf")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err := errors.Join(err, conn.Close()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(answer), "OperationTimedOut") {
		t.Errorf("answer:\n%s", answer)
	}
	if n := len(in.Blobs(box)); n != 0 {
		t.Errorf("%d blobs", n)
	}
	if left, err := os.ReadDir(filepath.Join(in.dir, ".blobserver", "containers", box,
		"incoming")); err != nil || len(left) != 0 {
		t.Errorf("leftovers: %v, %v", left, err)
	}
}

func TestOversizedRequestsAreRefused(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	link := named(in.token("cw"), "x")
	for _, test := range []struct {
		name, op, version, length, code string
	}{
		{"blob", "", "2021-12-02", "5242880001", "RequestBodyTooLarge"},
		{"old blob", "", "2016-05-31", "268435457", "RequestBodyTooLarge"},
		{"block", "&comp=block&blockid=MQ==", "2021-12-02", "4194304001", "RequestBodyTooLarge"},
		{"old block", "&comp=block&blockid=MQ==", "2015-04-05", "4194305", "RequestBodyTooLarge"},
		{"block list", "&comp=blocklist", "2021-12-02", "99999999", "RequestBodyTooLarge"},
		{"unknown length", "", "2021-12-02", "", "MissingContentLengthHeader"},
		{"future version", "", "2099-01-01", "1", "InvalidHeaderValue"},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(in.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			size := "Content-Length: " + test.length
			if test.length == "" {
				size = "Transfer-Encoding: chunked"
			}
			if _, err := io.WriteString(conn, "PUT "+strings.TrimPrefix(link,
				in.url)+test.op+" HTTP/1.1\r\nHost: x\r\n"+
				"x-ms-blob-type: BlockBlob\r\nx-ms-version: "+test.version+"\r\n"+size+"\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 4096)
			n, err := conn.Read(b)
			if err := errors.Join(err, conn.Close()); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.ToLower(string(b[:n])),
				"x-ms-error-code: "+strings.ToLower(test.code)) {
				t.Errorf("answer:\n%s", b[:n])
			}
		})
	}
}

func TestServeRefusesOtherMachines(t *testing.T) {
	s, err := blobserver.New(blobserver.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context(), l); err == nil || !strings.Contains(err.Error(),
		"other machines") {
		t.Errorf("%v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestTLS(t *testing.T) {
	s, err := blobserver.New(blobserver.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CreateContainer(box); err != nil {
		t.Fatal(err)
	}
	cfg, file, err := s.TLS()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, tls.NewListener(l, cfg)) }()
	ca, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		t.Fatal("no certificate in", file)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	in := &inbox{Server: s, t: t, url: "https://" + l.Addr().String(), clock: &clock{t: time.Now()}, http: &http.Client{Transport: transport}}
	link := in.sign(blobserver.TokenRequest{Rights: "cw", To: time.Now().Add(time.Hour), HTTPSOnly: true})
	if status, code, _ := in.do("PUT", named(link, "x"), blockBlob, "x"); status != 201 {
		t.Errorf("%d %q", status, code)
	}
	transport.CloseIdleConnections()
	cancel()
	if err := errors.Join(<-served, s.Close()); err != nil {
		t.Error(err)
	}
}

// TestOwnerKeepsContainers does what the workspace does with the account's key: containers with
// metadata and stored policies, listed and removed.
func TestOwnerKeepsContainers(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	ctx, owner := t.Context(), in.owner()
	meta := map[string]*string{"reason": new("trial")}
	c := owner.NewContainerClient("ws-7")
	if _, err := c.Create(ctx, &container.CreateOptions{Metadata: meta}); err != nil {
		t.Fatal(err)
	}
	_, err := c.Create(ctx, nil)
	if code := codeOf(t, err); code != "ContainerAlreadyExists" {
		t.Errorf("created twice: %q", code)
	}
	from := in.clock.now().Add(-time.Hour).UTC()
	to := from.Add(48 * time.Hour)
	if _, err := c.SetAccessPolicy(ctx,
		&container.SetAccessPolicyOptions{ContainerACL: []*container.SignedIdentifier{
			{ID: new("upload"), AccessPolicy: &container.AccessPolicy{Start: &from, Expiry: &to, Permission: new("cw")}},
		}}); err != nil {
		t.Fatal(err)
	}
	acl, err := c.GetAccessPolicy(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(acl.SignedIdentifiers) != 1 || *acl.SignedIdentifiers[0].ID != "upload" ||
		!acl.SignedIdentifiers[0].AccessPolicy.Expiry.Equal(to) {
		t.Errorf("policies: %+v", acl.SignedIdentifiers)
	}
	link := in.sign(blobserver.TokenRequest{Container: "ws-7", Policy: "upload"})
	if _, code, body := in.do("PUT", named(link, "x"), blockBlob, "x"); code != "" {
		t.Errorf("with the policy: %s", body)
	}
	if _, err := c.SetAccessPolicy(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if _, code, _ := in.do("PUT", named(link, "x"), blockBlob,
		"x"); code != "AuthenticationFailed" {
		t.Errorf("after the policy was removed: %q", code)
	}
	six := make([]*container.SignedIdentifier, 6)
	for i := range six {
		six[i] = &container.SignedIdentifier{ID: new(string(rune('a' + i)))}
	}
	_, err = c.SetAccessPolicy(ctx, &container.SetAccessPolicyOptions{ContainerACL: six})
	if codeOf(t, err) == "" {
		t.Error("six policies were taken")
	}
	if _, err := c.SetMetadata(ctx,
		&container.SetMetadataOptions{Metadata: map[string]*string{"state": new("revoked")}}); err != nil {
		t.Fatal(err)
	}
	props, err := c.GetProperties(ctx, nil)
	if err != nil || *props.Metadata["State"] != "revoked" || len(props.Metadata) != 1 {
		t.Errorf("metadata: %v, %v", props.Metadata, err)
	}
	var found []string
	pages := owner.NewListContainersPager(nil)
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range page.ContainerItems {
			found = append(found, *it.Name)
		}
	}
	if strings.Join(found, " ") != box+" ws-7" {
		t.Errorf("containers: %q", found)
	}
}

func TestListByFolder(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	link := in.token("cwl")
	for _, n := range []string{"a", "d%2Fx", "d%2Fy", "e%2Ff%2Fz", "z"} {
		if _, code, _ := in.do("PUT", named(link, n), blockBlob, "x"); code != "" {
			t.Fatal(code)
		}
	}
	for prefix, want := range map[string]string{"": "a d/ e/ z", "d/": "d/x d/y", "e": "e/", "none": ""} {
		for _, size := range []int32{1, 2, 100} {
			var got []string
			pages := in.at(link).NewListBlobsHierarchyPager("/",
				&container.ListBlobsHierarchyOptions{Prefix: &prefix, MaxResults: &size})
			for pages.More() {
				page, err := pages.NextPage(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				i, j := page.Segment.BlobItems, page.Segment.BlobPrefixes
				if int32(len(i)+len(j)) > size {
					t.Errorf("page of %d", len(i)+len(j))
				}
				for len(i)+len(j) > 0 {
					if len(j) == 0 || len(i) > 0 && *i[0].Name < *j[0].Name {
						got, i = append(got, *i[0].Name), i[1:]
					} else {
						got, j = append(got, *j[0].Name), j[1:]
					}
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("prefix %q by %d: %q, want %q", prefix, size, got, want)
			}
		}
	}
}

func TestRanges(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	link := named(in.token("rcw"), "x")
	if _, code, _ := in.do("PUT", link, blockBlob, "0123456789"); code != "" {
		t.Fatal(code)
	}
	for _, test := range []struct {
		rng, want string
		status    int
	}{
		{"", "0123456789", 200},
		{"bytes=0-3", "0123", 206},
		{"bytes=8-", "89", 206},
		{"bytes=8-99", "89", 206},
		{"bytes=10-", "", 416},
		{"lines=1-2", "0123456789", 200},
	} {
		status, _, body := in.do("GET", link, map[string]string{"x-ms-range": test.rng}, "")
		if status != test.status || status < 400 && body != test.want {
			t.Errorf("%s: %d %q", test.rng, status, body)
		}
	}
	if n := in.Counts()[blobserver.ReadBlob]; n != 6 {
		t.Errorf("%d reads counted", n)
	}
}
