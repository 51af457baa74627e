package workspace

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// emulatorConnection is the emulator's account with the key that its documentation publishes.
const emulatorConnection = "AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;BlobEndpoint=%s/devstoreaccount1"

// newEmulatorSite is Azurite, started as TestAzuriteKeepsThePromises of package azure says.
//
// It takes dates and rights of a link with a policy from the policy alone and so refuses one whose
// policy states nothing, which the service accepts. Once the policy stands there as this package
// wrote it, the same dates and rights are written into it, which the service would refuse.
func newEmulatorSite(t *testing.T) *site {
	t.Helper()
	address := os.Getenv("UPLOADER_AZURITE")
	if address == "" {
		t.Skip("UPLOADER_AZURITE is not set: no Azurite to test against")
	}
	account, err := ParseAccount(fmt.Sprintf(emulatorConnection, address), "")
	if err != nil {
		t.Fatal(err)
	}
	return emulatorSite(account)
}

func emulatorSite(account Account) *site {
	return &site{account: account, emulator: true, settle: func(t *testing.T, g Grant) {
		w := openWith(t, account, strings.TrimSuffix(g.Container, "-"+itoa(g.TID)), Options{})
		if ids := policyIDs(t, w, g.TID); len(ids) != 1 || ids[0] != g.policy {
			t.Fatalf("policies %v, want %s", ids, g.policy)
		}
		const body = `<SignedIdentifiers><SignedIdentifier><Id>%s</Id><AccessPolicy><Start>%s</Start><Expiry>%s</Expiry><Permission>%s</Permission></AccessPolicy></SignedIdentifier></SignedIdentifiers>`
		_, err := w.send(t.Context(), call{
			op: "test", method: http.MethodPut, container: g.Container, query: "comp=acl&restype=container", want: http.StatusOK,
			body: fmt.Sprintf(body, g.policy, g.ValidFrom.Format(time.RFC3339),
				g.ValidTo.Format(time.RFC3339), g.Rights),
		})
		if err != nil {
			t.Fatal(err)
		}
	}}
}

// TestLiveRoundTrip issues a token on the account of UPLOADER_LIVE, a connection string, uploads with
// it, fetches what arrived and revokes it. What it makes it removes. See package azure's tests of
// that name.
func TestLiveRoundTrip(t *testing.T) {
	connection := os.Getenv("UPLOADER_LIVE")
	if connection == "" {
		t.Skip("UPLOADER_LIVE is not set: no account to test against")
	}
	account, err := ParseAccount(connection, "")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{account: account, settle: func(*testing.T, Grant) {}}
	id := "live-" + strings.ToLower(rand.Text())
	if reasonOf(s.open(t, id).Check(t.Context())) == EmulatorUnusable {
		s = emulatorSite(account)
	}
	t.Cleanup(func() { s.sweep(t, id) })
	roundTrip(t, s, id)
}

func TestAzuriteRoundTrip(t *testing.T) {
	s := newEmulatorSite(t)
	id := "ws-" + strings.ToLower(rand.Text())
	t.Cleanup(func() { s.sweep(t, id) })
	roundTrip(t, s, id)
}

// sweep removes what a test made.
func (s *site) sweep(t *testing.T, id string) {
	w, err := Open(s.account, id, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithoutCancel(t.Context()) // which is over by now
	grants, err := w.List(ctx)
	if err != nil {
		t.Error(err)
	}
	for _, g := range grants {
		c := call{
			op:        "test",
			method:    http.MethodDelete,
			container: g.Container,
			query:     "restype=container",
			want:      http.StatusAccepted,
		}
		if _, err := w.send(ctx, c); err != nil {
			t.Error(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// TestAzuriteRefusesAWrongKey uses a key of the right form.
func TestAzuriteRefusesAWrongKey(t *testing.T) {
	s := newEmulatorSite(t)
	wrong, err := ParseAccount(testKey, s.account.Address())
	if err != nil {
		t.Fatal(err)
	}
	if err := openWith(t, wrong, "ws", Options{}).Check(t.Context()); reasonOf(err) != KeyRefused {
		t.Errorf("got %v", err)
	}
}

// TestAzuriteTakesBack removes a container that Azurite itself holds.
func TestAzuriteTakesBack(t *testing.T) {
	s := newEmulatorSite(t)
	w := s.open(t, "ws-"+strings.ToLower(rand.Text()))
	_, g := s.issue(t, w, Request{Reason: "x"})
	if err := w.takeBack(t.Context(), g, nil); err != nil {
		t.Fatal(err)
	}
	if grants, err := w.List(t.Context()); err != nil || len(grants) != 0 {
		t.Errorf("left: %+v, %v", grants, err)
	}
}
