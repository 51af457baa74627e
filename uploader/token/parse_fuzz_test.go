package token_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// FuzzParseTokenNeverPanicsAndNeverPrintsASignature feeds token.Parse with anything and looks for
// the signature in all that can be printed of the outcome.
func FuzzParseTokenNeverPanicsAndNeverPrintsASignature(f *testing.F) {
	for _, c := range uploadertest.ReadPasted(f) {
		f.Add(c.Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		token, err := token.Parse(text)
		if err != nil {
			if !errors.Is(err, problem.ErrTokenInvalid) {
				t.Fatalf("%v does not wrap ErrTokenInvalid", err)
			}
			if token.Query() != "" {
				t.Fatal("a refused token still has a query")
			}
			for _, secret := range signaturesIn(text) {
				if strings.Contains(printedError(err), secret) {
					t.Fatalf("the error shows a signature: %s", printedError(err))
				}
			}
			return
		}
		signature := value(token.Query(), "sig")
		if plain, err := url.PathUnescape(signature); err != nil || len(plain) != 44 {
			t.Fatal("a token was accepted whose signature has the wrong size")
		}
		// Where a person repeats the signature as a name of something, it can't be hidden there.
		names := fmt.Sprint(token.Inbox, token.Policy)
		for _, secret := range spellings(signature) {
			if !strings.Contains(names, secret) && strings.Contains(printed(token), secret) {
				t.Fatalf("the token shows its signature")
			}
		}
	})
}

// value returns a parameter's raw value.
func value(query, name string) string {
	for pair := range strings.SplitSeq(query, "&") {
		if k, v, _ := strings.Cut(pair, "="); strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

// signaturesIn returns what stands behind "sig=" in a text, as long as it looks like one.
func signaturesIn(text string) []string {
	var found []string
	for _, part := range strings.Split(text, "sig=")[1:] {
		if i := strings.IndexFunc(part, func(r rune) bool {
			return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=%", r)
		}); i >= 0 {
			part = part[:i]
		}
		if len(part) >= 30 {
			found = append(found, spellings(part)...)
		}
	}
	return found
}

// spellings returns a signature as pasted, decoded, encoded, and its first two thirds.
func spellings(signature string) []string {
	plain, err := url.PathUnescape(signature)
	if err != nil {
		plain = signature
	}
	return []string{signature, plain, url.QueryEscape(plain), plain[:len(plain)*2/3]}
}

func printedError(err error) string {
	e, _ := errors.AsType[*problem.Error](err)
	var b strings.Builder
	fmt.Fprintf(&b, "%v %+v %#v %s %q %+v %#v %v", err, err, err, err, err, *e, *e,
		problem.Explain(err))
	slog.New(slog.NewJSONHandler(&b, nil)).Error("refused", "err", err, "whole", *e)
	return b.String()
}

// printed returns everything that package fmt, the encoders and the loggers make of a token, alone
// and inside others.
func printed(tok token.Token) string {
	type hidden struct{ token token.Token }
	type shown struct{ Token token.Token }
	type deep struct {
		p *token.Token
		l []token.Token
		m map[string]token.Token
		i any
	}
	var b bytes.Buffer
	for _, v := range []any{
		tok, &tok,
		[]token.Token{tok},
		[]*token.Token{&tok},
		[1]token.Token{tok},
		map[string]token.Token{"a": tok},
		map[string]*token.Token{"a": &tok},
		hidden{tok},
		&hidden{tok},
		shown{tok},
		&shown{tok},
		[]hidden{{tok}},
		map[string]hidden{"a": {tok}},
		deep{&tok, []token.Token{tok}, map[string]token.Token{"a": tok}, tok},
		tok.Inbox, tok.Rights, tok.Warnings, tok.Fields(time.Now()),
		fmt.Errorf("with %v", tok),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T"} {
			fmt.Fprintf(&b, verb+"\n", v)
		}
		if j, err := json.Marshal(v); err == nil {
			b.Write(j)
		}
		for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
			slog.New(h).Info("token", "value", v, slog.Group("inside", "value", v))
		}
	}
	if x, err := xml.Marshal(tok); err == nil {
		b.Write(x)
	}
	return b.String()
}

func TestAStructAroundATokenDoesNotPrintItsQuery(t *testing.T) {
	tok, err := token.Parse("https://inboxone.blob.core.windows.net/tid7f3a?sv=2022-11-02&se=2099-02-01&sr=c&sp=w&sig=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA%3D")
	if err != nil {
		t.Fatal(err)
	}
	around := struct {
		name  string
		token token.Token
	}{"inbox", tok}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		got := fmt.Sprintf(verb, around)
		if strings.Contains(got, "sig") || strings.Contains(got, "q83v") ||
			strings.Contains(got, fmt.Sprintf("%x", "q83v")) {
			t.Errorf("%s shows the query: %s", verb, got)
		}
	}
	all := printed(tok)
	for _, secret := range []string{"q83vEjRW", "sig=", fmt.Sprintf("%x", "q83vEjRW")} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is printed somewhere", secret)
		}
	}
	if !strings.Contains(tok.Link(), "sig=q83vEjRW") {
		t.Error("the link itself lacks the signature, so nothing above was shown")
	}
}

// cleanLink draws a link as a service writes it.
func cleanLink(t *rapid.T) (address, query string) {
	raw := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "signature")
	hex := rapid.SampledFrom([]func(string) string{url.QueryEscape, func(s string) string {
		return strings.NewReplacer("+", "%2b", "=", "%3d").Replace(s)
	}, func(s string) string { return strings.ReplaceAll(s, "+", "%2B") }}).Draw(t, "escaping")
	pairs := []string{
		"sv=" + rapid.SampledFrom([]string{"2015-04-05", "2022-11-02", "2025-11-05"}).Draw(t, "sv"),
		"se=" +
			rapid.SampledFrom([]string{"2099-01-01", "2099-01-01T10%3A00%3A00Z", "2099-01-01T10:00:00Z", "2099-01-01T10:00:00.0000000%2B00:00", "2001-01-01T00%3A00Z"}).Draw(t, "se"),
		"sr=c",
		"sp=" + rapid.StringMatching(`r?a?cw?d?l?`).Draw(t, "sp"),
		"sig=" + hex(base64.StdEncoding.EncodeToString(raw)),
	}
	for _, optional := range []string{"spr=https", "st=2000-01-01T00%3A00%3A00Z", "sip=192.0.2.0-192.0.2.255", "rsct=text%2Fplain", "ses=scope-1", "novalue", "x=%zz"} {
		if rapid.Bool().Draw(t, optional) {
			pairs = append(pairs, optional)
		}
	}
	below := ""
	if rapid.Bool().Draw(t, "with a folder") {
		below = (&url.URL{Path: "/" + rapid.StringMatching(`[a-zé%#?+&]([ a-z()!'.é%#?+=-]{0,6}[a-z)'!])?`).Draw(t, "folder")}).EscapedPath()
	}
	return "https://" + rapid.StringMatching(`[a-z0-9]{3,24}`).Draw(t, "account") +
			".blob.core.windows.net/" +
			rapid.StringMatching(`[a-z0-9]{3,30}(-[0-9]{1,3})?`).Draw(t, "container") + below,
		strings.Join(rapid.Permutation(pairs).Draw(t, "order"), "&")
}

func checkCleanLinkIsKept(t *rapid.T) {
	address, query := cleanLink(t)
	text := rapid.SampledFrom([]string{"%s", "  %s\n", "\"%s\"", "'%s'", "<%s>", "See %s for it.", "(%s)", "`%s`", "token: %s", "token\t%s\nwsid\tblue", "azcopy copy 'x' '%s' --recursive=true", "> %s\n> bye", "%s\nKind regards", "{\"token\": \"%s\"}"}).Draw(t, "around")
	token, err := token.Parse(strings.Replace(text, "%s", address+"?"+query, 1))
	if err != nil {
		t.Fatalf("%s?%s: %v", address, query, err)
	}
	if token.Query() != query {
		t.Fatalf("query\n got %s\nwant %s", token.Query(), query)
	}
	if token.Inbox.URL() != address {
		t.Fatalf("address\n got %s\nwant %s", token.Inbox.URL(), address)
	}
}

func TestACleanLinkIsKeptByteForByte(t *testing.T) { rapid.Check(t, checkCleanLinkIsKept) }

func FuzzACleanLinkIsKeptByteForByte(f *testing.F) { f.Fuzz(rapid.MakeFuzz(checkCleanLinkIsKept)) }

// TestABrokenLinkIsPutTogether breaks a clean link anywhere, as mail programs do.
func TestABrokenLinkIsPutTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		address, query := cleanLink(t)
		link := address + "?" + query
		// The break comes before the signature's end: what stands behind a complete token can't be
		// told from prose.
		end := strings.Index(link, "sig=") + 20
		at := rapid.IntRange(len(address)+1, end).Draw(t, "at")
		gap := rapid.SampledFrom([]string{"\n", "\r\n", " \n", "\n  ", "\n> ", "\u200b", "\u200b\n"}).Draw(t, "gap")
		token, err := token.Parse(link[:at] + gap + link[at:] + "\n\nKind regards,\n")
		if err != nil {
			t.Fatalf("%q: %v", link[:at]+gap+link[at:], err)
		}
		if token.Query() != query {
			t.Fatalf("query\n got %s\nwant %s", token.Query(), query)
		}
	})
}
