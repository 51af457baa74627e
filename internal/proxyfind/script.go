package proxyfind

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"inboxuploader/internal/pac"
	"inboxuploader/internal/proxydial"
)

// ErrScriptUnreadable means that a script could not be fetched or read, or is not a script.
var ErrScriptUnreadable = errors.New("proxyfind: the proxy script can't be read")

// scriptFresh is how long a fetched script is used.
const scriptFresh = 10 * time.Minute

// script is a script and when it was fetched.
type script struct {
	*pac.Script
	at time.Time
}

func (s *script) ask(ctx context.Context, target *url.URL) ([]proxydial.Proxy, error) {
	ways, err := s.Find(ctx, target)
	if err != nil {
		return nil, err
	}
	proxies := make([]proxydial.Proxy, len(ways))
	for i, w := range ways {
		proxies[i] = proxydial.Proxy{Scheme: w.Scheme, Host: w.Host}
	}
	return proxies, nil
}

// scriptAt returns the script at an address, fetched within the last minutes.
func (f *Finder) scriptAt(ctx context.Context, address string) (*script, error) {
	f.mu.Lock()
	s := f.scripts[address]
	f.mu.Unlock()
	if s != nil && time.Since(s.at) < scriptFresh {
		return s, nil
	}
	text, err := f.fetch(ctx, address)
	if err != nil {
		return nil, ErrScriptUnreadable // the error may quote an address with a password
	}
	read, err := pac.New(text)
	if err != nil {
		return nil, errors.Join(ErrScriptUnreadable, err)
	}
	s = &script{read, time.Now()}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.scripts[address] = s
	return s, nil
}

// fetchScript reads a script from a file, or by http or https without a proxy.
func (f *Finder) fetchScript(ctx context.Context, address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	if u.Scheme == "file" {
		return readScript(filePath(u))
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	f.mu.Lock()
	file := f.caFile
	f.mu.Unlock()
	if file != "" {
		if config.RootCAs, err = authorities(file); err != nil {
			return "", err
		}
	}
	transport := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	if resp.StatusCode != http.StatusOK {
		return "", errors.New("status " + http.StatusText(resp.StatusCode))
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, pac.MaxSize+1))
	return string(text), err
}

// filePath is the path of a file's URL; on Windows /C:/proxy.pac is C:/proxy.pac.
func filePath(u *url.URL) string {
	if runtime.GOOS == "windows" && len(u.Path) > 2 && u.Path[2] == ':' {
		return u.Path[1:]
	}
	return u.Path
}

// readScript reads a regular file; anything else may have no end.
func readScript(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > pac.MaxSize {
		return "", errors.New("not a script's file")
	}
	text, err := os.ReadFile(path)
	return string(text), err
}

// authorities returns the system's authorities with those of a PEM file.
func authorities(file string) (*x509.CertPool, error) {
	text, err := readScript(file)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM([]byte(text)) {
		return nil, errors.New("no certificate")
	}
	return pool, nil
}

// discoverByName finds a network's script by the name service: on the host "wpad" in the computer's
// own domain. It never looks in parent domains, where anybody may own that name.
func discoverByName(
	ctx context.Context,
	lookup func(context.Context, string) ([]string, error),
) (string, error) {
	addrs, err := lookup(ctx, "wpad")
	if err != nil || len(addrs) == 0 {
		return "", errors.Join(errors.New("proxyfind: no wpad"), err)
	}
	return "http://wpad/wpad.dat", nil
}

// listed returns the proxy for a scheme out of a list as Windows writes it: HOST:PORT for all, or
// http=HOST:PORT;https=HOST:PORT;socks=HOST:PORT.
func listed(list, scheme string) (proxydial.Proxy, bool) {
	byScheme := map[string]string{}
	for part := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ';' || r == ' ' }) {
		kind, address, ok := strings.Cut(part, "=")
		if !ok {
			kind, address = "", part
		}
		if _, twice := byScheme[strings.ToLower(kind)]; !twice {
			byScheme[strings.ToLower(kind)] = address
		}
	}
	for _, kind := range []string{scheme, "", "socks"} {
		address := byScheme[kind]
		if address == "" {
			continue
		}
		if kind == "socks" && !strings.Contains(address, "://") {
			address = "socks5://" + address
		}
		if p, err := proxydial.ParseProxy(address); err == nil {
			return p, true
		}
	}
	return proxydial.Proxy{}, false
}
