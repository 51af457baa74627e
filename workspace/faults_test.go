package workspace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
)

// everywhere calls each operation that speaks to the service.
func everywhere(ctx context.Context, w *Workspace, dir string) map[string]error {
	_, listErr := w.List(ctx)
	_, _, issueErr := w.Issue(ctx, Request{Reason: "x"})
	_, _, renewErr := w.Renew(ctx, 1, Request{Reason: "x"})
	var filesErr error
	for _, err := range w.Files(ctx, 1) {
		filesErr = err
	}
	return map[string]error{
		"check": w.Check(ctx), "list": listErr, "issue": issueErr, "renew": renewErr,
		"revoke": w.Revoke(ctx, 1, ""),
		"files":  filesErr, "fetch": w.Fetch(ctx, 1, dir, w.Files(ctx, 1), nil, func(Fetched) {}),
	}
}

// TestWhatTheServiceRefuses goes through all that the service can say, over the wire, in each
// operation.
func TestWhatTheServiceRefuses(t *testing.T) {
	for code, c := range map[string]struct {
		status   int
		want     Reason
		sentinel error
	}{
		"AuthenticationFailed":               {403, KeyRefused, ErrDenied},
		"AuthorizationFailure":               {403, FirewallRefused, ErrDenied},
		"NoAuthenticationInformation":        {401, KeyRefused, ErrDenied},
		"KeyBasedAuthenticationNotPermitted": {403, KeysNotAccepted, ErrDenied},
		"AuthorizationPermissionMismatch":    {403, NotPermitted, ErrDenied},
		"InsufficientAccountPermissions":     {403, NotPermitted, ErrDenied},
		"SomethingNew":                       {403, NotPermitted, ErrDenied},
		"AuthorizationSourceIPMismatch":      {403, FirewallRefused, ErrDenied},
		"AccountIsDisabled":                  {403, AccountDisabled, ErrDenied},
		"AccountRequiresHttps":               {400, AddressInsecure, ErrRequest},
		"ResourceNotFound":                   {404, AccountGone, ErrNotFound},
		"FeatureVersionMismatch":             {409, VersionRefused, ErrDenied},
		"ServerBusy":                         {503, ServiceBusy, ErrBusy},
		"OperationTimedOut":                  {500, ServiceBusy, ErrBusy},
		"InternalError":                      {500, ServiceBusy, ErrBusy},
		"TooManyRequests":                    {429, ServiceBusy, ErrBusy},
		"SomethingElse":                      {400, Unexpected, ErrInternal},
	} {
		t.Run(code, func(t *testing.T) {
			s := newSite(t, blobserver.Config{Before: func(*blobserver.Op) *blobserver.Answer {
				return &blobserver.Answer{Status: c.status, Code: code}
			}})
			for op, err := range everywhere(t.Context(), s.open(t, "ws"), t.TempDir()) {
				if reasonOf(err) != c.want || !errors.Is(err, c.sentinel) {
					t.Errorf("%s: %v, want %s", op, err, c.want)
				}
				sayable(t, err)
			}
		})
	}
}

// sayable checks the words of an error.
func sayable(t *testing.T, err error) {
	t.Helper()
	x := Explain(err)
	if x.What == "" || x.Do == "" && !errors.Is(err, ErrFile) ||
		strings.ContainsAny(x.String(), "{}<>") || strings.Contains(x.String(), "  ") {
		t.Errorf("words for %v: %+v", err, x)
	}
}

func TestEachReasonHasWords(t *testing.T) {
	for reason, row := range reasons {
		if row.err == nil || row.text.What == "" || row.text.Do == "" &&
			!errors.Is(row.err, ErrFile) {
			t.Errorf("%s: %+v", reason, row)
		}
	}
}

// TestAWrongKey is a key of the right form that is not the account's.
func TestAWrongKey(t *testing.T) {
	s := newSite(t, blobserver.Config{})
	wrong, err := ParseAccount(testKey, s.account.Address())
	if err != nil {
		t.Fatal(err)
	}
	for op, err := range everywhere(t.Context(), openWith(t, wrong, "ws", Options{}), t.TempDir()) {
		if reasonOf(err) != KeyRefused {
			t.Errorf("%s: %v", op, err)
		}
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), testKey[:16]) {
			t.Errorf("%s: the key stands in the error", op)
		}
	}
	if got := s.server.Containers(); len(got) != 0 {
		t.Errorf("containers %v", got)
	}
}

// TestAnEmulatorIsRefusedAtOnce: it would take the key, and refuse each token that is issued with
// it.
func TestAnEmulatorIsRefusedAtOnce(t *testing.T) {
	s := newSite(t, blobserver.Config{Before: func(*blobserver.Op) *blobserver.Answer {
		return &blobserver.Answer{Header: http.Header{"Server": {"Azurite-Blob/3.35.0"}}}
	}})
	err := s.open(t, "ws").Check(t.Context())
	if reasonOf(err) != EmulatorUnusable || !errors.Is(err, ErrRequest) {
		t.Errorf("got %v", err)
	}
	sayable(t, err)
}

// TestAClockThatIsWrong tells it from a wrong key.
func TestAClockThatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		off   time.Duration
		want  Reason
		words string
	}{
		"14 minutes ahead":  {14 * time.Minute, "", ""},
		"14 minutes behind": {-14 * time.Minute, "", ""},
		"16 minutes ahead":  {16 * time.Minute, ClockWrong, "This computer's clock is 16 minutes ahead of the storage's"},
		"an hour behind":    {-time.Hour, ClockWrong, "60 minutes behind the storage's"},
		"three hours ahead": {3*time.Hour + 10*time.Minute, ClockWrong, "3 hours ahead of"},
		"a year behind":     {-365 * 24 * time.Hour, ClockWrong, "365 days behind"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, blobserver.Config{})
			w := openWith(t, s.account, "ws",
				Options{Now: func() time.Time { return time.Now().Add(c.off) }})
			token, _, err := w.Issue(t.Context(), Request{Reason: "x"})
			if reasonOf(err) != c.want || !strings.Contains(Explain(err).What, c.words) &&
				err != nil {
				t.Fatalf("got %v, %q", err, Explain(err).What)
			}
			if err == nil {
				// Its beginning is by the storage's clock, so it works at once.
				if _, err := deliver(t, token, folder(t, map[string]string{"a": "1"})); err != nil {
					t.Errorf("the token: %v", err)
				}
			}
		})
	}
}

// TestIssuingLeavesNothingHalfMade fails each of its requests in each way.
func TestIssuingLeavesNothingHalfMade(t *testing.T) {
	reset := &blobserver.Answer{Reset: true}
	for _, step := range []blobserver.Kind{blobserver.ListContainers, blobserver.CreateContainer, blobserver.ReadACL, blobserver.WriteACL} {
		for how, c := range map[string]struct {
			before, after *blobserver.Answer
			want          Reason
		}{
			"refused":            {&blobserver.Answer{Status: 403, Code: "AuthorizationPermissionMismatch"}, nil, NotPermitted},
			"busy":               {&blobserver.Answer{Status: 503, Code: "ServerBusy"}, nil, ServiceBusy},
			"reset before":       {reset, nil, NetworkDown},
			"answer always lost": {nil, reset, NetworkDown},
			"fails after work":   {nil, &blobserver.Answer{Status: 500, Code: "OperationTimedOut"}, ServiceBusy},
		} {
			t.Run(string(step)+", "+how, func(t *testing.T) {
				s := newSite(t, blobserver.Config{
					Before: func(op *blobserver.Op) *blobserver.Answer {
						if op.Kind == step {
							return c.before
						}
						return nil
					},
					After: func(op *blobserver.Op, _ int) *blobserver.Answer {
						if op.Kind == step {
							return c.after
						}
						return nil
					},
				})
				w := s.open(t, "ws")
				_, _, err := w.Issue(t.Context(), Request{Reason: "x"})
				if reasonOf(err) != c.want {
					t.Errorf("got %v, want %s", err, c.want)
				}
				if got := s.server.Containers(); len(got) != 0 {
					t.Errorf("left behind: %v", got)
				}
				if x := Explain(err); x.Safe != safeNothing {
					t.Errorf("says %q", x.Safe)
				}
			})
		}
	}
}

// TestAnswersThatGetLostOnceChangeNothing: what a repetition finds of the first try is its own.
func TestAnswersThatGetLostOnceChangeNothing(t *testing.T) {
	for _, step := range []blobserver.Kind{
		blobserver.ListContainers, blobserver.CreateContainer, blobserver.ReadACL,
		blobserver.WriteACL, blobserver.ContainerProps, blobserver.SetContainerMeta,
	} {
		t.Run(string(step), func(t *testing.T) {
			s := newSite(t,
				blobserver.Config{After: func(op *blobserver.Op, status int) *blobserver.Answer {
					if op.Kind == step && op.Nth == 1 && status < 400 {
						return &blobserver.Answer{Reset: true}
					}
					return nil
				}})
			w := s.open(t, "ws")
			token, g, err := w.Issue(t.Context(), Request{Reason: "x"})
			if err != nil || g.TID != 1 {
				t.Fatalf("token %d, %v", g.TID, err)
			}
			if _, err := deliver(t, token, folder(t, map[string]string{"a": "1"})); err != nil {
				t.Errorf("the token: %v", err)
			}
			if err := w.Revoke(t.Context(), 1, "Bo"); err != nil {
				t.Errorf("revoke: %v", err)
			}
			g, err = w.Grant(t.Context(), 1)
			if err != nil || g.StateAt(time.Now()) != StateRevoked || g.RevokedBy != "Bo" {
				t.Errorf("the table says %+v, %v", g, err)
			}
			if got := s.server.Containers(); !slices.Equal(got, []string{"ws-1"}) {
				t.Errorf("containers %v", got)
			}
		})
	}
}

// TestWhatCannotBeTakenAwayIsSaid loses the service in the middle.
func TestWhatCannotBeTakenAwayIsSaid(t *testing.T) {
	var down atomic.Bool
	s := newSite(t, blobserver.Config{Before: func(op *blobserver.Op) *blobserver.Answer {
		if op.Kind == blobserver.ReadACL {
			down.Store(true)
		}
		if down.Load() {
			return &blobserver.Answer{Reset: true}
		}
		return nil
	}})
	_, _, err := s.open(t, "ws").Issue(t.Context(), Request{Reason: "x"})
	if reasonOf(err) != NetworkDown || !strings.Contains(Explain(err).Safe,
		"An empty container “ws-1” may have been left behind") {
		t.Errorf("got %v, %q", err, Explain(err).Safe)
	}
}

// TestAnInterruptTakesBack ends the context while the policy is being written.
func TestAnInterruptTakesBack(t *testing.T) {
	ctx, interrupt := context.WithCancelCause(t.Context())
	why := errors.New("interrupted")
	s := newSite(t, blobserver.Config{Before: func(op *blobserver.Op) *blobserver.Answer {
		if op.Kind == blobserver.WriteACL {
			interrupt(why)
		}
		return nil
	}})
	_, _, err := s.open(t, "ws").Issue(ctx, Request{Reason: "x"})
	if !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	if got := s.server.Containers(); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

// TestRevokingSaysHowFarItCame fails it in the middle.
func TestRevokingSaysHowFarItCame(t *testing.T) {
	for name, c := range map[string]struct {
		fault func(*blobserver.Op) *blobserver.Answer
		want  Reason
		safe  string
		works bool // the token, afterwards
	}{
		"the policy can't be read":    {refusing(blobserver.ReadACL, 2, 403, "AuthorizationPermissionMismatch"), NotPermitted, safeNothing, true},
		"the policy can't be written": {refusing(blobserver.WriteACL, 2, 403, "AuthorizationPermissionMismatch"), NotPermitted, safeNothing, true},
		"the policy may be written":   {refusingFrom(blobserver.WriteACL, 2, 500, "InternalError"), ServiceBusy, "It is not known whether the token is revoked.", true},
		"the table can't be written":  {refusing(blobserver.SetContainerMeta, 1, 403, "AuthorizationPermissionMismatch"), NotPermitted, "The token is revoked, but the table does not say so yet.", false},
	} {
		t.Run(name, func(t *testing.T) {
			var on atomic.Bool
			on.Store(true)
			s := newSite(t, blobserver.Config{Before: func(op *blobserver.Op) *blobserver.Answer {
				if !on.Load() {
					return nil
				}
				return c.fault(op)
			}})
			w := s.open(t, "ws")
			token, _ := s.issue(t, w, Request{Reason: "x"})
			err := w.Revoke(t.Context(), 1, "Bo")
			if reasonOf(err) != c.want || Explain(err).Safe != c.safe {
				t.Errorf("got %v, %q", err, Explain(err).Safe)
			}
			if _, err := deliver(t, token, folder(t,
				map[string]string{"a": "1"})); (err == nil) != c.works {
				t.Errorf("the token: %v", err)
			}
			on.Store(false)
			if err := w.Revoke(t.Context(), 1, "Bo"); err != nil {
				t.Errorf("once more: %v", err)
			}
			if g, err := w.Grant(t.Context(), 1); err != nil ||
				g.StateAt(time.Now()) != StateRevoked {
				t.Errorf("the table says %+v, %v", g, err)
			}
		})
	}
}

// refusingFrom refuses all requests of a kind from the n-th on.
func refusingFrom(
	kind blobserver.Kind, n int64, status int, code string,
) func(*blobserver.Op) *blobserver.Answer {
	return func(op *blobserver.Op) *blobserver.Answer {
		if op.Kind != kind || op.Nth < n {
			return nil
		}
		return &blobserver.Answer{Status: status, Code: code}
	}
}

// TestTheContainerLimit is what a service with a limit would say.
func TestTheContainerLimit(t *testing.T) {
	s := newSite(t,
		blobserver.Config{Before: refusing(blobserver.CreateContainer, 0, 409, "TotalContainersCountExceedsAccountLimit")})
	_, _, err := s.open(t, "ws").Issue(t.Context(), Request{Reason: "x"})
	if reasonOf(err) != ContainersFull || !errors.Is(err, ErrRequest) {
		t.Errorf("got %v", err)
	}
	sayable(t, err)
}

// TestNamesOfContainersThatAreBeingDeleted takes the next number.
func TestNamesOfContainersThatAreBeingDeleted(t *testing.T) {
	s := newSite(t, blobserver.Config{Before: func(op *blobserver.Op) *blobserver.Answer {
		if op.Kind == blobserver.CreateContainer && op.Container == "ws-1" {
			return &blobserver.Answer{Status: 409, Code: "ContainerBeingDeleted"}
		}
		return nil
	}})
	if _, g := s.issue(t, s.open(t, "ws"), Request{Reason: "x"}); g.TID != 2 {
		t.Errorf("number %d", g.TID)
	}
}

// TestPassingFaultsAreNotNoticed fails each request once.
func TestPassingFaultsAreNotNoticed(t *testing.T) {
	for how, answer := range map[string]*blobserver.Answer{
		"busy": {Status: 503, Code: "ServerBusy"}, "throttled": {Status: 429},
		"timed out": {Status: 500, Code: "OperationTimedOut"}, "reset": {Reset: true},
	} {
		t.Run(how, func(t *testing.T) {
			s := newSite(t, blobserver.Config{Before: func(op *blobserver.Op) *blobserver.Answer {
				if op.Nth == 1 && op.Blob == "" {
					return answer
				}
				return nil
			}})
			w := s.open(t, "ws")
			s.issue(t, w, Request{Reason: "x"})
			if _, err := w.List(t.Context()); err != nil {
				t.Error(err)
			}
			if err := w.Revoke(t.Context(), 1, ""); err != nil {
				t.Error(err)
			}
			if got := s.server.Containers(); !slices.Equal(got, []string{"ws-1"}) {
				t.Errorf("containers %v", got)
			}
		})
	}
}

// TestTheTokenIsKeptNowhere searches what a storage keeps for all of a token's query.
func TestTheTokenIsKeptNowhere(t *testing.T) {
	s := newSite(t, blobserver.Config{})
	w := s.open(t, "ws")
	token, g := s.issue(t, w, Request{Reason: "x"})
	sig := signature(token)
	if len(sig) < 44 {
		t.Fatalf("no signature in a query of %d bytes", len(token.Query()))
	}
	if err := w.Revoke(t.Context(), 1, ""); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, name := range filesBelow(t, s.dir) {
		text, err := os.ReadFile(filepath.Join(s.dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		found = found || bytes.Contains(text, []byte(g.policy))
		if bytes.Contains(text, []byte(sig[:20])) {
			t.Errorf("%s holds the signature", name)
		}
	}
	if !found {
		t.Error("not even the policy's name was found, so nothing was looked at")
	}
	if said := fmt.Sprintf("%v %+v %#v %v %#v", token, token, token, g, g); strings.Contains(said,
		sig[:20]) {
		t.Error("the signature is printed")
	}
}
