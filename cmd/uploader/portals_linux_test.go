package main

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"inboxuploader/uploader/uploadertest"
)

// signInPage answers in place of a storage, or of the proxy that leads there, until it gives way.
type signInPage struct {
	proxy string // the way to the storage
	give  func()
}

func newSignInPage(t *testing.T, kind, storage string) signInPage {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html><title>Welcome to the hospital</title></html>")
		}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	if kind == "with a certificate of its own" {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	page := s.Listener.Addr().String()
	switch kind {
	case "as a proxy's page":
		p := uploadertest.NewProxy(t, storage, "", "")
		p.Refuse(http.StatusNetworkAuthenticationRequired)
		return signInPage{p.HTTP(), func() { p.Refuse(0) }}
	case "as no proxy":
		proxy := strings.TrimPrefix(uploadertest.NewProxy(t, storage, "", "").HTTP(), "http://")
		address, turn := switched(t, page)
		return signInPage{"http://" + address, func() { turn(proxy) }}
	default:
		address, turn := switched(t, page)
		return signInPage{uploadertest.NewProxy(t, address, "", "").HTTP(), func() { turn(storage) }}
	}
}

// switched listens for whoever stands at an address, until turn has it listen for somebody else.
func switched(t *testing.T, first string) (address string, turn func(to string)) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	to := first
	var open []net.Conn
	join := func(client net.Conn) {
		mu.Lock()
		defer mu.Unlock()
		server, err := net.Dial("tcp", to)
		if err != nil {
			_ = client.Close()
			return
		}
		open = append(open, client, server)
		wg.Go(func() { _, _ = io.Copy(server, client); _ = server.Close() })
		wg.Go(func() { _, _ = io.Copy(client, server); _ = client.Close() })
	}
	wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			join(client)
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().String(), func(next string) {
		mu.Lock()
		defer mu.Unlock()
		to = next
	}
}
