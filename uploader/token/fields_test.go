package token_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

func TestFieldsAsJSONHaveTheDocumentedKeysInTheirOrder(t *testing.T) {
	var zero token.Token
	got, err := json.Marshal(zero.Fields(uploadertest.PastedAt))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"inboxid":"","wsid":"","tid":"","date":"","valid_from":"","valid_to":"","state":"unknown",` +
		`"seconds_left":null,"storage":"","container":"","prefix":"","rights":[],"policy":"","ip":"","https_only":false,"warnings":[]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}

func TestSecondsLeft(t *testing.T) {
	end := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	token := token.Token{ValidTo: end}
	for name, c := range map[string]struct {
		now  time.Time
		want int64
	}{
		"a day before":              {end.Add(-24 * time.Hour), 86400},
		"rounded down":              {end.Add(-1999 * time.Millisecond), 1},
		"within the last second":    {end.Add(-time.Millisecond), 0},
		"at the end":                {end, 0},
		"after the end":             {end.Add(time.Hour), 0},
		"in another zone of Earth":  {end.Add(-time.Minute).In(time.FixedZone("", 9*3600)), 60},
		"longer than durations are": {time.Time{}.Add(time.Hour), 9223372036},
	} {
		t.Run(name, func(t *testing.T) {
			got := token.Fields(c.now).SecondsLeft
			if got == nil || *got != c.want {
				t.Errorf("SecondsLeft = %v, want %d", got, c.want)
			}
		})
	}
}

func TestRightsInWords(t *testing.T) {
	for letters, want := range map[string][]string{
		"":       {},
		"w":      {"write"},
		"lwr":    {"list", "write", "read"},
		"rrw":    {"read", "write"},
		"racwdx": {"read", "add", "create", "write", "delete", "delete_version"},
		"wz":     {"write", "z"},
	} {
		if diff := cmp.Diff(want, token.Rights{Letters: letters}.Words()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", letters, diff)
		}
	}
}

func TestFieldsAreTheCallersOwn(t *testing.T) {
	token := token.Token{Warnings: []string{"first"}}
	token.Fields(uploadertest.PastedAt).Warnings[0] = "changed"
	if token.Warnings[0] != "first" {
		t.Error("a change of the fields reached the token")
	}
}

// TestALinkIsReadBackAsTheSameToken holds for whatever was pasted: the link that is kept in the
// keyring leads to the same place with the same query.
func TestALinkIsReadBackAsTheSameToken(t *testing.T) {
	for _, c := range uploadertest.ReadPasted(t) {
		if c.Want["reason"] != "" {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			var options []token.Option
			if host := c.Want["allow"]; host != "" {
				options = append(options, token.AllowHost(host))
			}
			tok, err := token.Parse(c.Text, options...)
			if err != nil {
				t.Fatal(err)
			}
			again, err := token.Parse(tok.Link(), options...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tok.Link(), again.Link()); diff != "" {
				t.Errorf("link (-first +again):\n%s", diff)
			}
			if diff := cmp.Diff(tok.Inbox.String(), again.Inbox.String()); diff != "" {
				t.Errorf("inbox (-first +again):\n%s", diff)
			}
			if strings.Contains(tok.Inbox.String(), "sig=") ||
				strings.Contains(tok.Inbox.URL(), "sig=") {
				t.Error("the inbox contains the signature")
			}
		})
	}
}
