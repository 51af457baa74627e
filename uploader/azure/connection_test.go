package azure

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"inboxuploader/uploader/problem"
)

func TestConnectionsAreKept(t *testing.T) {
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/inbox/refused" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		created(w)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	s := openTest(t, testToken(server.URL), Options{})
	for range 3 {
		for _, op := range operations {
			if _, err := op.call(t.Context(), s, "a"); err != nil {
				t.Fatal(err)
			}
			if _, err := op.call(t.Context(), s, "refused"); !errors.Is(err, problem.ErrBusy) {
				t.Fatal(err)
			}
		}
	}
	if got := opened.Load(); got != 1 {
		t.Errorf("%d connections, want 1", got)
	}
}

func TestGateLetsTheLastReaderThroughAlone(t *testing.T) {
	g := &gate{body: strings.NewReader("content")}
	read := func(r io.Reader, n int) (string, error) {
		b := make([]byte, n)
		n, err := r.Read(b)
		return string(b[:n]), err
	}
	first, err := g.open()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := read(first, 3); got != "con" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	second, err := g.open()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := read(first, 3); got != "" || !errors.Is(err, errShut) {
		t.Errorf("the first reader read %q, %v after the second was opened", got, err)
	}
	if got, err := read(second, 4); got != "cont" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	if got, err := read(second, 4); got != "ent" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	g.shut()
	if _, err := read(second, 1); !errors.Is(err, errShut) || g.failure() != nil {
		t.Errorf("read after shut: %v, failure %v", err, g.failure())
	}
}

// TestEveryRequestSpeaksOneVersionOfTheProtocol sends each kind of request to a service that knows
// no newer version.
func TestEveryRequestSpeaksOneVersionOfTheProtocol(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if v := r.Header.Values("x-ms-version"); len(v) != 1 || v[0] > "2021-12-02" {
			refusal{status: 400, code: "InvalidHeaderValue", more: "<HeaderName>x-ms-version</HeaderName>"}.serve(w, r)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		created(w)
	})
	s := openTest(t, testToken(server.URL), Options{})
	for _, op := range operations {
		if _, err := op.call(t.Context(), s, "a"); err != nil {
			t.Errorf("%s: %v", op.name, err)
		}
	}
}
