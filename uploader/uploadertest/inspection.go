package uploadertest

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// InspectedHost is a host that an [Inspection] has a certificate for.
const InspectedHost = "inbox.example.com"

// Inspection stands in a storage's place with a certificate of its own, as networks do that inspect
// TLS, and passes on what it is asked. It offers HTTP/2. Set its fields before it starts.
type Inspection struct {
	// Buffers has it take each body to its end before anything goes on.
	Buffers bool
	// Rate is how many bytes a second of all bodies together go on; 0 for any number.
	Rate int
	// Early returns what the n-th request, from 1, is answered with before its body was read, as a
	// page of its own; 0 for those that are passed on.
	Early func(n int64) (status int)
	// Closes ends each connection after its answer and says so; Drops ends it without a word.
	Closes, Drops bool

	seen atomic.Int64

	mu     sync.Mutex
	spoken map[string]bool
	free   time.Time // when the line is free again
}

// Start runs it in front of a storage that is reached by https at target, HOST:PORT, until the test
// ends, and returns its own HOST:PORT and its certificate.
func (i *Inspection) Start(t testing.TB, target string) (address string, certificate []byte) {
	transport := &http.Transport{
		TLSClientConfig:    &tls.Config{InsecureSkipVerify: true},
		DisableCompression: true, MaxIdleConnsPerHost: 100,
	}
	t.Cleanup(transport.CloseIdleConnections)
	quiet := slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	through := &httputil.ReverseProxy{
		Transport: transport, ErrorLog: quiet,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "https", target
			r.Out.Host = r.In.Host
		},
		// As one that lost the storage: it hangs up on whoever asked.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			panic(http.ErrAbortHandler)
		},
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) { i.serve(w, r, through) }))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = quiet
	if i.Drops {
		s.Config.IdleTimeout = time.Nanosecond
	}
	s.StartTLS()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.Listener.Addr().String(),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// Spoken returns the versions of HTTP that it was spoken to in.
func (i *Inspection) Spoken() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Sorted(maps.Keys(i.spoken))
}

func (i *Inspection) serve(w http.ResponseWriter, r *http.Request, through http.Handler) {
	i.mu.Lock()
	if i.spoken == nil {
		i.spoken = map[string]bool{}
	}
	i.spoken[r.Proto] = true
	i.mu.Unlock()
	if i.Closes {
		w.Header().Set("Connection", "close")
	}
	if i.Early != nil {
		if status := i.Early(i.seen.Add(1)); status != 0 {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html><p>Your proxy says "+strconv.Itoa(status)+".</p></html>")
			return
		}
	}
	if i.Buffers {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if !i.pass(r.Context(), len(body)) {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	through.ServeHTTP(w, r)
}

// pass waits until so many bytes have gone over the line, each piece after what was there before, and
// reports whether anybody still waits for that.
func (i *Inspection) pass(ctx context.Context, n int) bool {
	const piece = 64 << 10 // so that several bodies share the line
	for i.Rate > 0 && n > 0 {
		i.mu.Lock()
		if now := time.Now(); i.free.Before(now) {
			i.free = now
		}
		took := time.Duration(float64(min(n, piece)) / float64(i.Rate) * float64(time.Second))
		i.free = i.free.Add(took)
		until := time.Until(i.free)
		i.mu.Unlock()
		n -= piece
		select {
		case <-time.After(until):
		case <-ctx.Done():
			return false
		}
	}
	return true
}
