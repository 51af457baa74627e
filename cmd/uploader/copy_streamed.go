package main

import (
	"context"
	"errors"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/receipt"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/stream"
)

// streamRun is the upload of one stream. It describes progress and outcome as a queue with one file
// would.
type streamRun struct {
	*delivery
	data   *streamFlags
	name   scan.Name // in the inbox
	stream *stream.Stream
}

// run sends the stream and reports the outcome.
func (s *streamRun) run(ctx context.Context) error {
	status := func() uploader.Status { return s.status(s.stream.Status(), ledger.Active) }
	waiting, end := s.flags.giveUp.limit(ctx, status)
	var result stream.Result
	err := s.program.watch(waiting, &watched{
		to: s.to, status: status, object: s.progress(), words: streamParts,
		wait: func(ctx context.Context) (err error) {
			result, err = s.stream.Send(ctx)
			return err
		},
	})
	cut := waiting.Err() != nil
	end()
	job := s.job(result, err)
	o := outcome{
		token: s.token, to: s.to, took: s.program.now().Sub(s.begun), unkept: true,
		status: s.status(s.stream.Status(), job.State),
	}
	if err != nil && cut || problem.ConcernsToken(err) {
		o.stopped = whyStopped(err)
	}
	if job.State != ledger.Delivered {
		o.problems = []ledger.Job{job}
	}
	o.noteCopy(job)
	o.judge()
	if exists(s.logPath) {
		o.log = s.logPath
	}
	o.clock = clockWords(o.status.Inboxes[0].ClockAhead.Round(time.Minute))
	t := &o.status.Transfers[0]
	t.Checks = ledger.ChecksNotAll
	if result.Checked {
		t.Checks = ledger.ChecksAll
	}
	return s.tell(&o, s.saveReceipt(ctx, t.Transfer, job))
}

// whyStopped returns why a stream ended early, with the reason that fits a stream.
func whyStopped(err error) error {
	e, ok := errors.AsType[*problem.Error](err)
	if !ok || e.Reason != problem.GaveUp {
		return err
	}
	of := problem.New(e.Op, e.Path, problem.StreamGaveUp)
	of.Value = e.Value
	return of
}

// job describes the stream as a file. err is what Send returned.
func (s *streamRun) job(result stream.Result, err error) ledger.Job {
	st := s.stream.Status()
	j := ledger.Job{
		Source: s.data.name, Blob: s.name.Blob, Size: st.Read, Done: st.Done,
		State: ledger.Delivered, CRC64: result.CRC64, Answer: result.Answer,
	}
	if err == nil {
		if result.Blob != j.Blob {
			j.Blob, j.Copy = result.Blob, 2 // or more
		}
		return j
	}
	e, ok := errors.AsType[*problem.Error](err)
	switch {
	case result.Unsure:
		j.State, j.Problem = ledger.Attention, problem.New("commit", j.Blob, problem.AlreadyThereByUs)
	case !ok, errors.Is(e, problem.ErrGaveUp), problem.ConcernsToken(e):
		j.State, j.Problem = ledger.Failed, problem.New("send", j.Blob, problem.StreamCut)
	case e.Reason == problem.AlreadyThere:
		j.State, j.Problem = ledger.LeftAlone, e
	case errors.Is(e, problem.ErrExists):
		j.State, j.Problem = ledger.Attention, e
	default:
		j.State, j.Problem = ledger.Failed, e
	}
	return j
}

// status describes the stream's progress; state is that of its one file.
func (s *streamRun) status(st stream.Status, state ledger.JobState) uploader.Status {
	in := s.token.Inbox
	size := st.Read
	if state == ledger.Active {
		size = max(size, s.data.size.bytes)
	}
	t := ledger.TransferStatus{
		Transfer: ledger.Transfer{
			ID: 1, Inbox: in.Key(), Created: s.begun, Scanned: true,
			Options: ledger.AddOptions{Scan: scan.Options{Inbox: in}},
		},
		Done: st.Done,
	}
	t.Files[state], t.Bytes[state] = 1, size
	t.Note(&scan.Found{Source: s.data.name, Blob: s.name})
	return uploader.Status{
		Scanning: state == ledger.Active && !st.Ended && s.data.size.bytes == 0,
		Files:    t.Files, Bytes: t.Bytes, BytesDone: st.Done, BytesOnWay: st.OnWay,
		BytesSent: st.Sent, BytesResent: st.Resent, Requests: st.Requests, Retries: st.Retries,
		Confirmed: st.Confirmed, Speed: st.Speed, Left: st.Left, Busy: st.Busy,
		Connections: st.Connections,
		Transfers:   []ledger.TransferStatus{t},
		Inboxes: []uploader.InboxStatus{{
			Inbox: in.Key(), Token: s.token, Unfinished: 1, Trouble: st.Trouble, Until: st.Until,
			Speed: st.Speed, ClockAhead: st.ClockAhead, ClockKnown: st.ClockKnown,
		}},
	}
}

// streamParts is progressParts for a stream: a single file, perhaps of unknown length.
func streamParts(s uploader.Status, now time.Time) []string {
	parts := progressParts(s, now)[1:]
	if s.Scanning {
		parts[0] += " read so far"
	}
	return parts
}

// saveReceipt writes the receipt, if --receipt asks for one.
func (s *streamRun) saveReceipt(ctx context.Context, t ledger.Transfer, j ledger.Job) error {
	if s.flags.receipt == "" {
		return nil
	}
	return receipt.Save(context.WithoutCancel(ctx), s.flags.receipt, s.token.Inbox,
		func(_ context.Context, visit func(ledger.Transfer, ledger.Job) error) error {
			return visit(t, j) // a receipt names only what was delivered
		}, receipt.By(version(), s.program.now()))
}
