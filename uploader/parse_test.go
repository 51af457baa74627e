package uploader_test

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"inboxuploader/uploader"
)

// pastedAt is the moment at which the states in testdata/tokens.txtar are meant.
var pastedAt = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// pasted is one case of testdata/tokens.txtar.
type pasted struct {
	name, text string
	want       map[string]string
}

func readPasted(t testing.TB) []pasted {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/tokens.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var cases []pasted
	for i := 0; i+1 < len(archive.Files); i += 2 {
		text, wanted := archive.Files[i], archive.Files[i+1]
		if wanted.Name != text.Name+", wanted" {
			t.Fatalf("section %q is not followed by what is wanted of it", text.Name)
		}
		c := pasted{text.Name, characters(string(text.Data)), map[string]string{}}
		for line := range strings.Lines(string(wanted.Data)) {
			name, value, ok := strings.Cut(line, ":")
			if !ok {
				t.Fatalf("%s: line %q", text.Name, line)
			}
			c.want[name] = strings.TrimSpace(value)
		}
		cases = append(cases, c)
	}
	return cases
}

var character = regexp.MustCompile(`⟦([0-9A-F]+)⟧`)

// characters replaces ⟦200B⟧ by the character of that number.
func characters(text string) string {
	return character.ReplaceAllStringFunc(text, func(s string) string {
		n, err := strconv.ParseInt(strings.Trim(s, "⟦⟧"), 16, 32)
		if err != nil {
			return s
		}
		return string(rune(n))
	})
}

func TestParseTokenReadsWhatPeoplePaste(t *testing.T) {
	cases := readPasted(t)
	if len(cases) < 90 {
		t.Errorf("testdata/tokens.txtar holds %d cases, want at least 90", len(cases))
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var options []uploader.ParseOption
			if host := c.want["allow"]; host != "" {
				options = append(options, uploader.AllowHost(host))
			}
			token, err := uploader.ParseToken(c.text, options...)
			got := describe(token, err)
			for name, want := range c.want {
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
			if c.want["reason"] == "" && err != nil {
				t.Errorf("refused: %v", err)
			}
		})
	}
}

// describe puts what ParseToken returned under the names of testdata/tokens.txtar.
func describe(token uploader.Token, err error) map[string]string {
	if err != nil {
		e, _ := errors.AsType[*uploader.Error](err)
		if e == nil || !errors.Is(err, uploader.ErrTokenInvalid) {
			return map[string]string{"reason": "no error of this package: " + err.Error()}
		}
		return map[string]string{"reason": string(e.Reason), "value": e.Value}
	}
	f := token.Fields(pastedAt)
	return map[string]string{
		"inboxid": f.InboxID, "wsid": f.WsID, "tid": f.TID, "date": f.Date,
		"valid_from": f.ValidFrom, "valid_to": f.ValidTo, "state": string(f.State),
		"storage": f.Storage, "container": f.Container, "prefix": f.Prefix, "blob": token.Inbox.Blob,
		"rights": strings.Join(f.Rights, " "), "policy": f.Policy, "ip": f.IP,
		"https_only": strconv.FormatBool(f.HTTPSOnly), "warnings": strconv.Itoa(len(f.Warnings)),
		"query": token.Query(),
	}
}

func TestParseTokenRefusesLongTextWhateverItHolds(t *testing.T) {
	const link = "https://inboxone.blob.core.windows.net/tid7f3a?sv=2022-11-02&se=2099-02-01&sr=c&sp=w&sig=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA%3D"
	const limit = 64 << 10
	if _, err := uploader.ParseToken(link + strings.Repeat("\n", limit-len(link))); err != nil {
		t.Errorf("a text of exactly 64 KiB: %v", err)
	}
	_, err := uploader.ParseToken(link + strings.Repeat("\n", limit-len(link)+1))
	if got := describe(uploader.Token{}, err)["reason"]; got != string(uploader.TokenTextTooLarge) {
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
		token, err := uploader.ParseToken(text)
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
	for _, c := range readPasted(t) {
		reason := c.want["reason"]
		if reason == "" {
			continue
		}
		var options []uploader.ParseOption
		if host := c.want["allow"]; host != "" {
			options = append(options, uploader.AllowHost(host))
		}
		_, err := uploader.ParseToken(c.text, options...)
		words := uploader.Explain(err)
		if words.What == "" || words.Do == "" || strings.Contains(words.String(), "{") {
			t.Errorf("%s: words %q", c.name, words)
		}
		e, _ := errors.AsType[*uploader.Error](err)
		if e == nil {
			t.Errorf("%s: %v is no *Error", c.name, err)
			continue
		}
		what := strings.ReplaceAll(words.What, e.Value, "")
		if other, ok := seen[what]; ok && other != reason {
			t.Errorf("%s and %s have the same words: %q", reason, other, what)
		}
		seen[what] = reason
	}
}
