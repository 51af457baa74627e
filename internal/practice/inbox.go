// Package practice is the window's practice inbox: a local inbox in the process, for trying the
// program without an account, with switches for things that can go wrong. Call [Start] first.
package practice

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"inboxuploader/assets"
	"inboxuploader/internal/blobserver"
	"inboxuploader/internal/crash"
)

const (
	// account distinguishes the inbox from all others, including local ones. It is the same in every
	// run, so that a run recognises what an earlier one left.
	account = "practiceinbox"
	// container reads as "workspace practice, token 1".
	container = "practice-1"
	// rights are the only rights that an upload token needs, so practice grants no more.
	rights = "w"
	// lifetime is how long a token works: long enough for a calm countdown.
	lifetime = 7 * 24 * time.Hour
	// mostPolicies is how many a container may have (rest/api/storageservices/set-container-acl).
	mostPolicies = 5
)

// Inbox is the practice inbox. Its methods may be called from any goroutine.
type Inbox struct {
	dir    string
	server *blobserver.Server
	base   string
	now    func() time.Time
	stop   context.CancelFunc
	served chan error

	pulled atomic.Bool // the cable

	mu       sync.Mutex
	issued   int
	policies []blobserver.Policy // of the tokens that were issued
}

// Start runs a practice inbox over a temporary folder until it is closed; only this machine can
// reach it. It blocks for a moment on the disk. now is the clock for issuing tokens.
func Start(ctx context.Context, now func() time.Time) (_ *Inbox, err error) {
	dir, err := os.MkdirTemp("", "uploader-practice-")
	if err != nil {
		return nil, fmt.Errorf("practice: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	i := &Inbox{dir: dir, now: now, served: make(chan error, 1)}
	if i.server, err = blobserver.New(blobserver.Config{Account: account, Dir: i.Folder(), Before: i.before}); err != nil {
		return nil, fmt.Errorf("practice: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err == nil {
		err = i.server.CreateContainer(container)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("practice: %w", err), i.server.Close())
	}
	i.base = "http://" + listener.Addr().String()
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	i.stop = stop
	go func() { defer crash.Catch(); i.served <- i.server.Serve(serving, listener) }()
	return i, nil
}

// Is reports whether a storage account on a host belongs to a practice inbox, of this run or an
// earlier one.
func Is(host, name string) bool { return name == account && strings.HasPrefix(host, "127.0.0.1:") }

// before is called before each request.
func (i *Inbox) before(*blobserver.Op) *blobserver.Answer {
	if i.pulled.Load() {
		return &blobserver.Answer{Reset: true}
	}
	return nil
}

// Token issues a token that is valid from now on. The token states everything except its start,
// which is in a policy of its own at the inbox; changing that policy ends only this token.
func (i *Inbox) Token() (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.issued++
	policy := blobserver.Policy{ID: "practice-" + strconv.Itoa(i.issued), From: i.now().Add(-time.Minute).Truncate(time.Second)}
	if len(i.policies) == mostPolicies {
		i.policies = i.policies[1:] // nobody still needs the first of so many tokens
	}
	i.policies = append(i.policies, policy)
	if err := i.server.SetPolicies(container, i.policies...); err != nil {
		return "", fmt.Errorf("practice: %w", err)
	}
	link, err := i.server.Token(blobserver.TokenRequest{
		Base: i.base, Container: container, Rights: rights, Policy: policy.ID,
		To: i.now().Add(lifetime),
	})
	if err != nil {
		return "", fmt.Errorf("practice: %w", err)
	}
	return link, nil
}

// Address returns the address of the inbox's storage account.
func (i *Inbox) Address() string { return i.base + "/" + i.server.Account() }

// Key returns the account's key in the form of a real storage account's. It is a secret.
func (i *Inbox) Key() string { return base64.StdEncoding.EncodeToString(i.server.Key()) }

// Samples creates a folder of sample files, or returns the one that it created before.
func (i *Inbox) Samples() (string, error) {
	dir := filepath.Join(i.dir, "samples")
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	return dir, assets.WriteSamples(dir)
}

// Folder returns the folder with the delivered files.
func (i *Inbox) Folder() string { return filepath.Join(i.dir, "inbox") }

// PullCable cuts every connection to the inbox, or stops doing so.
func (i *Inbox) PullCable(pulled bool) { i.pulled.Store(pulled) }

// EndTokens makes the inbox refuse every token issued so far as expired: each of them now ends
// before it begins.
func (i *Inbox) EndTokens() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	for n := range i.policies {
		i.policies[n].From = i.now().Add(2 * lifetime).Truncate(time.Second)
	}
	if err := i.server.SetPolicies(container, i.policies...); err != nil {
		return fmt.Errorf("practice: %w", err)
	}
	return nil
}

// Close ends the inbox and removes its folder.
func (i *Inbox) Close() error {
	i.stop()
	return errors.Join(<-i.served, i.server.Close(), os.RemoveAll(i.dir))
}
