package inboxes_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// TestATokenComesBackFromItsRecordAndItsQuery takes every token that
// uploadertest/testdata/tokens.txtar has, through JSON as through a database.
func TestATokenComesBackFromItsRecordAndItsQuery(t *testing.T) {
	n := 0
	for _, c := range uploadertest.ReadPasted(t) {
		var options []token.Option
		if c.Want["allow"] != "" {
			options = append(options, token.AllowHost(c.Want["allow"]))
		}
		tok, err := token.Parse(c.Text, options...)
		if err != nil {
			continue
		}
		n++
		t.Run(c.Name, func(t *testing.T) {
			made, err := inboxes.NewRecord("Study", tok)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(made)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{tok.Query(), tok.Query()[strings.Index(tok.Query(), "sig=")+4:]} {
				if strings.Contains(string(text), secret) ||
					strings.Contains(fmt.Sprintf("%+v", made), secret) {
					t.Fatal("the record holds the secret")
				}
			}
			var r inboxes.Record
			if err := json.Unmarshal(text, &r); err != nil {
				t.Fatal(err)
			}
			got, err := r.Restore(tok.Query())
			if err != nil {
				t.Fatal(err)
			}
			if got.Link() != tok.Link() {
				t.Errorf("link %q, was %q", got.Link(), tok.Link())
			}
			// What was repaired or assembled when it was pasted is no news any more.
			if diff := cmp.Diff(tok, got, cmpopts.IgnoreUnexported(token.Token{}),
				cmpopts.IgnoreFields(token.Token{}, "Warnings")); diff != "" {
				t.Errorf("token (-pasted +restored):\n%s", diff)
			}
			shown := r.TokenWithoutSecret()
			if shown.Query() != "" {
				t.Error("the token to show has a query")
			}
			if diff := cmp.Diff(got.Fields(uploadertest.PastedAt),
				shown.Fields(uploadertest.PastedAt), cmpopts.IgnoreFields(token.Fields{},
					"Warnings")); diff != "" {
				t.Errorf("fields (-restored +shown):\n%s", diff)
			}
		})
	}
	if n < 50 {
		t.Errorf("%d tokens only", n)
	}
}

const studyLink = "https://inboxone.blob.core.windows.net/tid7f3a?sv=2022-11-02&st=2025-01-01T00%3A00%3A00Z&se=2099-02-01T00%3A00%3A00Z&sr=c&sp=racwl&sig="

// otherSignature is another token's for the same place; both open nothing.
const (
	studySignature = "VTKV5LhIvueBwwoMhqW3MTMIBuqsohTeGV5IdhuKYe4%3D"
	otherSignature = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA%3D"
)

func studyToken(t *testing.T, signature string) token.Token {
	t.Helper()
	token, err := token.Parse(studyLink + signature)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestARecordTakesNoOtherToken(t *testing.T) {
	token, other := studyToken(t, studySignature), studyToken(t, otherSignature)
	for name, c := range map[string]struct {
		alter func(r *inboxes.Record)
		query string
	}{
		"another token's query":  {func(*inboxes.Record) {}, other.Query()},
		"an empty query":         {func(*inboxes.Record) {}, ""},
		"no query":               {func(*inboxes.Record) {}, "hello"},
		"a date was altered":     {func(*inboxes.Record) {}, strings.Replace(token.Query(), "2099", "2098", 1)},
		"another container":      {func(r *inboxes.Record) { r.Inbox.Container = "tid7f3b" }, token.Query()},
		"another account":        {func(r *inboxes.Record) { r.Inbox.Host = "inboxtwo.blob.core.windows.net" }, token.Query()},
		"a stranger's host":      {func(r *inboxes.Record) { r.Inbox.Host = "example.org" }, token.Query()},
		"an allowed stranger's":  {func(r *inboxes.Record) { r.Inbox.Host, r.AllowedHost = "example.org", "example.org" }, token.Query()},
		"over http":              {func(r *inboxes.Record) { r.Inbox.Scheme = "http" }, token.Query()},
		"no fingerprint":         {func(r *inboxes.Record) { r.Fingerprint = "" }, token.Query()},
		"a fingerprint cut off":  {func(r *inboxes.Record) { r.Fingerprint = r.Fingerprint[:32] }, token.Query()},
		"a fingerprint of noise": {func(r *inboxes.Record) { r.Fingerprint = "zz" + r.Fingerprint[2:] }, token.Query()},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := inboxes.NewRecord("Study", token)
			if err != nil {
				t.Fatal(err)
			}
			c.alter(&r)
			_, err = r.Restore(c.query)
			wantVault(t, err, problem.VaultDamaged)
			if strings.Contains(err.Error(), "sig=") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestFingerprintsAreSalted(t *testing.T) {
	token := studyToken(t, studySignature)
	a, errA := inboxes.NewRecord("a", token)
	b, errB := inboxes.NewRecord("a", token)
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	if a.Fingerprint == b.Fingerprint || a.ID == b.ID {
		t.Error("two records of one token have the same fingerprint or ID")
	}
	if !a.Fingerprint.Matches(token) || !b.Fingerprint.Matches(token) ||
		a.Fingerprint.Matches(studyToken(t, otherSignature)) {
		t.Error("fingerprints don't tell tokens apart")
	}
}

func TestInboxNames(t *testing.T) {
	for _, c := range []struct{ name, given, want string }{ // want is empty where it is refused
		{"plain", "Cardio study", "Cardio study"},
		{"blanks around", "  Cardio\u00a0study \t", "Cardio\u00a0study"},
		{"one character", "x", "x"},
		{"Japanese", "心拍数", "心拍数"},
		{"Arabic", "دراسة القلب", "دراسة القلب"},
		{"Persian with its joiner", "می\u200cخواهم", "می\u200cخواهم"},
		{"emoji of several characters", "👩\u200d🔬", "👩\u200d🔬"},
		{"separate accents are joined", "e\u0301tude", "étude"},
		{"64 characters", strings.Repeat("ü", 64), strings.Repeat("ü", 64)},
		{"64 after joining", strings.Repeat("u\u0308", 64), strings.Repeat("ü", 64)},
		{"65 characters", strings.Repeat("ü", 65), ""},
		{"empty", "", ""},
		{"blanks", " \t ", ""},
		{"line break", "a\nb", ""},
		{"tab inside", "a\tb", ""},
		{"escape", "\x1b[31mred", ""},
		{"line separator", "a\u2028b", ""},
		{"right-to-left override", "a\u202eb", ""},
		{"zero width space", "a\u200bb", ""},
		{"joiner alone", "\u200d", ""},
		{"not UTF-8", "a\xffb", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := inboxes.CheckName(c.given)
			if c.want == "" {
				e, ok := errors.AsType[*problem.Error](err)
				if !ok || e.Reason != problem.InboxNameInvalid ||
					!errors.Is(err, problem.ErrInboxName) {
					t.Fatalf("%q, %v", got, err)
				}
				if words := problem.Explain(err).String(); strings.ContainsAny(words,
					"\n\x1b\u202e{") {
					t.Errorf("words %q", words)
				}
				return
			}
			if err != nil || got != c.want {
				t.Fatalf("%q, %v", got, err)
			}
		})
	}
}

func TestInboxNamesThatCountAsTheSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"Cardio", "cARDIO", true},
		{"ÉTUDE", "e\u0301tude", true},
		{"ΣΊΣΥΦΟΣ", "σίσυφος", true},
		{"Kelvin", "\u212aelvin", true},
		{"Привет", "пРИВЕТ", true},
		{"心拍数", "心拍", false},
		{"a b", "a  b", false},
		{"e", "é", false},
	} {
		if same := inboxes.NameKey(c.a) == inboxes.NameKey(c.b); same != c.same {
			t.Errorf("%q and %q: same is %v", c.a, c.b, same)
		}
	}
}
