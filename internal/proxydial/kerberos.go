//go:build !windows

package proxydial

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/spnego"

	"inboxuploader/internal/crash"
)

// systemMethods are those that need no password: Kerberos, with the ticket that signing in to the
// computer, or kinit, left in a file.
func systemMethods(p Proxy) []*method {
	return []*method{
		{name: "kerberos", scheme: negotiate, begin: func(ctx context.Context) (exchange, error) {
			return systemTickets.token(ctx, p.Host)
		}},
	}
}

// systemTickets are those of the person who runs the program.
var systemTickets = &tickets{}

// tickets gets tickets for proxies from a cache file. It reuses the client made from a file until
// the file changes, so that it asks the key server once, not for each connection.
type tickets struct {
	mu     sync.Mutex
	file   string
	stamp  time.Time
	client *client.Client
}

// token returns the only message of a sign-in at a proxy. It blocks while the library asks the key
// server, which it gives up after some seconds, or until the context ends.
func (t *tickets) token(ctx context.Context, proxy string) (exchange, error) {
	type result struct {
		token []byte
		err   error
	}
	done := make(chan result, 1)
	go func() {
		defer crash.Catch()
		token, err := t.make(proxy)
		done <- result{token, err}
	}()
	select {
	case r := <-done:
		return once(r.token), r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (t *tickets) make(proxy string) (token []byte, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer func() {
		if r := recover(); r != nil { // the library trusts the file's lengths
			t.client, err = nil, errors.New("proxydial: the ticket cache is damaged")
		}
	}()
	if err := t.load(); err != nil {
		return nil, err
	}
	sign := spnego.SPNEGOClient(t.client, servicePrincipal(proxy))
	if err := sign.AcquireCred(); err != nil {
		return nil, fmt.Errorf("proxydial: ticket: %w", err)
	}
	message, err := sign.InitSecContext()
	if err != nil {
		return nil, fmt.Errorf("proxydial: ticket for the proxy: %w", err)
	}
	return message.Marshal()
}

// load makes a client from the first readable cache, unless it already has one.
func (t *tickets) load() error {
	err := errors.New("proxydial: no ticket cache")
	for _, file := range cacheFiles() {
		info, serr := os.Stat(file)
		if serr != nil || !info.Mode().IsRegular() {
			continue
		}
		if t.client != nil && t.file == file && t.stamp.Equal(info.ModTime()) {
			return nil
		}
		cache, lerr := credentials.LoadCCache(file)
		if lerr != nil {
			err = lerr
			continue
		}
		c, lerr := client.NewFromCCache(
			cache,
			kerberosConfig(cache.GetClientRealm()),
			client.DisablePAFXFAST(true),
		)
		if lerr != nil {
			err = lerr
			continue
		}
		t.file, t.stamp, t.client = file, info.ModTime(), c
		return nil
	}
	return err
}

// kerberosConfig reads the system's settings. If they are unreadable, the name service finds the
// key servers.
func kerberosConfig(realm string) *config.Config {
	files := []string{"/etc/krb5.conf"}
	if named := os.Getenv("KRB5_CONFIG"); named != "" {
		files = strings.Split(named, ":")
	}
	for _, file := range files {
		c, err := config.Load(file)
		_, partly := errors.AsType[config.UnsupportedDirective](err)
		if c != nil && (err == nil || partly) {
			if c.LibDefaults.DefaultRealm == "" {
				c.LibDefaults.DefaultRealm = realm
			}
			if len(c.Realms) == 0 {
				c.LibDefaults.DNSLookupKDC = true // as MIT's library does by itself
			}
			return c
		}
	}
	c := config.New()
	c.LibDefaults.DefaultRealm, c.LibDefaults.DNSLookupKDC = realm, true
	return c
}

// defaultCache is where kinit puts tickets unless told otherwise.
func defaultCache() string { return fmt.Sprintf("/tmp/krb5cc_%d", os.Getuid()) }

// cacheFiles returns the files that may hold tickets. Caches of other kinds (KEYRING, KCM, DIR,
// API) can't be read; a person who has one is told how to make a file beside it.
func cacheFiles() []string {
	named := os.Getenv("KRB5CCNAME")
	if file, ok := strings.CutPrefix(named, "FILE:"); ok {
		return []string{file}
	}
	if named != "" && !strings.Contains(named, ":") {
		return []string{named}
	}
	return []string{defaultCache()}
}

// renewal is the command with which a person gets a ticket that this program can read.
func renewal() string {
	return "kinit -c FILE:" + cacheFiles()[0]
}
