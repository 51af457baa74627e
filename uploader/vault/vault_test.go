package vault

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	keyring "github.com/zalando/go-keyring"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/problem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// small is a keyring in memory with the limits of the real ones.
type small struct {
	mu     sync.Mutex
	texts  map[string]string
	before func(op, name string) error // asked before each operation; may block or panic
}

func newSmall() *small { return &small{texts: map[string]string{}} }

// on sets what is asked before each operation from now on.
func (s *small) on(before func(op, name string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

func (s *small) ask(op, name string) error {
	s.mu.Lock()
	before := s.before
	s.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(op, name)
}

func (s *small) get(name string) (string, error) {
	if err := s.ask("get", name); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	text, ok := s.texts[name]
	if !ok {
		return "", keyring.ErrNotFound
	}
	return text, nil
}

// set has the limits of the Credential Manager and of the one line that the macOS library writes.
func (s *small) set(name, text string) error {
	if err := s.ask("set", name); err != nil {
		return err
	}
	line := len("add-generic-password -U -s ''  -a '' -w 'go-keyring-base64:'\n") + len(service) + len(name) + (len(text)+2)/3*4
	if len(text) > 2560 || line > 4096 {
		return keyring.ErrSetDataTooBig
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts[name] = text
	return nil
}

func (s *small) remove(name string) error {
	if err := s.ask("remove", name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.texts[name]; !ok {
		return keyring.ErrNotFound
	}
	delete(s.texts, name)
	return nil
}

func (s *small) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.texts)
}

// over returns a Keyring over other entries than the system's.
func over(e entries, timeout time.Duration) *Keyring {
	k := New(Options{Timeout: timeout})
	k.entries = e
	k.watch = func() (*watch, error) { return &watch{stop: func() {}}, nil }
	return k
}

func wantReason(t *testing.T, err error, want problem.Reason) {
	t.Helper()
	e, ok := errors.AsType[*problem.Error](err)
	if !ok || e.Reason != want || !errors.Is(err, problem.ErrVault) {
		t.Fatalf("error %v, want reason %s", err, want)
	}
}

// TestSecretsOfAnyLengthComeBackWhole puts, replaces and removes secrets of all lengths, under the
// limits of all systems.
func TestSecretsOfAnyLengthComeBackWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSmall()
		k := over(s, time.Minute)
		ref := inboxes.NewRef()
		lengths := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 600), rapid.IntRange(2030, 2060), rapid.IntRange(4090, 4100),
			rapid.IntRange(0, maxSecret), rapid.Just(maxSecret)), 1, 4).Draw(t, "lengths")
		for i, n := range lengths {
			secret := strings.Repeat(fmt.Sprintf("%d whole:parts:1:x:y é\n", i), n/10+1)[:n]
			if err := k.Put(context.Background(), ref, secret); err != nil {
				t.Fatalf("put %d bytes: %v", n, err)
			}
			got, err := k.Secret(context.Background(), ref)
			if err != nil || got != secret {
				t.Fatalf("%d bytes came back as %d, %v", n, len(got), err)
			}
			if want := 1 + (n+partSize-1)/partSize; s.size() > want {
				t.Fatalf("%d entries for %d bytes, want at most %d: old parts are left", s.size(), n, want)
			}
		}
		for range 2 { // the second time there is nothing
			if err := k.Delete(context.Background(), ref); err != nil {
				t.Fatal(err)
			}
		}
		if s.size() != 0 {
			t.Fatalf("%d entries are left", s.size())
		}
	})
}

func TestSecretsThatAreTooLargeAreRefused(t *testing.T) {
	s := newSmall()
	wantReason(t, over(s, time.Minute).Put(t.Context(), "r", strings.Repeat("x", maxSecret+1)), problem.VaultTooLarge)
	if s.size() != 0 {
		t.Error("something was kept")
	}
}

// TestHalfAPutIsNeverRead ends the program, as it were, after each single operation of a Put that
// replaces a secret: what is read afterwards is the old secret or the new one, and a Delete leaves
// nothing that can be read.
func TestHalfAPutIsNeverRead(t *testing.T) {
	short, long, longer := "old", strings.Repeat("old ", 2000), strings.Repeat("new! ", 3000)
	for name, c := range map[string]struct{ before, after string }{
		"nothing to long": {"", longer},
		"short to long":   {short, longer},
		"long to longer":  {long, longer},
		"long to short":   {long, short},
	} {
		t.Run(name, func(t *testing.T) {
			for stop := 0; ; stop++ {
				s := newSmall()
				k := over(s, time.Minute)
				if c.before != "" {
					if err := k.Put(t.Context(), "r", c.before); err != nil {
						t.Fatal(err)
					}
				}
				n := 0
				power := errors.New("power went")
				s.on(func(string, string) error {
					if n++; n > stop {
						return power
					}
					return nil
				})
				err := k.Put(t.Context(), "r", c.after)
				if err == nil && n <= stop {
					return // it was never stopped
				}
				s.on(nil)
				got, readErr := k.Secret(t.Context(), "r")
				switch {
				case readErr == nil && (got == c.before || got == c.after):
				case c.before == "" && errors.Is(readErr, problem.ErrVault):
				default:
					t.Fatalf("stopped after %d operations: read %d bytes, %v", stop, len(got), readErr)
				}
				if err := k.Delete(t.Context(), "r"); err != nil {
					t.Fatal(err)
				}
				_, readErr = k.Secret(t.Context(), "r")
				wantReason(t, readErr, problem.VaultMissing)
			}
		})
	}
}

// TestAFailedPutTakesBackWhatItDid fails one operation at a time while the keyring goes on working.
func TestAFailedPutTakesBackWhatItDid(t *testing.T) {
	old, secret := strings.Repeat("old ", 2000), strings.Repeat("new! ", 3000)
	for fail := 1; ; fail++ {
		s := newSmall()
		k := over(s, time.Minute)
		if err := k.Put(t.Context(), "r", old); err != nil {
			t.Fatal(err)
		}
		entries, n, failed := s.size(), 0, ""
		s.on(func(op, _ string) error {
			if n++; n == fail {
				failed = op
				return errors.New("not now")
			}
			return nil
		})
		err := k.Put(t.Context(), "r", secret)
		s.on(nil)
		if failed == "" {
			return
		}
		got, readErr := k.Secret(t.Context(), "r")
		if readErr != nil {
			t.Fatalf("operation %d (%s): %v", fail, failed, readErr)
		}
		switch {
		case err == nil && failed == "remove" && got == secret: // an old part is left, which nobody reads
		case err != nil && got == old && s.size() == entries:
		default:
			t.Fatalf("operation %d (%s): error %v, %d entries, was %d", fail, failed, err, s.size(), entries)
		}
	}
}

func TestWhatWasAlteredIsNotUsed(t *testing.T) {
	secret := strings.Repeat("secret ", 1000)
	for name, alter := range map[string]func(s *small){
		"a part is gone":      func(s *small) { delete(s.texts, part(s, 1)) },
		"a part is another's": func(s *small) { s.texts[part(s, 1)] = s.texts[part(s, 0)] },
		"a byte differs":      func(s *small) { s.texts[part(s, 2)] = "S" + s.texts[part(s, 2)][1:] },
		"another program's":   func(s *small) { s.texts["r"] = "hello" },
		"too many parts":      func(s *small) { s.texts["r"] = "parts:1000000:x:y" },
		"no parts":            func(s *small) { s.texts["r"] = "parts:0:x:y" },
		"no generation":       func(s *small) { s.texts["r"] = "parts:1::y" },
		"no number":           func(s *small) { s.texts["r"] = "parts:x:x:y" },
		"empty":               func(s *small) { s.texts["r"] = "" },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSmall()
			k := over(s, time.Minute)
			if err := k.Put(t.Context(), "r", secret); err != nil {
				t.Fatal(err)
			}
			alter(s)
			_, err := k.Secret(t.Context(), "r")
			wantReason(t, err, problem.VaultDamaged)
			if err := k.Put(t.Context(), "r", secret); err != nil { // it can be put right
				t.Fatal(err)
			}
			if got, err := k.Secret(t.Context(), "r"); err != nil || got != secret {
				t.Fatal(err)
			}
		})
	}
}

func part(s *small, i int) string {
	_, p, err := parseHead(s.texts["r"])
	if err != nil {
		panic(err)
	}
	return p.name("r", i)
}

// TestWhatTheKeyringDidNotKeepIsAnError is about a keyring that says yes and does nothing.
func TestWhatTheKeyringDidNotKeepIsAnError(t *testing.T) {
	wantReason(t, over(forgetful{newSmall()}, time.Minute).Put(t.Context(), "r", "secret"), problem.VaultRefused)
}

type forgetful struct{ *small }

func (forgetful) set(string, string) error { return nil }

// TestAKeyringThatHangsHangsNobody is about a locked keyring before which nobody sits.
func TestAKeyringThatHangsHangsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSmall()
		k := over(s, 30*time.Second)
		unlocked := make(chan struct{})
		s.on(func(string, string) error { <-unlocked; return nil })

		begun := time.Now()
		wantReason(t, k.Put(t.Context(), "late", "secret"), problem.VaultLocked)
		if took := time.Since(begun); took != 30*time.Second {
			t.Errorf("the first call came back after %v", took)
		}
		begun = time.Now()
		_, err := k.Secret(t.Context(), "late")
		wantReason(t, err, problem.VaultLocked)
		wantReason(t, k.Delete(t.Context(), "late"), problem.VaultLocked)
		if took := time.Since(begun); took != 0 {
			t.Errorf("further calls came back after %v", took)
		}

		close(unlocked) // somebody types the password at last
		synctest.Wait()
		if s.size() != 0 {
			t.Error("the late call kept a secret that its caller was told is not kept")
		}
		if err := k.Put(t.Context(), "r", "secret"); err != nil {
			t.Fatal(err)
		}
	})
}

// TestALateAnswerIsTakenBack hangs in the write that decides, with and without a secret there
// before.
func TestALateAnswerIsTakenBack(t *testing.T) {
	for _, before := range []string{"", "old", strings.Repeat("old ", 2000)} {
		synctest.Test(t, func(t *testing.T) {
			s := newSmall()
			k := over(s, time.Second)
			if before != "" {
				if err := k.Put(t.Context(), "r", before); err != nil {
					t.Fatal(err)
				}
			}
			entries := s.size()
			s.on(func(op, name string) error {
				if op == "set" && name == "r" {
					time.Sleep(5 * time.Second)
				}
				return nil
			})
			wantReason(t, k.Put(t.Context(), "r", strings.Repeat("new! ", 1000)), problem.VaultLocked)
			time.Sleep(time.Minute)
			s.on(nil)
			got, err := k.Secret(t.Context(), "r")
			if before == "" {
				wantReason(t, err, problem.VaultMissing)
			} else if err != nil || got != before {
				t.Fatalf("%d bytes, %v", len(got), err)
			}
			if s.size() != entries {
				t.Errorf("%d entries, were %d", s.size(), entries)
			}
		})
	}
}

func TestTheContextEndsACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSmall()
		k := over(s, 30*time.Second)
		hang := make(chan struct{})
		s.on(func(string, string) error { <-hang; return nil })
		interrupted := errors.New("interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(interrupted) })
		if err := k.Put(ctx, "r", "secret"); !errors.Is(err, interrupted) {
			t.Fatalf("error %v", err)
		}
		if err := k.Put(ctx, "r", "secret"); !errors.Is(err, interrupted) {
			t.Fatalf("error %v", err)
		}
		// The keyring has had a second only, so the next call waits for its turn as long as it may.
		begun := time.Now()
		wantReason(t, k.Delete(t.Context(), "r"), problem.VaultLocked)
		if took := time.Since(begun); took != 30*time.Second {
			t.Errorf("came back after %v", took)
		}
		close(hang)
	})
}

func TestCallsAreCarriedOutOneAfterAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSmall()
		k := over(s, time.Minute)
		under, most := 0, 0
		s.on(func(string, string) error {
			under++
			most = max(most, under)
			time.Sleep(time.Second)
			under--
			return nil
		})
		var all sync.WaitGroup
		for i := range 5 {
			all.Go(func() {
				if err := k.Put(t.Context(), fmt.Sprint("r", i), "secret"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if most != 1 {
			t.Errorf("%d calls at once", most)
		}
	})
}

// TestAKeyringThatEndsIsNotWaitedFor is about a keyring that crashes while it shows its prompt: the
// library then waits for an answer that never comes.
func TestAKeyringThatEndsIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSmall()
		k := over(s, time.Minute)
		ended, never := make(chan struct{}), make(chan struct{})
		k.watch = func() (*watch, error) { return &watch{ended: ended, stop: func() {}}, nil }
		s.on(func(string, string) error { <-never; return nil })
		time.AfterFunc(time.Second, func() { close(ended) })
		begun := time.Now()
		wantReason(t, k.Put(t.Context(), "r", "secret"), problem.VaultRefused)
		if took := time.Since(begun); took != time.Second {
			t.Errorf("came back after %v", took)
		}
		// The next one starts it again.
		k.watch = func() (*watch, error) { return &watch{stop: func() {}}, nil }
		s.on(nil)
		if err := k.Put(t.Context(), "r2", "secret"); err != nil {
			t.Fatal(err)
		}
		close(never)
		synctest.Wait()
		if s.size() != 1 {
			t.Error("the lost call went on")
		}
	})
}

// TestAKeyringThatEndedAfterTheTimeFreesTheOthers is the same with a caller that is gone already.
func TestAKeyringThatEndedAfterTheTimeFreesTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSmall()
		k := over(s, time.Second)
		ended, never := make(chan struct{}), make(chan struct{})
		k.watch = func() (*watch, error) { return &watch{ended: ended, stop: func() {}}, nil }
		s.on(func(string, string) error { <-never; return nil })
		wantReason(t, k.Put(t.Context(), "r", "secret"), problem.VaultLocked)
		wantReason(t, k.Put(t.Context(), "r", "secret"), problem.VaultLocked)
		close(ended)
		synctest.Wait()
		k.watch = func() (*watch, error) { return &watch{stop: func() {}}, nil }
		s.on(nil)
		if err := k.Put(t.Context(), "r", "secret"); err != nil {
			t.Fatal(err)
		}
		close(never)
	})
}

func TestALibraryThatPanicsIsAnError(t *testing.T) {
	s := newSmall()
	s.on(func(string, string) error { panic("nil signal") })
	wantReason(t, over(s, time.Minute).Put(t.Context(), "r", "secret"), problem.VaultRefused)
}

// TestErrorsOfEachSystemAreTranslated lists what the systems answer; what the session bus answers
// stands in secretservice_test.go.
func TestErrorsOfEachSystemAreTranslated(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want problem.Reason
	}{
		{"nothing there", keyring.ErrNotFound, problem.VaultMissing},
		{"too large", keyring.ErrSetDataTooBig, problem.VaultTooLarge},
		{"unknown system", keyring.ErrUnsupportedPlatform, problem.VaultAbsent},
		{"no program", &exec.Error{Name: "dbus-launch", Err: exec.ErrNotFound}, problem.VaultAbsent},
		{"Windows over the network", errNoLogonSession, problem.VaultAbsent},
		{"macOS over ssh", exits(t, 36), problem.VaultLocked},
		{"macOS, wrong password", exits(t, 51), problem.VaultLocked},
		{"macOS, cancelled", exits(t, 128), problem.VaultLocked},
		{"macOS without keychain", exits(t, 37), problem.VaultAbsent},
		{"macOS, anything else", exits(t, 1), problem.VaultRefused},
		{"anything else", errors.New("sig=q83vEj"), problem.VaultRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := translate("keep secret", fmt.Errorf("wrapped: %w", c.err))
			wantReason(t, err, c.want)
			if strings.Contains(err.Error(), "sig=") || strings.Contains(problem.Explain(err).String(), "sig=") {
				t.Errorf("the text went along: %v", err)
			}
		})
	}
}

// exits returns the error for a program that ended with this code.
func exits(t *testing.T, code int) error {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh on this system")
	}
	return exec.Command("sh", "-c", fmt.Sprint("exit ", code)).Run()
}
