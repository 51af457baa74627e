package token_test

import (
	"strings"
	"testing"

	"inboxuploader/uploader/token"
)

func TestTheLinkOfOneFileLeadsToTheSameInbox(t *testing.T) {
	const container = "https://labinbox.blob.core.windows.net/ws7-42"
	query := func(more string) string {
		return "?sv=2021-12-02&se=2099-01-01T00%3A00%3A00Z&sp=cw&" + more + "&sig=" +
			strings.Repeat("q", 43) + "%3D"
	}
	for name, c := range map[string]struct{ link, file, tid string }{
		"an extension":      {container + "/renamed.txt" + query("sr=c"), "renamed.txt", "42"},
		"in a folder":       {container + "/visits/one%20two.csv" + query("sr=c"), "one two.csv", "42"},
		"a slash":           {container + "/renamed.txt/" + query("sr=c"), "", ""},
		"no extension":      {container + "/visits" + query("sr=c"), "", ""},
		"a hidden folder":   {container + "/.visits" + query("sr=c"), "", ""},
		"a dot at the end":  {container + "/visits." + query("sr=c"), "", ""},
		"the container":     {container + query("sr=c"), "", ""},
		"a folder's token":  {container + "/v1.2" + query("sr=d&sdd=1"), "", ""},
		"one file's token":  {container + "/renamed.txt" + query("sr=b"), "", ""},
		"an account's link": {container + "/renamed.txt" + query("ss=b&srt=o"), "renamed.txt", "42"},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := token.Parse(c.link)
			if err != nil {
				t.Fatal(err)
			}
			if got := token.FileName(); got != c.file {
				t.Fatalf("name %q, want %q", got, c.file)
			}
			if c.file == "" {
				return
			}
			one := token.ForFile()
			if one.Inbox.Key() != token.Inbox.Key() || one.Link() != token.Link() {
				t.Errorf("leads to %s instead of %s", one.Inbox.Key(), token.Inbox.Key())
			}
			if !strings.HasSuffix(one.Inbox.Blob, c.file) || one.Inbox.Prefix != "" ||
				one.Inbox.TID != c.tid || one.FileName() != "" {
				t.Errorf("inbox %+v", one.Inbox)
			}
		})
	}
}
