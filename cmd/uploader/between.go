package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/hours"
)

// hoursFlag is --between, the hours of the day in which to send.
type hoursFlag struct{ hours.Hours }

// Set implements pflag.Value.
func (f *hoursFlag) Set(text string) error {
	h, err := hours.Parse(text)
	if err != nil || h.Whole() {
		return wanted("two times of the day such as 18:00-06:00")
	}
	f.Hours = h
	return nil
}

// Type implements pflag.Value.
func (f *hoursFlag) Type() string { return "HOURS" }

// waitsWords says when sending starts again.
func waitsWords(until time.Time) string {
	return "Waiting until " + until.Format("15:04 on 2 January") + " to send."
}

// shift keeps an upload to its hours.
type shift struct {
	hours.Hours
	now    func() time.Time
	begins atomic.Int64 // when it last began to send, in nanoseconds
}

// errClosing ends a wait for the queue when the hours are over.
var errClosing = errors.New("the hours are over")

// await blocks until the hours begin.
func (s *shift) await(ctx context.Context) error {
	for {
		within, change := s.Until(s.now())
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

// wait is q.Wait, except that nothing new starts outside the hours. What is in transit is finished.
func (s *shift) wait(ctx context.Context, q *uploader.Queue) error {
	for {
		within, change := s.Until(s.now())
		switch {
		case !within:
			err := s.Keep(q, s.now())
			if err == nil {
				err = s.await(ctx)
			}
			if err == nil {
				err = s.Keep(q, s.now())
			}
			if err != nil {
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

// status is the queue's status as [patience] reads it: time outside the hours does not count.
func (s *shift) status(q *uploader.Queue) uploader.Status {
	status := q.Status()
	begins := time.Unix(0, s.begins.Load())
	if within, _ := s.Until(s.now()); !within {
		begins = s.now()
	}
	if begins.After(status.Confirmed) && !s.Whole() {
		status.Confirmed = begins
	}
	return status
}
