package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/uploader/inboxes"
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
			"Upload to  ws0421 – 73  (workspace  ws0421 )", "inboxid", "trestore", "wsid", "ws0421",
			"tid", "73", "date", "2021-12-02", "valid_from", "1 Jan 2026", "valid_to",
			"1 Jan 2099", "left", "until", "(your time)",
			"You can add files and replace files of the same name. You can't see, open or",
		}, true},
		"an azcopy line": {`azcopy copy "C:\data" "` + someToken() +
			`" --recursive=true`, []string{"trestore"}, true},
		"the workspace's fields": {"inboxid: trestore\nwsid: ws0421\ntid: 73\ntoken: " +
			someToken(), []string{"trestore", "ws0421"}, true},
		"a create-only token": {
			someToken("sp=cw", "sp=c"),
			[]string{
				"You can't replace files of the same name.", "only new files of up to 5,000 MiB",
			},
			true,
		},
		"rights that a policy knows": {
			someToken("sp=cw&", "si=upload&"),
			[]string{"Only the storage knows what this token permits."},
			true,
		},
		"one that has ended": {
			someToken("se=2099", "se=2026", "st=2026", "st=2025"),
			[]string{
				"This upload token expired", "Ask the workspace for a new one", "Expired",
			},
			false,
		},
		"one that has not begun": {
			someToken("st=2026", "st=2098"),
			[]string{"Starts in"},
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

// TestAllOfATokenIsInSight at the size that the window opens with: nobody has to scroll to the two
// boxes, which are ticked already.
func TestAllOfATokenIsInSight(t *testing.T) {
	d := openDesk(t, Config{Inboxes: inboxes.Book{
		Records: inboxes.NewMemoryRecords(), Vault: inboxes.NewMemoryVault(nil),
	}, CheckToken: askStorage})
	d.window.Resize(fyne.NewSize(900, 620))
	d.clipboard(someToken())
	d.tokens.open(someToken())
	d.mustSay("Clear the clipboard afterwards", "Remember it in this computer's keyring")
	if s := d.top.scroll; s.Content.Size().Height > s.Size().Height {
		t.Errorf("%.0f of %.0f are in sight", s.Size().Height, s.Content.Size().Height)
	}
	at := d.app.Driver().AbsolutePositionForObject
	if at(d.button("Test this token")).X >= at(d.button("Cancel")).X {
		t.Error("the test does not stand at the left of the other buttons")
	}
	if d.says("trestore.blob.core.windows.net") {
		t.Error("the storage is not folded away")
	}
	d.tap("Storage and rights in detail")
	d.mustSay("trestore.blob.core.windows.net / ws0421-73", "overwrite", "never logged")
	d.write("name", "Cardio study")
	d.mustSay("Upload to  Cardio study  (workspace  ws0421 )")
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
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.Local)
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
		token               token.Token
		words, short, until string
		color               fyne.ThemeColorName
		next                time.Duration
	}{
		"weeks": {
			tok(0, 165*time.Hour+30*time.Minute), "6 days 21 h left", "6 d 21 h left",
			"until Tue 1 Dec, 07:30", theme.ColorNameSuccess, 30*time.Minute + time.Millisecond,
		},
		"a day": {
			tok(0, 25*time.Hour), "1 day 1 h left", "1 d 01 h left", "until Wed 25 Nov, 11:00",
			theme.ColorNameSuccess, time.Millisecond,
		},
		"years": {
			tok(0, 800*24*time.Hour), "800 days 0 h left", "800 d 00 h left",
			"until 1 Feb 2029, 10:00", theme.ColorNameSuccess, time.Millisecond,
		},
		"hours": {
			tok(0, 5*time.Hour+7*time.Minute+20*time.Second), "5 h 07 min left", "5 h 07 min left",
			"until 15:07", theme.ColorNameWarning, 20*time.Second + time.Millisecond,
		},
		"minutes": {
			tok(0, 12*time.Minute+30*time.Second+400*time.Millisecond), "12 min 30 s left",
			"12 min 30 s left", "until 10:12", theme.ColorNameError, 401 * time.Millisecond,
		},
		"seconds": {
			tok(0, 8*time.Second), "8 s left", "8 s left", "until 10:00", theme.ColorNameError,
			time.Millisecond,
		},
		"over": {
			tok(0, -time.Minute), "Expired", "Expired", "24 Nov 2026, 09:59",
			theme.ColorNameError, 0,
		},
		"not begun": {
			tok(50*time.Hour, 90*time.Hour), "Starts in 2 days 2 h", "Starts in 2 d 02 h",
			"26 Nov 2026, 12:00", theme.ColorNameWarning, time.Millisecond,
		},
		"unknown": {
			tok(0, 0), "The storage knows when it expires", "Expiry unknown", "", colorMuted, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := countdownOf(c.token, now)
			got.zone = ""
			if want := (countdown{c.words, c.short, c.until, "", c.color, c.next}); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}
