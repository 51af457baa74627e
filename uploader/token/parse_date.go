package token

import (
	"time"
)

// dateLayouts are the forms of a date in a token
// (learn.microsoft.com/rest/api/storageservices/formatting-datetime-values); package time accepts
// fractions of a second without being told. The last two have no zone; they are not documented,
// occur, and are read as UTC.
var dateLayouts = []string{
	"2006-01-02",
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04:05Z07:00",
	"2006-01-02T15:04",
	"2006-01-02T15:04:05",
}

// statedLayouts are forms in which people and tables write the same.
var statedLayouts = []string{
	"2006-01-02 15:04Z07:00",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04 Z07:00",
	"2006-01-02 15:04:05 Z07:00",
	"2006-01-02 15:04",
	"2006-01-02 15:04:05",
	"2006-01-02 15:04 MST",
	"2006-01-02 15:04:05 MST",
}

var (
	dayPattern = expression(`^\d{4}-\d\d-\d\d$`)
	// longFraction finds more than the seven digits of a second's fraction that the service
	// accepts.
	longFraction = expression(`[.,]\d{8}`)
	// otherZone finds the name of a zone other than UTC, whose distance from UTC a name does not
	// tell.
	otherZone = expression(`\s[A-Z]{3,4}$`)
)

// isDay reports whether s has the form of a service version, such as 2022-11-02.
func isDay(s string) bool { return dayPattern().MatchString(s) }

// parseDate reads a date of a token, percent-encoded or not.
func parseDate(raw string) (time.Time, bool) {
	s := unescape(raw)
	if longFraction().MatchString(s) {
		return time.Time{}, false
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// parseStatedDate reads a date of a field, which may also be written with a space. Forms whose
// order of day and month is a matter of the country are not read.
func parseStatedDate(s string) (time.Time, bool) {
	if t, ok := parseDate(s); ok {
		return t, true
	}
	if zone := otherZone().FindString(s); zone != "" && zone != " UTC" && zone != " GMT" {
		return time.Time{}, false
	}
	for _, layout := range statedLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
