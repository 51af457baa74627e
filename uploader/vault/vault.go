// Package vault keeps token secrets in the operating system's keyring: a Secret Service (GNOME
// Keyring, KWallet, KeePassXC) on Linux, the Keychain on macOS, the Credential Manager on Windows.
// Call [New] first.
//
// The package never writes to a plain file. It splits a secret that doesn't fit into one entry, see
// entries.go. A keyring that hangs, because it waits for a password that nobody types, does not
// hang the program.
package vault

import (
	"context"
	"errors"
	"sync"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/problem"
)

// DefaultTimeout is how long a call may take unless [Options] say otherwise. It is long enough to
// type a password into the window that the keyring may open, and short enough that an unattended
// program does not seem stuck.
const DefaultTimeout = 30 * time.Second

// service is the name of the entries in the keyring. People see it there.
const service = "Inbox uploader"

// Options shape a [Keyring]. The zero Options are good for use.
type Options struct {
	// Timeout limits each call, including its wait for another call. 0 means DefaultTimeout.
	Timeout time.Duration
}

// Keyring is the operating system's keyring as an [inboxes.Vault]. It is safe for concurrent use.
// It makes calls one after another, since a locked keyring would ask for its password once for
// each.
//
// A call without an answer in time returns VaultLocked, and discards an answer that comes later.
// Until that answer comes or the keyring ends, further calls return VaultLocked at once. Only such
// a call leaves a goroutine behind.
type Keyring struct {
	entries entries
	watch   func() (*watch, error)
	timeout time.Duration
	turn    chan struct{} // holds a value while a call is under way

	mu    sync.Mutex
	stuck *attempt // the call under way, once it has taken too long
}

var _ inboxes.Vault = (*Keyring)(nil)

// New returns the keyring of the user who runs the program. It asks the keyring nothing yet and
// does not block.
func New(o Options) *Keyring {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	return &Keyring{entries: system{}, watch: watchKeyring, timeout: o.Timeout, turn: make(chan struct{}, 1)}
}

// Put implements [inboxes.Vault]. It reads the stored secret back and compares it before it
// returns.
func (k *Keyring) Put(ctx context.Context, ref, secret string) error {
	if len(secret) > maxSecret {
		return problem.New("keep secret", "", problem.VaultTooLarge)
	}
	_, err := k.call(ctx, "keep secret", func(wanted func() error) (string, error) {
		return "", put(k.entries, ref, secret, wanted)
	})
	return err
}

// Secret implements [inboxes.Vault].
func (k *Keyring) Secret(ctx context.Context, ref string) (string, error) {
	return k.call(ctx, "read secret", func(wanted func() error) (string, error) {
		return read(k.entries, ref, wanted)
	})
}

// Delete implements [inboxes.Vault].
func (k *Keyring) Delete(ctx context.Context, ref string) error {
	_, err := k.call(ctx, "remove secret", func(wanted func() error) (string, error) {
		return "", remove(k.entries, ref, wanted)
	})
	return err
}

// attempt is one call that is carried out.
type attempt struct {
	wanted context.Context // ended: nobody waits for the answer
	answer chan answer
	ended  bool // under Keyring.mu
}

type answer struct {
	secret string
	err    error
}

var (
	errNoAnswer = errors.New("no answer in time")
	errEnded    = errors.New("keyring ended while it was asked")
	errBroke    = errors.New("keyring library failed")
)

// call runs one call when its turn has come. It passes do a function that returns an error once
// nobody waits for the answer any more. do calls it between two steps, and then undoes its work.
func (k *Keyring) call(
	ctx context.Context, op string, do func(wanted func() error) (string, error),
) (string, error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if k.isStuck() {
		return "", translate(op, errNoAnswer)
	}
	limited, cancel := context.WithTimeoutCause(ctx, k.timeout, errNoAnswer)
	defer cancel()
	select {
	case k.turn <- struct{}{}:
	case <-limited.Done():
		return "", gaveUp(limited, op)
	}
	a := &attempt{wanted: limited, answer: make(chan answer, 1)}
	go func() { defer crash.Catch(); k.carryOut(a, do) }()
	select {
	case r := <-a.answer:
		if r.err != nil {
			return "", translate(op, r.err)
		}
		return r.secret, nil
	case <-limited.Done():
		k.giveUp(a)
		return "", gaveUp(limited, op)
	}
}

// gaveUp returns the error for a caller that has stopped waiting: its own context's, or that of a
// timeout.
func gaveUp(limited context.Context, op string) error {
	if cause := context.Cause(limited); !errors.Is(cause, errNoAnswer) {
		return cause
	}
	return translate(op, errNoAnswer)
}

func (k *Keyring) isStuck() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stuck != nil
}

// giveUp notes that a call has not come back in time.
func (k *Keyring) giveUp(a *attempt) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !a.ended && errors.Is(context.Cause(a.wanted), errNoAnswer) {
		k.stuck = a
	}
}

// carryOut does a call and then lets the next one have its turn.
func (k *Keyring) carryOut(a *attempt, do func(wanted func() error) (string, error)) {
	secret, err := k.guarded(a, do)
	k.mu.Lock()
	a.ended = true
	if k.stuck == a {
		k.stuck = nil
	}
	k.mu.Unlock()
	<-k.turn
	a.answer <- answer{secret, err}
}

// survive makes a call and turns a panic of the library into an error: when its connection ends,
// the library reads a signal that is not there.
func survive(do func() (string, error)) (a answer) {
	defer func() {
		if recover() != nil {
			a = answer{err: errBroke}
		}
	}()
	secret, err := do()
	return answer{secret, err}
}

// guarded makes a call and returns early if the keyring ends meanwhile. The library may then wait
// forever, and guarded abandons its goroutine.
func (k *Keyring) guarded(
	a *attempt, do func(wanted func() error) (string, error),
) (string, error) {
	w, err := k.watch()
	if err != nil {
		return "", err
	}
	defer w.stop()
	wanted := func() error {
		select {
		case <-w.ended:
			return errEnded
		default:
			return context.Cause(a.wanted)
		}
	}
	if err := wanted(); err != nil {
		return "", err // the watch itself took too long
	}
	done := make(chan answer, 1)
	go func() {
		defer crash.Catch()
		done <- survive(func() (string, error) { return do(wanted) })
	}()
	select {
	case r := <-done:
		return r.secret, r.err
	case <-w.ended:
		return "", errEnded
	}
}

// watch watches the keyring during a call.
type watch struct {
	ended <-chan struct{} // closed when the keyring has ended; nil where that can't be known
	stop  func()          // ends the watch
}
