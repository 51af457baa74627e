package main

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/problem"
)

// hours are those of the day in which is sent, by this computer's clock; the zero hours are all.
type hours struct {
	text     string
	from, to time.Time // of which the hour and the minute count
}

const clockLayout = "15:04"

// Set implements pflag.Value.
func (h *hours) Set(text string) error {
	from, to, _ := strings.Cut(text, "-")
	var got hours
	var errs [2]error
	got.from, errs[0] = time.Parse(clockLayout, strings.TrimSpace(from))
	got.to, errs[1] = time.Parse(clockLayout, strings.TrimSpace(to))
	if errors.Join(errs[:]...) != nil || got.from.Equal(got.to) {
		return wanted("two times of the day such as 18:00-06:00")
	}
	got.text = text
	*h = got
	return nil
}

// String implements pflag.Value. It is empty for the default.
func (h *hours) String() string { return h.text }

// Type implements pflag.Value.
func (h *hours) Type() string { return "HOURS" }

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

// until returns whether it is within the hours, and when that changes; the zero time is never.
func (h *hours) until(now time.Time) (within bool, change time.Time) {
	if h.text == "" {
		return true, time.Time{}
	}
	opens, closes := next(now, h.from), next(now, h.to)
	if opens.Before(closes) {
		return false, opens
	}
	return true, closes
}

// shift keeps an upload to its hours.
type shift struct {
	hours
	now    func() time.Time
	begins atomic.Int64 // when it last began to send, in nanoseconds
}

// errClosing ends a wait for the queue when the hours are over.
var errClosing = errors.New("the hours are over")

// await waits until it is within the hours.
func (s *shift) await(ctx context.Context) error {
	for {
		within, change := s.until(s.now())
		if within {
			s.begins.Store(s.now().UnixNano())
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(min(change.Sub(s.now()), time.Minute)): // timers stand still while a computer sleeps
		}
	}
}

// wait is q.Wait, but outside the hours nothing more is begun. What is under way is brought to its
// end.
func (s *shift) wait(ctx context.Context, q *uploader.Queue) error {
	for {
		within, change := s.until(s.now())
		switch {
		case !within:
			if err := s.hold(ctx, q, change); err != nil {
				return err
			}
		case change.IsZero():
			return q.Wait(ctx)
		default:
			until, end := context.WithTimeoutCause(ctx, change.Sub(s.now()), errClosing)
			err := q.Wait(until)
			end()
			if !errors.Is(err, errClosing) {
				return err
			}
		}
	}
}

// hold lets the queue rest until the hours begin.
func (s *shift) hold(ctx context.Context, q *uploader.Queue, begin time.Time) error {
	var held []uploader.InboxStatus
	for _, in := range q.Status().Inboxes {
		if in.Hold != nil || in.Token.Inbox.Host == "" {
			continue // waits for a person anyway
		}
		why := problem.New("send", "", problem.OutsideHours)
		why.When = begin
		q.Hold(in.Inbox, why)
		held = append(held, in)
	}
	if err := s.await(ctx); err != nil {
		return err
	}
	for _, in := range held {
		if err := q.Use(in.Token); err != nil {
			return err
		}
	}
	return nil
}

// status is the queue's as far as patience is concerned: time outside the hours does not count.
func (s *shift) status(q *uploader.Queue) uploader.Status {
	status := q.Status()
	begins := time.Unix(0, s.begins.Load())
	if within, _ := s.until(s.now()); !within {
		begins = s.now()
	}
	if begins.After(status.Confirmed) && s.text != "" {
		status.Confirmed = begins
	}
	return status
}
