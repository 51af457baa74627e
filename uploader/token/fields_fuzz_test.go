package token_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"inboxuploader/uploader/token"
)

// statedFields draws a token with the fields that the workspace states beside it, in the
// workspace's order, and the query of its link.
func statedFields(t *rapid.T) (fields [][2]string, query string) {
	account := rapid.StringMatching(`[a-z0-9]{3,24}`).Draw(t, "account")
	ws := rapid.StringMatching(`[a-z][a-z0-9]{1,20}`).Draw(t, "workspace")
	tid := rapid.StringMatching(`[1-9][0-9]{0,5}`).Draw(t, "number")
	from := time.Unix(rapid.Int64Range(1_600_000_000, 1_700_000_000).Draw(t, "from"), 0).UTC()
	to := from.AddDate(0, 0, rapid.IntRange(1, 9000).Draw(t, "days"))
	raw := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "signature")
	query = strings.Join(rapid.Permutation([]string{
		"sv=2022-11-02", "sr=c", "sp=cw", "st=" +
			url.QueryEscape(from.Format(time.RFC3339)), "se=" +
			url.QueryEscape(to.Format(time.RFC3339)),
		"sig=" + url.QueryEscape(base64.StdEncoding.EncodeToString(raw)),
	}).Draw(t, "order"), "&")
	return [][2]string{
		{"inboxid", account},
		{"wsid", ws},
		{"tid", tid},
		{"date", "2022-11-02"},
		{"valid_from", from.Format(time.RFC3339)},
		{"valid_to", to.Format(time.RFC3339)},
		{"token", "https://" + account + ".blob.core.windows.net/" + ws + "-" + tid + "?" + query},
	}, query
}

// forms write fields down in each way that the workspace, or a person, does.
var forms = map[string]func([][2]string) string{
	"colons": func(f [][2]string) string { return join(f, func(k, v string) string { return k + ": " + v + "\n" }) },
	"equals": func(f [][2]string) string { return join(f, func(k, v string) string { return k + "=" + v + "\r\n" }) },
	"tabs":   func(f [][2]string) string { return join(f, func(k, v string) string { return k + "\t" + v + "\n" }) },
	"mail": func(f [][2]string) string {
		return join(f, func(k, v string) string { return "> " + k + ":   " + v + "\n> \n" })
	},
	"table": func(f [][2]string) string {
		return "| Field | Value |\n|---|---|\n" + join(f,
			func(k, v string) string { return "| " + k + " | " + v + " |\n" })
	},
	"json": func(f [][2]string) string {
		m := map[string]string{}
		for _, x := range f {
			m[x[0]] = x[1]
		}
		text, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			panic(err)
		}
		return string(text)
	},
}

func join(f [][2]string, line func(k, v string) string) string {
	var b strings.Builder
	for _, x := range f {
		b.WriteString(line(x[0], x[1]))
	}
	return b.String()
}

// checkFieldsReadAlike: whatever form the fields have, in whatever order and however their names
// are written, the token is the one that was stated.
func checkFieldsReadAlike(t *rapid.T) {
	fields, query := statedFields(t)
	want := map[string]string{}
	for _, f := range fields {
		want[f[0]] = f[1]
	}
	spelling := rapid.SampledFrom([]func(string) string{
		func(s string) string { return s },
		strings.ToUpper,
		func(s string) string { return strings.ReplaceAll(s, "_", " ") },
		func(s string) string { return strings.ReplaceAll(s, "_", "-") },
	}).Draw(t, "spelling")
	shuffled := rapid.Permutation(fields).Draw(t, "order of fields")
	for i := range shuffled {
		shuffled[i][0] = spelling(shuffled[i][0])
	}
	name := rapid.SampledFrom([]string{"colons", "equals", "tabs", "mail", "table", "json"}).Draw(t,
		"form")
	text := forms[name](shuffled)
	token, err := token.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, text)
	}
	if token.Query() != query {
		t.Fatalf("%s: query\n got %s\nwant %s\n%s", name, token.Query(), query, text)
	}
	got := token.Fields(time.Unix(1_600_000_000, 0))
	for field, value := range map[string]string{
		"inboxid": got.InboxID, "wsid": got.WsID, "tid": got.TID, "date": got.Date,
		"valid_from": got.ValidFrom, "valid_to": got.ValidTo,
	} {
		if value != want[field] {
			t.Fatalf("%s: %s is %q, want %q\n%s", name, field, value, want[field], text)
		}
	}
	if len(token.Warnings) != 0 {
		t.Fatalf("%s: %q\n%s", name, token.Warnings, text)
	}
}

func TestFieldsReadAlikeInEveryForm(t *testing.T) { rapid.Check(t, checkFieldsReadAlike) }

func FuzzFieldsReadAlikeInEveryForm(f *testing.F) { f.Fuzz(rapid.MakeFuzz(checkFieldsReadAlike)) }
