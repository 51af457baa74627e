package show

import "time"

// UTC writes a moment as JSON and receipts have it: RFC 3339 in UTC, nothing for the zero time.
func UTC(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
