package azure

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uploadertest"
)

// confirm writes a 201 to the request with this head.
func confirm(w io.Writer, more string) {
	_, _ = io.WriteString(w,
		"HTTP/1.1 201 Created\r\nx-ms-request-id: 1\r\nContent-Length: 0\r\n"+more+"\r\n")
}

// echoOf is the header with which the service repeats a request's id.
func echoOf(r *http.Request) string {
	return "x-ms-client-request-id: " + r.Header.Get("x-ms-client-request-id") + "\r\n"
}

// answered serves a connection: each request gets what answer writes.
func answered(c net.Conn, answer func(n int, r *http.Request)) {
	in := bufio.NewReader(c)
	for n := 0; ; n++ {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		answer(n, r)
	}
}

func put(ctx context.Context, s *Store, size int) (ledger.Answer, error) {
	return s.PutBlob(ctx, "a", uploadertest.NewBody(make([]byte, size)), store.Properties{}, always)
}

// TestASurplusConfirmationIsNotTheNextRequests has a server that confirms one request twice and
// refuses all others, with its connection one answer behind from then on.
func TestASurplusConfirmationIsNotTheNextRequests(t *testing.T) {
	for _, size := range []int{10, 2 * smallBody} {
		address := rawServer(t, func(c net.Conn) {
			var behind []string
			answered(c, func(n int, r *http.Request) {
				if n == 0 {
					confirm(c, echoOf(r))
					behind = append(behind, echoOf(r)) // comes when the next request is there
					return
				}
				confirm(c, behind[0])
				behind = append(behind[1:], echoOf(r))
			})
		})
		s := openTest(t, testToken(address), Options{})
		if _, err := put(t.Context(), s, size); err != nil {
			t.Fatal(err)
		}
		_, err := put(t.Context(), s, size)
		if e, ok := errors.AsType[*problem.Error](err); !ok || e.Reason != problem.AnswerForeign ||
			!e.Unanswered || e.Status != 0 {
			t.Errorf("%d bytes: the surplus answer counted: %v", size, err)
		}
		if _, err := put(t.Context(), s, size); err != nil { // over a new connection
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// TestAnAnswerOfAnotherRequestIsRefused goes by each way.
func TestAnAnswerOfAnotherRequestIsRefused(t *testing.T) {
	for _, status := range []int{http.StatusCreated, http.StatusConflict, http.StatusForbidden, http.StatusServiceUnavailable} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("x-ms-client-request-id", "another")
			w.Header().Set("x-ms-request-id", requestID)
			w.Header().Set("x-ms-error-code", "BlobAlreadyExists")
			w.WriteHeader(status)
		})
		for name, options := range map[string]Options{"direct": {}, "proxy": {Proxy: forwardProxy(t)}} {
			s := openTest(t, testToken(server.URL), options)
			for _, op := range operations {
				_, err := op.call(t.Context(), s, "a")
				e, ok := errors.AsType[*problem.Error](err)
				if !ok || e.Reason != problem.AnswerForeign || !e.Unanswered {
					t.Errorf("%d, %s, %s: %v", status, name, op.name, err)
				}
				noSecret(t, err)
			}
		}
	}
}

// TestAStorageThatEchoedOnceMustGoOn tells what a storage repeats of requests: it may never do so,
// and may begin, but not cease.
func TestAStorageThatEchoedOnceMustGoOn(t *testing.T) {
	var id, sum bool
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if id {
			w.Header().Set("x-ms-client-request-id", r.Header.Get("x-ms-client-request-id"))
		}
		if sum {
			w.Header().Set("x-ms-content-crc64", r.Header.Get("x-ms-content-crc64"))
		}
		created(w)
	})
	for _, c := range []struct {
		what    *bool
		checked bool
	}{{&id, false}, {&sum, true}} {
		s := openTest(t, testToken(server.URL), Options{})
		for n, echoes := range []bool{false, false, true, true, false} {
			*c.what = echoes
			a, err := put(t.Context(), s, 10)
			if a.Checked != (c.checked && echoes) {
				t.Errorf("answer %d: checked %v", n, a.Checked)
			}
			e, _ := errors.AsType[*problem.Error](err)
			if n < 4 && err != nil || n == 4 && (e == nil || e.Reason != problem.AnswerForeign) {
				t.Errorf("answer %d: %v", n, err)
			}
		}
	}
}

// TestRefusalsNeedNoEcho are those of the service's outer layers, of emulators, and of what stands
// in between.
func TestRefusalsNeedNoEcho(t *testing.T) {
	said := refusal{}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if said.status == 0 {
			w.Header().Set("x-ms-client-request-id", r.Header.Get("x-ms-client-request-id"))
			created(w)
			return
		}
		said.serve(w, r)
	})
	s := openTest(t, testToken(server.URL), Options{})
	if _, err := put(t.Context(), s, 0); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		refusal
		want problem.Reason
	}{
		{refusal{status: 403, code: "AuthenticationFailed"}, problem.SignatureRefused},
		{refusal{status: 503, code: "ServerBusy"}, problem.ServiceBusy},
		{refusal{status: 200, body: "<html>Sign in</html>"}, problem.NotTheService},
		{refusal{status: 201, body: "-"}, problem.NotTheService},
		{refusal{status: 407, body: "-"}, problem.ProxySignInLapsed},
		{refusal{status: 409, code: "BlobAlreadyExists"}, problem.MayNotReplace},
		{refusal{status: 201, header: map[string]string{"x-ms-request-id": requestID}, body: "-"}, problem.AnswerForeign},
	} {
		said = c.refusal
		_, err := put(t.Context(), s, 0)
		if e, ok := errors.AsType[*problem.Error](err); !ok || e.Reason != c.want {
			t.Errorf("%d %s: %v, want %s", c.status, c.code, err, c.want)
		}
	}
}

// TestWhatComesUnaskedEndsTheConnection lets a storage that repeats no ids send a surplus 201 and
// refuse what follows: what has arrived by then is no answer, over TLS too, where it may wait above
// the connection.
func TestWhatComesUnaskedEndsTheConnection(t *testing.T) {
	const refused = "HTTP/1.1 403 Forbidden\r\nx-ms-request-id: 1\r\nx-ms-error-code: AuthorizationFailure\r\nContent-Length: 0\r\n\r\n"
	certificate := httptest.NewUnstartedServer(nil)
	certificate.StartTLS()
	t.Cleanup(certificate.Close)
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprint("TLS ", secure), func(t *testing.T) {
			first := true
			address := rawServer(t, func(c net.Conn) {
				hold := &held{Conn: c}
				var way net.Conn = hold
				if secure {
					way = tls.Server(hold, &tls.Config{Certificates: certificate.TLS.Certificates})
				}
				answered(way, func(int, *http.Request) {
					if !first {
						_, _ = io.WriteString(way, refused)
						return
					}
					first = false
					hold.holding = true // both answers leave in one piece, as two records of TLS
					confirm(way, "")
					confirm(way, "")
					hold.flush()
				})
			})
			if secure {
				address = strings.Replace(address, "http:", "https:", 1)
			}
			s := openTest(t, testToken(address), Options{})
			s.transport.TLSClientConfig.RootCAs = certificate.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs //nolint:errcheck // it is one
			if _, err := put(t.Context(), s, 10); err != nil {
				t.Fatal(err)
			}
			_, err := put(t.Context(), s, 10)
			if e, ok := errors.AsType[*problem.Error](err); !ok ||
				e.Reason != problem.FirewallRefused {
				t.Errorf("a refused file counts as delivered: %v", err)
			}
		})
	}
}

// held gathers what is written while it is holding.
type held struct {
	net.Conn
	holding bool
	pending []byte
}

func (h *held) Write(p []byte) (int, error) {
	if h.holding {
		h.pending = append(h.pending, p...)
		return len(p), nil
	}
	return h.Conn.Write(p)
}

func (h *held) flush() {
	h.holding = false
	_, _ = h.Conn.Write(h.pending)
	h.pending = nil
}
