package problem_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// shouted is a language that is told from English, and in which nothing in braces is changed.
func shouted(english string) string {
	if english == " on 2 January 2006 at 15:04" {
		return " @ 02.01.2006 15:04"
	}
	var out strings.Builder
	in := false
	for _, r := range english {
		in = in && r != '}' || r == '{'
		if !in {
			r = []rune(strings.ToUpper(string(r)))[0]
		}
		out.WriteRune(r)
	}
	return out.String()
}

// TestExplainIn: sentences and this program's own phrases are translated, names and addresses never
// are, even where they look like a phrase.
func TestExplainIn(t *testing.T) {
	tests := map[string]struct {
		reason problem.Reason
		value  string
		when   time.Time
		want   string
	}{
		"a phrase":            {problem.WrongService, "tables", time.Time{}, "THIS TOKEN IS FOR A DIFFERENT KIND OF STORAGE, NOT FOR FILES (TABLES)."},
		"a name":              {problem.NameTaken, "tables", time.Time{}, "ANOTHER FILE WOULD HAVE THE SAME NAME IN THE INBOX: tables."},
		"a name in a phrase":  {problem.FieldsContradict, "se is given twice", time.Time{}, "THE PARTS OF THIS TOKEN CONTRADICT EACH OTHER: se IS GIVEN TWICE."},
		"rights":              {problem.CannotWrite, "read, list", time.Time{}, "THIS TOKEN DOES NOT ALLOW UPLOADS. IT ALLOWS: READ, LIST."},
		"a date":              {problem.Expired, "", time.Date(2030, 5, 7, 9, 8, 0, 0, time.Local), "THIS UPLOAD TOKEN EXPIRED @ 07.05.2030 09:08."},
		"no date":             {problem.Expired, "", time.Time{}, "THIS UPLOAD TOKEN EXPIRED."},
		"braces in a name":    {problem.NameTaken, "{when on}", time.Time{}, "ANOTHER FILE WOULD HAVE THE SAME NAME IN THE INBOX: {when on}."},
		"an unknown reason":   {"no-such-reason", "", time.Time{}, "SOMETHING UNEXPECTED WENT WRONG."},
		"what turns the text": {problem.NameTaken, "a\u202eb", time.Time{}, `ANOTHER FILE WOULD HAVE THE SAME NAME IN THE INBOX: a\u{202e}b.`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := problem.New("test", "", test.reason)
			e.Value, e.When = test.value, test.when
			if got := problem.ExplainIn(e, shouted).What; got != test.want {
				t.Errorf("%s\nwant %s", got, test.want)
			}
		})
	}
}

// TestWarningsIn: they are the token's own, in the same order, and what they are about stays as it
// is.
func TestWarningsIn(t *testing.T) {
	token, err := token.Parse("https://account.dfs.core.windows.net/box?sv=2021-12-02&sr=c&sp=c&se=2030-01-01T00%3A00%3A00Z&sig=" + strings.Repeat("A", 43) + "%3D")
	if err != nil {
		t.Fatal(err)
	}
	if len(token.Warnings) < 2 {
		t.Fatalf("warnings: %q", token.Warnings)
	}
	if diff := cmp.Diff(token.Warnings,
		token.WarningsIn(func(english string) string { return english })); diff != "" {
		t.Error(diff)
	}
	all := strings.Join(token.WarningsIn(shouted), "\n")
	if !strings.Contains(all, "FILES ARE SENT TO account.blob.core.windows.net,") ||
		!strings.Contains(all, "ONLY NEW FILES") {
		t.Error(all)
	}
}
