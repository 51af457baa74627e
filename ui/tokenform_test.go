package ui

import (
	"cmp"
	"strings"
	"testing"
	"time"
)

func TestTheFormSaysWhatIsWrongWhileItIsFilledIn(t *testing.T) {
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.Local)
	at := func(d time.Duration) string { return now.Add(d).Format(time.DateTime) }
	const day = 24 * time.Hour
	d := openDesk(t, Config{Now: func() time.Time { return now }})
	defer func() { d.t = t }()
	d.openTokens(manyGrants(0))
	for name, c := range map[string]struct {
		reason, period, from, to string
		says                     string // empty where a token can be created
	}{
		"all as it stands": {"x", "", "", "", ""},
		"one day":          {"x", "1 day", "", "", ""},
		"empty reason":     {" ", "", "", "", "A token needs a reason"},
		"256 characters":   {strings.Repeat("心", 256), "", "", "", ""},
		"257 characters": {
			strings.Repeat("心", 257), "", "", "",
			"The reason has 257 characters; 256 are possible. Shorten it.",
		},
		"a letter that turns writing": {"x\u202e", "", "", "", "characters that can't be shown"},
		"dates":                       {"x", "Dates…", "", at(30 * day), ""},
		"30 d":                        {"x", "Dates…", at(day), at(31 * day), ""},
		"30 d + 1 s": {
			"x", "Dates…", at(day), at(31*day + time.Second),
			"longer than 30 days",
		},
		"valid_to before valid_from": {
			"x", "Dates…", at(2 * day), at(day),
			"would end before it begins",
		},
		"in the past": {
			"x", "Dates…", at(-16 * time.Minute), at(day),
			"from a moment that is past",
		},
		"15 minutes ago": {"x", "Dates…", at(-15 * time.Minute), at(day), ""},
		"over already": {
			"x", "Dates…", at(-10 * time.Minute), at(-time.Minute),
			"over already",
		},
		"59 s": {
			"x", "Dates…", at(day), at(day + 59*time.Second),
			"less than a minute",
		},
		"60 s":             {"x", "Dates…", at(day), at(day + time.Minute), ""},
		"a day as the end": {"x", "Dates…", "", "2026-12-01", ""},
		"no date to begin with": {
			"x", "Dates…", "tomorrow", "2026-12-01",
			"The beginning is no date.",
		},
		"no date to end with": {"x", "Dates…", "", "1.12.2026", "The end is no date."},
	} {
		t.Run(name, func(t *testing.T) {
			d.t = t
			d.write("reason", c.reason)
			d.choosePeriod(cmp.Or(c.period, "30 days"))
			if c.period == "Dates…" {
				d.write("from", c.from)
				d.write("to", c.to)
			}
			if got := !d.button("Create a token…").Disabled(); got != (c.says == "") {
				t.Errorf("a token can be created: %v", got)
			}
			if c.says != "" {
				d.mustSay(c.says)
			}
		})
	}
}
