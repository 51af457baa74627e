package inboxes_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// recordMap keeps records in memory.
type recordMap struct {
	records map[string]inboxes.Record
	fails   error // of each write
}

func (m *recordMap) Inboxes(context.Context) (all []inboxes.Record, err error) {
	for _, r := range m.records {
		all = append(all, r)
	}
	return all, nil
}

func (m *recordMap) PutInbox(_ context.Context, r inboxes.Record) error {
	if m.fails != nil {
		return m.fails
	}
	for id, other := range m.records {
		if id != r.ID && inboxes.NameKey(other.Name) == inboxes.NameKey(r.Name) {
			return problem.New("keep inbox", "", problem.InboxNameTaken)
		}
	}
	m.records[r.ID] = r
	return nil
}

func (m *recordMap) RemoveInbox(_ context.Context, id string) error {
	if m.fails != nil {
		return m.fails
	}
	delete(m.records, id)
	return nil
}

// countedVault tells how many secrets there are.
type countedVault struct {
	secrets map[string]string
	fails   error
}

func (v *countedVault) Put(_ context.Context, ref, secret string) error {
	if v.fails == nil {
		v.secrets[ref] = secret
	}
	return v.fails
}

func (v *countedVault) Secret(_ context.Context, ref string) (string, error) {
	secret, ok := v.secrets[ref]
	if v.fails == nil && !ok {
		return "", problem.New("read secret", "", problem.VaultMissing)
	}
	return secret, v.fails
}

func (v *countedVault) Delete(_ context.Context, ref string) error {
	if v.fails == nil {
		delete(v.secrets, ref)
	}
	return v.fails
}

func newInboxes() (inboxes.Book, *recordMap, *countedVault) {
	m, v := &recordMap{records: map[string]inboxes.Record{}},
		&countedVault{secrets: map[string]string{}}
	return inboxes.Book{Records: m, Vault: v}, m, v
}

func wantName(t *testing.T, err error, want problem.Reason) {
	t.Helper()
	if e, ok := errors.AsType[*problem.Error](err); !ok || e.Reason != want ||
		!errors.Is(err, problem.ErrInboxName) {
		t.Fatalf("error %v, want %s", err, want)
	}
}

// now is a moment at which the study's token is valid.
var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func add(
	t *testing.T, in inboxes.Book, name, signature string, o inboxes.AddOptions,
) inboxes.Record {
	t.Helper()
	r, err := in.Add(t.Context(), name, studyToken(t, signature), now, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnInboxIsKeptUnderItsName(t *testing.T) {
	in, m, v := newInboxes()
	added := add(t, in, " Étude ", studySignature, inboxes.AddOptions{})
	found, err := in.Find(t.Context(), "e\u0301TUDE")
	if diff := cmp.Diff(added, found); err != nil || diff != "" {
		t.Fatalf("%v\n%s", err, diff)
	}
	token, err := in.Token(t.Context(), found)
	if err != nil || token.Link() != studyLink+studySignature {
		t.Fatalf("link %q, %v", token.Link(), err)
	}
	_, err = in.Add(t.Context(), "ÉTUDE", studyToken(t, otherSignature), now, inboxes.AddOptions{})
	wantName(t, err, problem.InboxNameTaken)
	add(t, in, "another", otherSignature, inboxes.AddOptions{})
	all, err := in.List(t.Context())
	if err != nil || len(all) != 2 || all[0].Name != "another" || all[1].Name != "Étude" {
		t.Fatalf("%v, %v", all, err)
	}

	_, err = in.Rename(t.Context(), "étude", "Another")
	wantName(t, err, problem.InboxNameTaken)
	_, err = in.Rename(t.Context(), "étude", "")
	wantName(t, err, problem.InboxNameInvalid)
	_, err = in.Rename(t.Context(), "nobody", "x")
	wantName(t, err, problem.InboxUnknown)
	for _, name := range []string{"ÉTUDE", "Cardio"} { // other letters, then another name
		r, err := in.Rename(t.Context(), "étude", name)
		if err != nil || r.Name != name || r.ID != added.ID {
			t.Fatalf("%v, %v", r, err)
		}
	}
	if found, err = in.Find(t.Context(), "cardio"); err != nil {
		t.Fatal(err)
	}
	if token, err = in.Token(t.Context(), found); err != nil ||
		token.Link() != studyLink+studySignature {
		t.Fatalf("link %q, %v", token.Link(), err)
	}

	_, err = in.Remove(t.Context(), "étude", false)
	wantName(t, err, problem.InboxUnknown)
	for _, name := range []string{"Cardio", "another"} {
		if _, err := in.Remove(t.Context(), name, false); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.records) != 0 || len(v.secrets) != 0 {
		t.Errorf("%d records and %d secrets are left", len(m.records), len(v.secrets))
	}
}

func TestANewTokenTakesTheOldOnesPlace(t *testing.T) {
	in, _, v := newInboxes()
	before := add(t, in, "Study", studySignature, inboxes.AddOptions{})
	after := add(t, in, "study", otherSignature, inboxes.AddOptions{Replace: true})
	if after.ID != before.ID || after.Ref == before.Ref {
		t.Errorf("%v became %v", before, after)
	}
	token, err := in.Token(t.Context(), after)
	if err != nil || token.Link() != studyLink+otherSignature {
		t.Fatalf("%v", err)
	}
	if len(v.secrets) != 1 {
		t.Errorf("%d secrets, want the new one alone", len(v.secrets))
	}
	if _, err := in.Token(t.Context(), before); err == nil {
		t.Error("the old token is still there")
	}
}

// TestWhatIsKeptWithoutItsToken has each case in which a name stands for an inbox whose token has
// to be given.
func TestWhatIsKeptWithoutItsToken(t *testing.T) {
	locked := problem.New("keep secret", "", problem.VaultLocked)
	for name, c := range map[string]struct {
		at      time.Time
		options inboxes.AddOptions
		vault   error
	}{
		"the keyring is locked": {at: now, vault: locked},
		"the token has ended":   {at: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)},
		"only the name":         {at: now, options: inboxes.AddOptions{NameOnly: true}},
	} {
		t.Run(name, func(t *testing.T) {
			in, _, v := newInboxes()
			v.fails = c.vault
			r, err := in.Add(t.Context(), "Study", studyToken(t, studySignature), c.at, c.options)
			if !errors.Is(err, c.vault) || r.Ref != "" || len(v.secrets) != 0 {
				t.Fatalf("%v, %v", r, err)
			}
			found, err := in.Find(t.Context(), "study")
			if err != nil {
				t.Fatal(err)
			}
			_, err = in.Token(t.Context(), found)
			wantVault(t, err, problem.VaultMissing)
			if _, err := in.Remove(t.Context(), "study", false); err != nil { // the keyring isn't asked
				t.Fatal(err)
			}
		})
	}
}

// TestWhatIsNotKeptLeavesNothing fails the record's write.
func TestWhatIsNotKeptLeavesNothing(t *testing.T) {
	in, m, v := newInboxes()
	m.fails = errors.New("disk is full")
	if _, err := in.Add(t.Context(), "Study", studyToken(t, studySignature), now,
		inboxes.AddOptions{}); !errors.Is(err, m.fails) {
		t.Fatal(err)
	}
	if len(v.secrets) != 0 {
		t.Error("a secret is left that no record names")
	}
	m.fails = nil
	before := add(t, in, "Study", studySignature, inboxes.AddOptions{})
	m.fails = errors.New("disk is full")
	if _, err := in.Add(t.Context(), "Study", studyToken(t, otherSignature), now,
		inboxes.AddOptions{Replace: true}); !errors.Is(err, m.fails) {
		t.Fatal(err)
	}
	if _, err := in.Token(t.Context(), before); err != nil || len(v.secrets) != 1 {
		t.Errorf("the old token: %v; %d secrets", err, len(v.secrets))
	}
	interrupted := errors.New("interrupted")
	m.fails, v.fails = nil, interrupted
	if _, err := in.Add(t.Context(), "Other", studyToken(t, otherSignature), now,
		inboxes.AddOptions{}); !errors.Is(err, interrupted) {
		t.Fatal(err)
	}
	if len(m.records) != 1 {
		t.Error("an interrupted command kept a name")
	}
}

func TestATokenThatCannotBeRemovedKeepsItsName(t *testing.T) {
	in, m, v := newInboxes()
	add(t, in, "Study", studySignature, inboxes.AddOptions{})
	v.fails = problem.New("remove secret", "", problem.VaultLocked)
	_, err := in.Remove(t.Context(), "Study", false)
	wantVault(t, err, problem.VaultLocked)
	if len(m.records) != 1 {
		t.Fatal("the name is gone and the secret is not")
	}
	_, err = in.Remove(t.Context(), "Study", true)
	wantVault(t, err, problem.VaultLocked)
	if len(m.records) != 0 {
		t.Error("the name is still there")
	}
}

// TestAnAllowedHostThatIsTakenBackGetsNoToken: what a person allowed holds until they take it back,
// what an administrator allowed as long as they do.
func TestAnAllowedHostThatIsTakenBackGetsNoToken(t *testing.T) {
	const host = "files.example.org"
	token, err := token.Parse(strings.Replace(studyLink, "inboxone.blob.core.windows.net", host,
		1)+studySignature, token.AllowHost(host))
	if err != nil {
		t.Fatal(err)
	}
	in, _, _ := newInboxes()
	byAdministrator := in
	byAdministrator.Hosts = []string{"*.example.org"}
	for name, keeper := range map[string]inboxes.Book{"mine": in, "theirs": byAdministrator} {
		if _, err := keeper.Add(t.Context(), name, token, now, inboxes.AddOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	restored := func(name string, from inboxes.Book, hosts ...string) bool {
		t.Helper()
		r, err := from.Find(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := from.Token(t.Context(), r, hosts...)
		if e, ok := errors.AsType[*problem.Error](err); err != nil &&
			(!ok || e.Reason != problem.HostNotAllowed || e.Value != host) {
			t.Fatalf("error %v", err)
		}
		return err == nil && got.Link() == token.Link()
	}
	if !restored("mine", in) || !restored("theirs", byAdministrator) {
		t.Error("an allowed host has no token")
	}
	if restored("theirs", in) {
		t.Error("the host is allowed though the administrator does not allow it any more")
	}
	if err := in.Allow(t.Context(), "MINE", false); err != nil {
		t.Fatal(err)
	}
	if restored("mine", in) {
		t.Error("the host is allowed though it was taken back")
	}
	if !restored("mine", in, host) {
		t.Error("the host is not allowed though this run allows it")
	}
	if err := in.Allow(t.Context(), "mine", true); err != nil || !restored("mine", in) {
		t.Errorf("the host is not allowed again: %v", err)
	}
	wantName(t, in.Allow(t.Context(), "nobody", true), problem.InboxUnknown)
}
