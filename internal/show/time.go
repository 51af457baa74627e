package show

import "time"

// UTC formats a time for JSON and receipts: RFC 3339 in UTC, empty for the zero time.
func UTC(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
