package workspace

import (
	"strings"
	"testing"
	"time"
)

func TestWhatATokenMayBe(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 400e6, time.UTC)
	second := now.Truncate(time.Second)
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		change func(*Request)
		want   Reason
	}{
		"as it comes":                  {func(*Request) {}, ""},
		"no reason":                    {func(r *Request) { r.Reason = "" }, ReasonMissing},
		"a blank reason":               {func(r *Request) { r.Reason = " \t\u3000" }, ReasonMissing},
		"1 character":                  {func(r *Request) { r.Reason = "x" }, ""},
		"256 characters":               {func(r *Request) { r.Reason = strings.Repeat("x", 256) }, ""},
		"257 characters":               {func(r *Request) { r.Reason = strings.Repeat("x", 257) }, ReasonTooLong},
		"256 characters of four bytes": {func(r *Request) { r.Reason = strings.Repeat("𓂀", 256) }, ""},
		"257 characters of four bytes": {func(r *Request) { r.Reason = strings.Repeat("𓂀", 257) }, ReasonTooLong},
		"blanks around do not count":   {func(r *Request) { r.Reason = "  " + strings.Repeat("x", 256) + "\n" }, ""},
		"any script":                   {func(r *Request) { r.Reason = "心拍数 עברית ελληνικά" }, ""},
		"two lines":                    {func(r *Request) { r.Reason = "one\ntwo" }, ReasonUnreadable},
		"a terminal's escape":          {func(r *Request) { r.Reason = "one\x1b[2Jtwo" }, ReasonUnreadable},
		"text turned around":           {func(r *Request) { r.Reason = "one \u202Etwo" }, ReasonUnreadable},
		"no UTF-8":                     {func(r *Request) { r.Reason = "one\xff" }, ReasonUnreadable},

		"30 days":                     {func(r *Request) { r.From, r.To = second, second.Add(30*day) }, ""},
		"30 days and a second":        {func(r *Request) { r.From, r.To = second, second.Add(30*day+time.Second) }, PeriodTooLong},
		"30 days, fractions left out": {func(r *Request) { r.From, r.To = now, second.Add(30*day+999*time.Millisecond) }, ""},
		"a minute":                    {func(r *Request) { r.From, r.To = second, second.Add(time.Minute) }, ""},
		"less than a minute":          {func(r *Request) { r.From, r.To = second, second.Add(59*time.Second) }, PeriodTooShort},
		"no time at all":              {func(r *Request) { r.From, r.To = second.Add(day), second.Add(day) }, PeriodTooShort},
		"ends before it begins":       {func(r *Request) { r.From, r.To = second.Add(day), second.Add(day-time.Second) }, EndsBeforeStart},
		"15 minutes ago":              {func(r *Request) { r.From, r.To = second.Add(-15*time.Minute), second.Add(day) }, ""},
		"15 minutes and a second ago": {func(r *Request) { r.From, r.To = second.Add(-15*time.Minute-time.Second), second.Add(day) }, StartsInPast},
		"over already":                {func(r *Request) { r.From, r.To = second.Add(-10*time.Minute), second }, EndsInPast},
		"a second left":               {func(r *Request) { r.From, r.To = second.Add(-10*time.Minute), second.Add(time.Second) }, ""},
		"in the past altogether":      {func(r *Request) { r.From, r.To = second.Add(-40*day), second.Add(-20*day) }, StartsInPast},
		"in a year":                   {func(r *Request) { r.From, r.To = second.Add(365*day), second.Add(395*day) }, ""},
		"an end alone":                {func(r *Request) { r.To = second.Add(30 * day) }, ""},
		"an end alone, too late":      {func(r *Request) { r.To = second.Add(30*day + time.Second) }, PeriodTooLong},
		"a period":                    {func(r *Request) { r.Period = 30 * day }, ""},
		"a period that is too long":   {func(r *Request) { r.Period = 30*day + time.Second }, PeriodTooLong},
		"a period that is too short":  {func(r *Request) { r.Period = 59 * time.Second }, PeriodTooShort},
		"a period backwards":          {func(r *Request) { r.Period = -day }, EndsBeforeStart},
		"a beginning alone":           {func(r *Request) { r.From = second.Add(10 * day) }, ""},
		"in another zone":             {func(r *Request) { r.From, r.To = second.In(time.FixedZone("", 5*3600)), second.Add(30*day) }, ""},

		"rights in any order":      {func(r *Request) { r.Rights = "lcwrda" }, ""},
		"create alone":             {func(r *Request) { r.Rights = "c" }, ""},
		"nothing to upload with":   {func(r *Request) { r.Rights = "rl" }, RightsCannotWrite},
		"an unknown right":         {func(r *Request) { r.Rights = "wx" }, RightsUnknown},
		"words for rights":         {func(r *Request) { r.Rights = "write" }, RightsUnknown},
		"an address":               {func(r *Request) { r.IP = "198.51.100.7" }, ""},
		"a range":                  {func(r *Request) { r.IP = "198.51.100.1 - 198.51.100.20" }, ""},
		"a range backwards":        {func(r *Request) { r.IP = "198.51.100.20-198.51.100.1" }, AddressRangeInvalid},
		"two ranges":               {func(r *Request) { r.IP = "198.51.100.1-198.51.100.2,203.0.113.1" }, AddressRangeInvalid},
		"a network":                {func(r *Request) { r.IP = "198.51.100.0/24" }, AddressRangeInvalid},
		"IPv6, which SAS has not":  {func(r *Request) { r.IP = "2001:db8::1" }, AddressRangeInvalid},
		"a folder":                 {func(r *Request) { r.Folder = "/cohort b/May/" }, ""},
		"a folder above":           {func(r *Request) { r.Folder = "a/../../b" }, FolderInvalid},
		"a folder with backslash":  {func(r *Request) { r.Folder = `a\b` }, FolderInvalid},
		"a folder Windows has not": {func(r *Request) { r.Folder = "con" }, FolderInvalid},
		"256 characters of folder": {func(r *Request) { r.Folder = strings.Repeat("é/", 127) + "éé" }, ""},
		"257 characters of folder": {func(r *Request) { r.Folder = strings.Repeat("é/", 127) + "ééé" }, FolderInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			r := Request{Reason: "Cohort B"}
			c.change(&r)
			err := r.Check(now)
			if got := reasonOf(err); got != c.want {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if err != nil {
				if x := Explain(err); x.What == "" || x.Safe == "" || x.Do == "" ||
					strings.Contains(x.String(), "{") {
					t.Errorf("words: %+v", x)
				}
			}
		})
	}
}

func TestBlanksAreFilledIn(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 999e6, time.UTC)
	r, err := Request{Reason: " Cohort B ", Rights: "", IP: "198.51.100.7-198.51.100.7", Folder: "/may/", By: " A\tNa " + strings.Repeat("x", 100)}.settle(now)
	if err != nil {
		t.Fatal(err)
	}
	want := Request{
		Reason: "Cohort B", From: now.Truncate(time.Second),
		To: now.Truncate(time.Second).Add(DefaultPeriod), Period: DefaultPeriod, Rights: "w",
		IP: "198.51.100.7", Folder: "may", By: "ANa " + strings.Repeat("x", 60),
	}
	if r != want {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}
	if r, err := (Request{Reason: "x", Rights: "lwcr"}).settle(now); err != nil ||
		r.Rights != "rcwl" {
		t.Errorf("rights %q, %v; the service wants rcwl", r.Rights, err)
	}
}

func TestWorkspaceNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"ws": true, "a": true, "ws-0421": true, "2026-may": true, strings.Repeat("a", 53): true,
		"": false, "WS": false, "ws_1": false, "-ws": false, "ws-": false, "w--s": false,
		"wś": false, strings.Repeat("a", 54): false,
	} {
		if err := CheckName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}
