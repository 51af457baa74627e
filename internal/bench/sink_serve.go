package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	container = "bench"
	// query is a token's, which opens nothing: the sink accepts any signature.
	query = "sv=2021-12-02&sr=c&sp=cw&se=2099-01-01T00%3A00%3A00Z&sig=YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmU%3D"
)

// announcement is what a sink says about itself when it listens.
type announcement struct {
	Inbox   string // the container's URL, without a query
	Control string // where its report is, see controls
	CAFile  string // trusts its certificate; empty without TLS
}

// handshakeKey finds in a request's context whether its connection has had its handshake's delay.
type handshakeKey struct{}

// sinkRole is a sink as a process. It ends when its standard input does, so that none is left
// behind.
func sinkRole(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	f := flag.NewFlagSet("sink", flag.ContinueOnError)
	var c conditions
	f.DurationVar(&c.far, "far", 0, "time for the way there and back")
	f.Int64Var(&c.rate, "rate", 0, "bytes per second over all connections together")
	f.Float64Var(&c.busy, "busy", 0, "share of requests that are answered with 503")
	f.BoolVar(&c.trust, "trust", false, "do not compare checksums")
	certificates := f.String("certificates", "", "use TLS, and put the authority's certificate "+
		"into this folder")
	if err := f.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a, wait, err := newSink(c).listen(ctx, *certificates)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(stdout).Encode(a); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdin) // however it ends
		cancel()
	}()
	return wait()
}

// listen serves requests on a free port of loopback until the context ends, and the controls on
// another. With a folder for certificates it speaks TLS. wait returns when all has ended.
func (s *sink) listen(
	ctx context.Context, certificates string,
) (a announcement, wait func() error, err error) {
	data, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return a, nil, err
	}
	control, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return a, nil, errors.Join(err, data.Close())
	}
	scheme := "http"
	// The sink counts clients' mistakes itself, and a killed client breaking off is no news.
	quiet := slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	servers := []*http.Server{
		{
			Handler: s, ReadHeaderTimeout: time.Minute, ConnState: s.count,
			ConnContext: s.handshake, ErrorLog: quiet,
		},
		{Handler: s.controls(), ReadHeaderTimeout: time.Minute, ErrorLog: quiet},
	}
	if certificates != "" {
		scheme = "https"
		var config *tls.Config
		if config, a.CAFile, err = newCertificate(certificates); err != nil {
			return a, nil, errors.Join(err, data.Close(), control.Close())
		}
		data = tls.NewListener(data, config)
	}
	a.Inbox = scheme + "://" + data.Addr().String() + "/devstoreaccount1/" + container
	a.Control = "http://" + control.Addr().String()
	ended := make(chan error, len(servers))
	for i, l := range []net.Listener{data, control} {
		go func() { ended <- servers[i].Serve(l) }()
	}
	stop := context.AfterFunc(ctx, func() {
		for _, server := range servers {
			_ = server.Close() // ends Serve, which says what went wrong
		}
	})
	return a, func() error {
		defer stop()
		var errs []error
		for range servers {
			if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	}, nil
}

// count follows how many connections there are.
func (s *sink) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.connections.Add(1)
		s.connected.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.connected.Add(-1)
	}
}

// handshake makes the first request of each connection wait for the way there and back once more.
func (s *sink) handshake(ctx context.Context, _ net.Conn) context.Context {
	if s.far == 0 {
		return ctx
	}
	return context.WithValue(ctx, handshakeKey{}, new(atomic.Bool))
}

// controls are GET /report, the report as JSON, and POST /reset, which forgets all.
func (s *sink) controls() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(s.report()) // who asked and left does not miss it
	})
	m.HandleFunc("GET /received", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, s.received.Load())
	})
	m.HandleFunc("POST /reset", func(http.ResponseWriter, *http.Request) { s.reset() })
	return m
}

// newCertificate makes a certificate for loopback that signs itself, and puts it into the folder
// for clients to trust.
func newCertificate(dir string) (*tls.Config, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", err
	}
	now := time.Now()
	host, _ := os.Hostname() // without one it stays empty, and nobody is called that
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "benchmark sink"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{
			x509.ExtKeyUsageServerAuth,
		}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{host},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, "", err
	}
	file := filepath.Join(dir, "sink-"+strconv.Itoa(os.Getpid())+".pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		0o600); err != nil {
		return nil, "", err
	}
	config := &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		MinVersion:   tls.VersionTLS12,
	}
	return config, file, nil
}

// startedSink is a sink in a process of its own.
type startedSink struct {
	announcement
	process *exec.Cmd
	stdin   io.Closer
}

// startSink starts this program once more, as a sink. The caller calls end.
func startSink(ctx context.Context, self, certificates string, c conditions) (*startedSink, error) {
	args := []string{
		"sink", "-far", c.far.String(), "-rate", strconv.FormatInt(c.rate, 10),
		"-busy", strconv.FormatFloat(c.busy, 'g', -1, 64), "-trust=" + strconv.FormatBool(c.trust),
		"-certificates", certificates,
	}
	s := &startedSink{process: exec.CommandContext(ctx, self, args...)}
	s.process.Stderr = os.Stderr
	stdin, err := s.process.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	s.stdin = stdin
	if err := json.NewDecoder(stdout).Decode(&s.announcement); err != nil {
		return nil, errors.Join(fmt.Errorf("the sink did not start: %w", err), s.end())
	}
	return s, nil
}

func (s *startedSink) end() error {
	_ = s.stdin.Close() // it may have ended already
	return s.process.Wait()
}

// ask sends a request to the sink's controls and reads the answer into out, if that is not nil.
func (s *startedSink) ask(ctx context.Context, method, path string, out any) error {
	r, err := http.NewRequestWithContext(ctx, method, s.Control+path, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	switch {
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("the sink answered %s", resp.Status)
	case out == nil:
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(out)
}
