package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/theme"

	"inboxuploader/uploader/token"
)

// someToken is a token that is valid for long and opens nothing. Pairs of old and new texts change
// it.
func someToken(change ...string) string {
	link := "https://trestore.blob.core.windows.net/ws0421-73?sv=2021-12-02&sr=c&sp=cw" +
		"&st=2026-01-01T00:00:00Z&se=2099-01-01T00:00:00Z&sig=" + canary
	return strings.NewReplacer(change...).Replace(link)
}

func TestTheTokenDialogSaysWhatATokenSays(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		says   []string
		usable bool
	}{
		"a link": {someToken(), []string{
			"inboxid", "trestore", "wsid",
			"ws0421", "tid", "73", "date", "2021-12-02", "1 Jan 2026", "1 Jan 2099", "left",
		}, true},
		"an azcopy line": {`azcopy copy "C:\data" "` + someToken() +
			`" --recursive=true`, []string{"trestore"}, true},
		"the workspace's fields": {"inboxid: trestore\nwsid: ws0421\ntid: 73\ntoken: " +
			someToken(), []string{"trestore", "ws0421"}, true},
		"a create-only token": {
			someToken("sp=cw", "sp=c"),
			[]string{"only new files of up to 5,000 MiB"},
			true,
		},
		"rights that a policy knows": {
			someToken("sp=cw&", "si=upload&"),
			[]string{"Only the storage knows"},
			true,
		},
		"one that has ended": {
			someToken("se=2099", "se=2026", "st=2026", "st=2025"),
			[]string{"This upload token ended", "Ask the workspace for a new one"},
			false,
		},
		"one that has not begun": {
			someToken("st=2026", "st=2098"),
			[]string{"Token starts in"},
			true,
		},
		"no token": {
			"a sentence about something else",
			[]string{"This text is not an upload token.", "Nothing was sent.", "Paste the link"},
			false,
		},
		"half a token": {
			someToken("&sig="+canary, ""),
			[]string{"This link is incomplete"},
			false,
		},
		"an unknown host": {someToken("trestore.blob.core.windows.net",
			"files.example.org"), []string{
			"files.example.org", "before you allow it",
			"It is the workspace's: allow",
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t,
				Config{Now: func() time.Time {
					return time.Date(2026, 11, 24, 10, 0, 0, 0,
						time.UTC)
				}})
			d.tokens.open(c.text)
			d.mustSay(c.says...)
			if got := !d.button("Use this token").Disabled(); got != c.usable {
				t.Errorf("it can be used: %v, want %v", got, c.usable)
			}
			if d.says(canary[:6]) {
				t.Error("the signature can be read")
			}
			d.top.close()
			if strings.Contains(d.events.String(), canary[:6]) {
				t.Error("an event shows the signature")
			}
		})
	}
}

func TestAnUnknownHostIsAllowedByTheTickOfAPerson(t *testing.T) {
	d := openDesk(t, Config{})
	d.tokens.open(someToken("trestore.blob.core.windows.net", "files.example.org"))
	d.check("allow files.example.org")
	d.tap("Use this token")
	if got := d.settings.Hosts; len(got) != 1 || got[0] != "files.example.org" {
		t.Errorf("allowed hosts: %q", got)
	}
	d.tokens.open(someToken("trestore.blob.core.windows.net", "files.example.org"))
	if d.button("Use this token").Disabled() {
		t.Error("the host is asked about again")
	}
}

func TestThePastedTextKeepsItsLines(t *testing.T) {
	d := openDesk(t, Config{})
	d.tokens.open("")
	d.clipboard("inboxid: trestore\nwsid: ws0421\ntid: 73\ntoken: " + someToken())
	d.pasteIntoFocused()
	d.mustSay("trestore", "ws0421", "73")
	if d.button("Use this token").Disabled() {
		t.Error("it can't be used")
	}
}

func TestTheCountdownIsFinerTheNearerTheEnd(t *testing.T) {
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	tok := func(from, to time.Duration) token.Token {
		x := token.Token{}
		if to != 0 {
			x.ValidTo = now.Add(to)
		}
		if from != 0 {
			x.ValidFrom = now.Add(from)
		}
		return x
	}
	for name, c := range map[string]struct {
		token token.Token
		words string
		color any
		next  time.Duration
	}{
		"weeks": {
			tok(0, 165*time.Hour+30*time.Minute), "6 d 21 h left", colorMuted,
			30*time.Minute + time.Millisecond,
		},
		"hours": {
			tok(0, 5*time.Hour+7*time.Minute+20*time.Second), "5 h 07 min left",
			theme.ColorNameWarning, 20*time.Second + time.Millisecond,
		},
		"minutes": {
			tok(0, 12*time.Minute+30*time.Second+400*time.Millisecond),
			"12 min 30 s left", theme.ColorNameError, 401 * time.Millisecond,
		},
		"seconds": {tok(0, 8*time.Second), "8 s left", theme.ColorNameError, time.Millisecond},
		"over":    {tok(0, -time.Minute), "Token ended", theme.ColorNameError, 0},
		"not begun": {
			tok(2*time.Hour, 48*time.Hour), "Token starts in 2 h 00 min",
			theme.ColorNameWarning, time.Millisecond,
		},
		"unknown": {tok(0, 0), "The storage knows when this token ends", colorMuted, 0},
	} {
		t.Run(name, func(t *testing.T) {
			words, color, next := countdown(c.token, now)
			if !strings.HasPrefix(words, c.words) || any(color) != c.color || next != c.next {
				t.Errorf("%q %v in %v, want %q %v in %v", words, color, next, c.words, c.color,
					c.next)
			}
		})
	}
}
