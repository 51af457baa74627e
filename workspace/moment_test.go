package workspace

import (
	"testing"
	"time"
)

func TestDatesAsPeopleWriteThem(t *testing.T) {
	there := time.FixedZone("there", 2*3600)
	for text, want := range map[string]string{
		"":                          "refused",
		"2026-11-03":                "2026-11-03T22:00:00Z", // as an end: the end of that day
		"2026-11-03 09:00":          "2026-11-03T07:00:00Z",
		"2026-11-03T09:00":          "2026-11-03T07:00:00Z",
		"2026-11-03 09:00:30":       "2026-11-03T07:00:30Z",
		"2026-11-03T09:00:00Z":      "2026-11-03T09:00:00Z",
		"2026-11-03T09:00:00-05:00": "2026-11-03T14:00:00Z",
		"3.11.2026":                 "refused",
		"2026-13-01":                "refused",
		"tomorrow":                  "refused",
	} {
		got := "refused"
		if m, ok := ParseMoment(text, 1, there); ok {
			got = m.UTC().Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
