package ui

import (
	"context"
	"errors"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/problem"
)

const byAdmin = "Set by your administrator"

// entries returns the placeholders of the entries that can be seen.
func (d *desk) entries() (all []string) {
	d.walk(func(o fyne.CanvasObject) {
		switch e := o.(type) {
		case *sheetEntry:
			all = append(all, e.PlaceHolder)
		case *widget.Entry:
			all = append(all, e.PlaceHolder)
		}
	})
	return all
}

func TestTheSettingsSayWhatTheAdministratorDecides(t *testing.T) {
	const storage, proxy, pem = "storage.example.org", "http://proxy.example.org:8080", "a PEM file"
	l := &someLogin{}
	for _, test := range []struct {
		name      string
		rules     Rules
		says      []string
		entryGone string
	}{
		{"nothing", Rules{}, nil, ""},
		{"hosts", Rules{NoHosts: true}, []string{byAdmin}, storage},
		{"proxy", Rules{Proxy: "http://10.0.0.1:3128"}, []string{byAdmin, "http://10.0.0.1:3128"}, proxy},
		{"certificates", Rules{CAFile: "/etc/ssl/ours.pem"}, []string{byAdmin, "/etc/ssl/ours.pem"}, pem},
		{"speed", Rules{Rate: 2e6}, []string{"At most 2.0 MB/s, set by your administrator"}, ""},
		{"replacing", Rules{NoReplace: true}, []string{byAdmin}, ""},
		{"login", Rules{NoLogin: true}, []string{byAdmin}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := openDesk(t, Config{Rules: test.rules, Desktop: Desktop{Login: l}})
			d.options.open()
			d.finish()
			if test.says == nil && d.says(byAdmin) {
				t.Error("an administrator is named who has decided nothing")
			}
			d.mustSay(test.says...)
			for _, hint := range []string{storage, proxy, pem} {
				if there := slices.Contains(d.entries(), hint); there != (hint != test.entryGone) {
					t.Errorf("entry %q: %v", hint, there)
				}
			}
			if c := d.box(loginWords); c.Disabled() != test.rules.NoLogin {
				t.Errorf("the box for the login: disabled is %v", c.Disabled())
			}
		})
	}
}

func TestAnAddressThatTheAdministratorForbidsCantBeTicked(t *testing.T) {
	d := openDesk(t, Config{
		Rules:    Rules{NoHosts: true},
		Settings: Settings{Hosts: []string{"files.example.org"}}, // of before
	})
	stranger := someToken("trestore.blob.core.windows.net", "files.example.org")
	_, err := d.inboxes.parse(stranger)
	if e, ok := errors.AsType[*problem.Error](err); !ok || e.Reason != problem.UnknownHost {
		t.Errorf("the address is allowed: %v", err)
	}
	d.tap("Paste token")
	d.clipboard(stranger)
	d.pasteIntoFocused()
	d.mustSay("not a known storage address")
	if d.says("It is the workspace's") {
		t.Error("a person may allow the address")
	}
}

func TestNoTokensAreCreatedWhereTheAdministratorForbidsIt(t *testing.T) {
	d := openDesk(t, Config{
		Rules:   Rules{NoTokens: true},
		Account: &account{open: func() (Workspace, error) { return &grants{err: context.Canceled}, nil }},
	})
	d.issuing.openAccountTokens()
	d.mustSay("does not allow upload tokens to be created")
	if d.says("Create a token…") {
		t.Error("tokens are offered")
	}
}
