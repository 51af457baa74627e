package main

import (
	"context"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader"
	"inboxuploader/uploader/problem"
)

// patience is how long an upload continues without a confirmation from the storage; 0 is forever.
type patience time.Duration

// Set implements pflag.Value.
func (p *patience) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second {
		return &usageError{"--give-up-after takes a time of a second or more, such as 30m or 2h. " +
			"Nothing was sent."}
	}
	*p = patience(d)
	return nil
}

// String implements pflag.Value. It is empty for the default.
func (p *patience) String() string {
	if *p == 0 {
		return ""
	}
	return time.Duration(*p).String()
}

// Type implements pflag.Value.
func (p *patience) Type() string { return "TIME" }

// limit returns a context that ends, with an *uploader.Error as its cause, when the storage has
// confirmed nothing for that long, counted from now or from its last confirmation. The caller calls
// the returned function at the end.
func (p patience) limit(
	ctx context.Context, status func() uploader.Status,
) (context.Context, func()) {
	if p == 0 {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer crash.Catch()
		begun := time.Now()
		for left := time.Duration(p); left > 0; {
			select {
			case <-ctx.Done():
				return
			case <-time.After(left):
			}
			since := begun
			if last := status().Confirmed; last.After(since) {
				since = last
			}
			left = time.Duration(p) - time.Since(since)
		}
		why := problem.New("wait", "", problem.GaveUp)
		why.Value = whyNothing(status())
		cancel(why)
	}()
	return ctx, func() {
		cancel(nil)
		<-done
	}
}

// whyNothing says what holds up an upload; "" if that is unknown.
func whyNothing(s uploader.Status) string {
	if s.Journal != nil {
		return explain(s.Journal).What
	}
	for _, in := range s.Inboxes {
		if in.Trouble != nil {
			return explain(in.Trouble).What
		}
	}
	for _, t := range s.Transfers {
		if t.Away != nil {
			return explain(t.Away).What
		}
	}
	return ""
}
