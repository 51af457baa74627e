package workspace

import "time"

// ParseMoment parses a date as people write it: "2026-11-03", "2026-11-03 09:00", "2026-11-03
// 09:00:30", the same with a T in the middle, or RFC 3339. The time zone is zone unless the text
// states another. A day alone means its midnight, plus that many days: 1 makes it the end of the
// day. ok is false if the text is no date.
func ParseMoment(text string, plus int, zone *time.Location) (t time.Time, ok bool) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, true
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t.AddDate(0, 0, plus), true
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", time.DateTime, "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
