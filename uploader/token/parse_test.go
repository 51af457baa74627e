package token_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

func TestParseTokenReadsWhatPeoplePaste(t *testing.T) {
	cases := uploadertest.ReadPasted(t)
	if len(cases) < 90 {
		t.Errorf("uploadertest/testdata/tokens.txtar holds %d cases, want at least 90", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			var options []token.Option
			if host := c.Want["allow"]; host != "" {
				options = append(options, token.AllowHost(host))
			}
			token, err := token.Parse(c.Text, options...)
			got := describe(token, err)
			for name, want := range c.Want {
				switch name {
				case "allow":
				case "warning":
					if !strings.Contains(strings.Join(token.Warnings, "\n"), want) {
						t.Errorf("no warning contains %q in %q", want, token.Warnings)
					}
				default:
					if got[name] != want {
						t.Errorf("%s:\n got %q\nwant %q", name, got[name], want)
					}
				}
			}
			if c.Want["reason"] == "" && err != nil {
				t.Errorf("refused: %v", err)
			}
		})
	}
}

// describe puts what token.Parse returned under the names of uploadertest/testdata/tokens.txtar.
func describe(token token.Token, err error) map[string]string {
	if err != nil {
		e, _ := errors.AsType[*problem.Error](err)
		if e == nil || !errors.Is(err, problem.ErrTokenInvalid) {
			return map[string]string{"reason": "no error of this package: " + err.Error()}
		}
		return map[string]string{"reason": string(e.Reason), "value": e.Value}
	}
	f := token.Fields(uploadertest.PastedAt)
	return map[string]string{
		"inboxid": f.InboxID, "wsid": f.WsID, "tid": f.TID, "date": f.Date,
		"valid_from": f.ValidFrom, "valid_to": f.ValidTo, "state": string(f.State),
		"storage": f.Storage, "container": f.Container, "prefix": f.Prefix,
		"blob":   token.Inbox.Blob,
		"rights": strings.Join(f.Rights, " "), "policy": f.Policy, "ip": f.IP,
		"https_only": strconv.FormatBool(f.HTTPSOnly), "warnings": strconv.Itoa(len(f.Warnings)),
		"query": token.Query(),
	}
}

func TestParseTokenRefusesLongTextWhateverItHolds(t *testing.T) {
	const link = "https://inboxone.blob.core.windows.net/tid7f3a?sv=2022-11-02&se=2099-02-01&sr=c&sp=w&sig=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA%3D"
	const limit = 64 << 10
	if _, err := token.Parse(link + strings.Repeat("\n", limit-len(link))); err != nil {
		t.Errorf("a text of exactly 64 KiB: %v", err)
	}
	_, err := token.Parse(link + strings.Repeat("\n", limit-len(link)+1))
	if got := describe(token.Token{}, err)["reason"]; got != string(problem.TokenTextTooLarge) {
		t.Errorf("a text of 64 KiB and a byte: reason %q", got)
	}
}

func TestParseTokenReadsUTF16(t *testing.T) {
	const link = "https://inboxone.blob.core.windows.net/tid7f3a?sv=2022-11-02&se=2099-02-01&sr=c&sp=w&sig=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA%3D"
	little, big := "\xff\xfe", "\xfe\xff"
	for i := range len(link) {
		little += string([]byte{link[i], 0})
		big += string([]byte{0, link[i]})
	}
	for name, text := range map[string]string{"little endian": little + "\r\x00\n\x00", "big endian": big} {
		token, err := token.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(link, token.Link()); diff != "" {
			t.Errorf("%s: link (-want +got):\n%s", name, diff)
		}
	}
}

func TestEveryRefusalHasItsOwnSentence(t *testing.T) {
	seen := map[string]string{}
	for _, c := range uploadertest.ReadPasted(t) {
		reason := c.Want["reason"]
		if reason == "" {
			continue
		}
		var options []token.Option
		if host := c.Want["allow"]; host != "" {
			options = append(options, token.AllowHost(host))
		}
		_, err := token.Parse(c.Text, options...)
		words := problem.Explain(err)
		if words.What == "" || words.Do == "" || strings.Contains(words.String(), "{") {
			t.Errorf("%s: words %q", c.Name, words)
		}
		e, _ := errors.AsType[*problem.Error](err)
		if e == nil {
			t.Errorf("%s: %v is no *Error", c.Name, err)
			continue
		}
		what := strings.ReplaceAll(words.What, e.Value, "")
		if other, ok := seen[what]; ok && other != reason {
			t.Errorf("%s and %s have the same words: %q", reason, other, what)
		}
		seen[what] = reason
	}
}
