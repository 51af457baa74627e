// Package hours limits a Queue to the hours of the day in which a person wants it to send. [Parse]
// reads the hours; [Hours.Keep], called regularly, holds a queue outside of them.
package hours

import (
	"errors"
	"strings"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// Hours are hours of the day, by this computer's clock. The zero Hours are the whole day.
type Hours struct {
	text     string
	from, to time.Time // only hour and minute count
}

const clockLayout = "15:04"

// ErrInvalid says that a text is not two different times of the day.
var ErrInvalid = errors.New("hours: no two times of the day")

// Parse reads two different times of the day, such as 18:00-06:00; the empty text is the whole day.
// The error is ErrInvalid.
func Parse(text string) (h Hours, err error) {
	if text = strings.TrimSpace(text); text == "" {
		return h, nil
	}
	from, to, _ := strings.Cut(text, "-")
	var errs [2]error
	h.from, errs[0] = time.Parse(clockLayout, strings.TrimSpace(from))
	h.to, errs[1] = time.Parse(clockLayout, strings.TrimSpace(to))
	if errors.Join(errs[:]...) != nil || h.from.Equal(h.to) {
		return Hours{}, ErrInvalid
	}
	h.text = text
	return h, nil
}

// String returns the text that Parse read.
func (h Hours) String() string { return h.text }

// Whole reports whether the hours are the whole day.
func (h Hours) Whole() bool { return h.text == "" }

// next returns the first moment after now at which a clock shows a time.
func next(now, clock time.Time) time.Time {
	for day := 0; ; day++ {
		at := time.Date(now.Year(), now.Month(), now.Day()+day, clock.Hour(), clock.Minute(), 0, 0,
			now.Location())
		if at.After(now) {
			return at
		}
	}
}

// Until returns whether a moment is within the hours, and when that changes; zero means never.
func (h Hours) Until(now time.Time) (within bool, change time.Time) {
	if h.Whole() {
		return true, time.Time{}
	}
	opens, closes := next(now, h.from), next(now, h.to)
	if opens.Before(closes) {
		return false, opens
	}
	return true, closes
}

// Queue is the part of [uploader.Queue] that Keep needs.
type Queue interface {
	Status() uploader.Status
	Hold(inbox string, why *problem.Error)
	Use(t token.Token) error
}

// Keep holds a queue outside the hours and releases it within them; requests in flight are
// finished. Call it every few seconds and after each Use: it follows new hours and a changed clock.
// Inboxes that wait for another token stay as they are. It does not block. The error is that of
// Use.
func (h Hours) Keep(q Queue, now time.Time) error {
	within, change := h.Until(now)
	for _, in := range q.Status().Inboxes {
		rests := in.Hold != nil && in.Hold.Reason == problem.OutsideHours
		switch {
		case in.Token.Inbox.Host == "", in.Hold != nil && !rests: // waits for a person anyway
		case within && rests:
			if err := q.Use(in.Token); err != nil {
				return err
			}
		case !within && (!rests || !in.Hold.When.Equal(change)):
			why := problem.New("send", "", problem.OutsideHours)
			why.When = change
			q.Hold(in.Inbox, why)
		}
	}
	return nil
}
