//go:build !windows

package main

import (
	"encoding/base64"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"inboxuploader/uploader/token"
	"inboxuploader/workspace"
)

func TestAPolicyIsReadAsAWholeOrNotAtAll(t *testing.T) {
	for text, why := range map[string]string{
		`{}`:         "",
		"\ufeff{}\n": "",
		`{"proxy": "none", "limit_rate": "80Mbit/s", "allowed_hosts": ["*.lab.example"]}`: "",
		``:                                   "not a single JSON object",
		`[]`:                                 "not a single JSON object",
		`{} {}`:                              "not a single JSON object",
		`{"forbid_login": tr`:                "not a single JSON object",
		`{"forbid_logins": true}`:            "does not know",
		`{"forbid_login": "yes"}`:            "forbid_login has the wrong type",
		`{"proxy": "://"}`:                   "not a proxy address",
		`{"limit_rate": "fast"}`:             "not a speed",
		`{"allowed_hosts": [""]}`:            "is empty",
		`{"ca_file": "ca.pem"}`:              "a full path",
		`{"ca_file": "` + nowhere(t) + `"}`:  "can't be read",
		`{"allowed_hosts": "lab.example"}`:   "allowed_hosts has the wrong type",
		`{"proxy": "http://a:b@c:1"} {"x":`:  "not a single JSON object",
		`{"forbid_login": true, "proxy": 1}`: "proxy has the wrong type",
	} {
		_, got := parsePolicy([]byte(text))
		if why == "" && got != "" || !strings.Contains(got, why) {
			t.Errorf("%s: %q, want %q", text, got, why)
		}
	}
}

func nowhere(t *testing.T) string {
	return strings.ReplaceAll(filepath.Join(t.TempDir(), "ca.pem"), `\`, `\\`)
}

func TestAPolicySaysWhereUploadsGo(t *testing.T) {
	const azure, lab = "labinbox.blob.core.windows.net", "inbox.lab.example"
	for _, test := range []struct {
		name string
		policy
		to map[string]bool
	}{
		{"nothing", policy{}, map[string]bool{azure: true, lab: true, "127.0.0.1:1": true}},
		{
			"those on the list",
			policy{AllowedHosts: []string{"*.LAB.example"}},
			map[string]bool{azure: false, lab: true, lab + ":444": true, "[::1]:1": true},
		},
		{
			"none",
			policy{AllowedHosts: []string{}},
			map[string]bool{azure: false, lab: false, "localhost:1": true, "localhost.example": false},
		},
		{
			"none that a person allows",
			policy{ForbidAllowHost: true},
			map[string]bool{azure: true, lab: false},
		},
	} {
		for host, may := range test.to {
			if err := test.permits(token.Inbox{Host: host}); (err == nil) != may {
				t.Errorf("%s: %s: %v", test.name, host, err)
			}
		}
	}
}

func TestTheRulesHoldForAStorageAccountToo(t *testing.T) {
	account, err := workspace.ParseAccount(base64.StdEncoding.EncodeToString(make([]byte, 64)),
		"https://labinbox.blob.core.windows.net")
	if err != nil {
		t.Fatal(err)
	}
	conn := connection{Address: account.Address(), Workspace: "ws"}
	own := newProgram(&console{env: noEnvironment}).account()
	setPolicy(t, `{"forbid_token_creation": true}`)
	w, err := own.connect(conn, account)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = w.Issue(t.Context(), workspace.Request{})
	_, _, again := w.Renew(t.Context(), 1, workspace.Request{})
	for _, err := range []error{err, again} {
		if e, ok := errors.AsType[*workspace.Error](err); !ok || e.Reason != workspace.TokensForbidden {
			t.Errorf("a token is created: %v", err)
		}
	}
	setPolicy(t, `{"allowed_hosts": ["inbox.lab.example"]}`)
	if _, err := own.connect(conn, account); err == nil {
		t.Error("an account that is not on the list is opened")
	}
	setPolicy(t, `{`)
	if _, err := own.connect(conn, account); err == nil {
		t.Error("an account is opened though the policy can't be read")
	}
}

// TestTheRulesReachTheQueue: it is the queue of the window and of the commands alike.
func TestTheRulesReachTheQueue(t *testing.T) {
	setPolicy(t, `{"limit_rate": "10MB", "forbid_overwrite": true}`)
	f := newSendFlags()
	if c := f.config(nil, nil); c.MaxRate != 10e6 || !c.NeverReplace {
		t.Errorf("highest speed %d, never replace %v", c.MaxRate, c.NeverReplace)
	}
	setPolicy(t, `{`)
	if _, err := f.config(nil, nil).Open(token.Token{}); err == nil {
		t.Error("a storage is opened though the policy can't be read")
	}
}
