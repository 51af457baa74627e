package stream

import (
	"context"
	"errors"
	"time"

	"inboxuploader/internal/backoff"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uplink"
)

const (
	// maxCorrupt is how often the same bytes may arrive damaged before the stream fails.
	maxCorrupt = 5
	// troubleInARow is the number of failed requests in a row after which the person is told.
	troubleInARow = 3
)

// block is a part of the data in transit.
type block struct {
	number    int
	data      []byte
	crc       uint64
	saturated bool // no other connection was free
}

// begin waits for a connection.
func (s *Stream) begin(ctx context.Context, b *block) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.state.busy >= s.conns.Limit && ctx.Err() == nil {
		s.freed.Wait()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.state.busy++
	b.saturated = s.state.busy >= s.conns.Limit
	return nil
}

// stage sends a block, or ends the stream if that fails.
func (s *Stream) stage(ctx context.Context, b *block) {
	id := store.BlockID(s.upload, b.number, b.crc)
	body := store.NewBody(b.data, b.crc)
	w := s.takeWatch(ctx)
	_, err := s.insistWith(ctx, w, body, func(ctx context.Context) (ledger.Answer, error) {
		return s.config.Store.PutBlock(ctx, s.data.Blob, id, body)
	})
	s.buffers.Give(b.data)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.busy--
	s.watches = append(s.watches, w)
	if err == nil {
		s.conns.Acknowledged(time.Now(), body.Len(), b.saturated)
	} else {
		s.cancel(err)
	}
	s.freed.Broadcast()
}

// takeWatch returns the watch of an earlier block, which knows how long answers take, or a new one.
func (s *Stream) takeWatch(ctx context.Context) *uplink.Watch {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.watches)
	if n == 0 {
		return uplink.NewWatch(ctx, s.config.NoProgress)
	}
	w := s.watches[n-1]
	s.watches = s.watches[:n-1]
	return w
}

// drain waits until no block is in transit.
func (s *Stream) drain(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.state.busy > 0 && ctx.Err() == nil {
		s.freed.Wait()
	}
	return context.Cause(ctx)
}

// insist retries a request until it succeeds or can't. It counts the body as acknowledged.
func (s *Stream) insist(
	ctx context.Context, body *store.Body, send func(context.Context) (ledger.Answer, error),
) (ledger.Answer, error) {
	w := uplink.NewWatch(ctx, s.config.NoProgress)
	defer w.End()
	return s.insistWith(ctx, w, body, send)
}

func (s *Stream) insistWith(
	ctx context.Context, w *uplink.Watch, body *store.Body,
	send func(context.Context) (ledger.Answer, error),
) (ledger.Answer, error) {
	for tries, damaged, stalls := 0, 0, 0; ; {
		answer, err := s.request(w, stalls, tries > 0, body, send)
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return ledger.Answer{}, context.Cause(ctx)
		}
		e := s.unlessReached(err)
		tries++
		switch {
		case errors.Is(e, problem.ErrBusy):
			if e.Reason == problem.NoProgress {
				stalls++
			}
		case errors.Is(e, problem.ErrCorrupt) && damaged < maxCorrupt:
			damaged++
		default:
			return ledger.Answer{}, e
		}
		wait := max(backoff.After(tries), e.RetryAfter)
		s.failed(e, time.Now().Add(wait))
		select {
		case <-ctx.Done():
			return ledger.Answer{}, context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// unlessReached turns any error into a [*problem.Error]. If a storage has answered before, an error
// that its name does not exist is the network's fault.
func (s *Stream) unlessReached(err error) *problem.Error {
	e, ok := errors.AsType[*problem.Error](err)
	if !ok {
		s.config.Log.Error("unexpected", "error", err)
		return problem.New("send", s.data.Blob, problem.Unexpected)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Reason == problem.AccountGone && e.Status == 0 && s.state.reached {
		down := problem.New(e.Op, e.Path, problem.NetworkDown)
		down.Cause = e.Cause
		return down
	}
	return e
}

// request makes one request and counts it.
func (s *Stream) request(
	w *uplink.Watch, stalls int, again bool, body *store.Body,
	send func(context.Context) (ledger.Answer, error),
) (ledger.Answer, error) {
	ctx := w.Begin(stalls)
	defer w.Pause()
	var size int64
	if body != nil {
		size = body.Len()
		body.SetPace(func(n int) error {
			if err := s.limit.Wait(ctx, w, n); err != nil {
				return err
			}
			s.onWay.Add(int64(n))
			s.flow.Hand(int64(n), w.Resume(n), size)
			return nil
		})
	}
	s.mu.Lock()
	s.flow.Begin()
	s.mu.Unlock()
	begun := time.Now()
	answer, err := send(ctx)
	now := time.Now()
	handed := w.Taken()
	sent := handed
	e, _ := errors.AsType[*problem.Error](err)
	if e != nil && e.Status == 0 && !e.Unanswered && sent == size {
		sent = 0 // the store took the bytes but never got to send them
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.flow.End()
	st := &s.state
	s.onWay.Add(-handed)
	st.requests++
	st.sent += sent
	if again {
		st.retries++
		st.resent += sent
	}
	date := answer.Date
	if e != nil {
		date = e.Date
	}
	if !date.IsZero() {
		st.clockAhead, st.clockKnown = now.Sub(date), true
	}
	if err == nil || e != nil && e.Status != 0 {
		st.reached = true
		if !errors.Is(err, problem.ErrBusy) {
			st.failures = 0
		}
	}
	if err == nil {
		w.Answered()
		s.flow.Confirmed(now, handed, size)
		st.done += size
		st.confirmed = now
		st.checked = st.checked && (body == nil || answer.Checked)
		return answer, nil
	}
	s.flow.Lost(now, handed, size)
	if problem.WantsFewer(err) {
		s.conns.Busy()
	}
	s.config.Log.Debug("request", "blob", s.data.Blob, "took", now.Sub(begun), "error", err)
	return answer, err
}
