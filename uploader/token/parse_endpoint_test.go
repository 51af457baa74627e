package token

import (
	"errors"
	"testing"

	"inboxuploader/uploader/problem"
)

func TestParseEndpoint(t *testing.T) {
	for name, c := range map[string]struct {
		address string
		allow   string
		want    Inbox
		refused problem.Reason
	}{
		"public cloud":          {"https://labinbox.blob.core.windows.net", "", Inbox{Scheme: "https", Host: "labinbox.blob.core.windows.net", InboxID: "labinbox"}, ""},
		"slash at the end":      {" https://labinbox.blob.core.windows.net/ ", "", Inbox{Scheme: "https", Host: "labinbox.blob.core.windows.net", InboxID: "labinbox"}, ""},
		"sovereign cloud":       {"https://labinbox.blob.core.usgovcloudapi.net", "", Inbox{Scheme: "https", Host: "labinbox.blob.core.usgovcloudapi.net", InboxID: "labinbox"}, ""},
		"zone":                  {"https://labinbox.z12.blob.storage.azure.net", "", Inbox{Scheme: "https", Host: "labinbox.z12.blob.storage.azure.net", InboxID: "labinbox"}, ""},
		"data lake's name":      {"https://labinbox.dfs.core.windows.net", "", Inbox{Scheme: "https", Host: "labinbox.blob.core.windows.net", InboxID: "labinbox"}, ""},
		"private link's name":   {"https://labinbox.privatelink.blob.core.windows.net", "", Inbox{Scheme: "https", Host: "labinbox.blob.core.windows.net", InboxID: "labinbox"}, ""},
		"loopback":              {"http://127.0.0.1:10000/devstoreaccount1/", "", Inbox{Scheme: "http", Host: "127.0.0.1:10000", Account: "devstoreaccount1", InboxID: "devstoreaccount1"}, ""},
		"loopback, no account":  {"http://127.0.0.1:10000", "", Inbox{}, problem.NoAddress},
		"loopback, a container": {"http://127.0.0.1:10000/devstoreaccount1/ws-1", "", Inbox{}, problem.NoAddress},
		"allowed":               {"https://upload.example.org", "upload.example.org", Inbox{Scheme: "https", Host: "upload.example.org", InboxID: "upload"}, ""},
		"unknown":               {"https://upload.example.org", "", Inbox{}, problem.UnknownHost},
		"plain http":            {"http://labinbox.blob.core.windows.net", "", Inbox{}, problem.InsecureAddress},
		"another service":       {"https://labinbox.queue.core.windows.net", "", Inbox{}, problem.WrongService},
		"read-only copy":        {"https://labinbox-secondary.blob.core.windows.net", "", Inbox{}, problem.WrongService},
		"a container":           {"https://labinbox.blob.core.windows.net/ws-1", "", Inbox{}, problem.NoAddress},
		"a query":               {"https://labinbox.blob.core.windows.net/?sig=x", "", Inbox{}, problem.NoAddress},
		"no address":            {"labinbox", "", Inbox{}, problem.NoAddress},
		"nothing":               {"", "", Inbox{}, problem.NoAddress},
		"no port":               {"http://127.0.0.1:0/devstoreaccount1", "", Inbox{}, problem.PortInvalid},
		"a port too high":       {"https://labinbox.blob.core.windows.net:99999", "", Inbox{}, problem.PortInvalid},
		"a long port":           {"HTTPS://labinbox.blob.core.windows.net:4294967739/", "", Inbox{}, problem.PortInvalid},
		"a port of letters":     {"https://labinbox.blob.core.windows.net:https", "", Inbox{}, problem.NoAddress},
		"a user's name":         {"https://labinbox.blob.core.windows.net@example.org", "", Inbox{}, problem.NoAddress},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseEndpoint(c.address, AllowHost(c.allow))
			if got != c.want || problem.ReasonOf(err) != c.refused || err != nil &&
				!errors.Is(err, problem.ErrTokenInvalid) {
				t.Errorf("got %+v, %v; want %+v, %q", got, err, c.want, c.refused)
			}
		})
	}
}
