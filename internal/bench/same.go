package main

import (
	"context"
	"errors"
	"fmt"
)

// same delivers files, and then measures the same command again: the list knows all of them, so
// nothing is asked and nothing is sent.
func (b *bench) same(ctx context.Context, w work) (lines []line, err error) {
	err = b.withSink(ctx, w.tls, w.conditions, func(s *startedSink) error {
		runs := w.runs
		if b.runs > 0 {
			runs = b.runs
		}
		l := &lane{program: uploaderProgram(b.program), sink: s}
		for range runs {
			got, err := b.repeat(ctx, w, l)
			if err != nil {
				return err
			}
			l.got = append(l.got, got)
		}
		lines = linesOf(w, []*lane{l})
		lines[0].note = "the second of two runs, which made no request"
		return nil
	})
	return lines, err
}

// repeat runs a lane's program twice with one list, and returns the second run. It fails where that
// made a request.
func (b *bench) repeat(ctx context.Context, w work, l *lane) (s sample, err error) {
	if err := l.sink.ask(ctx, "POST", "/reset", nil); err != nil {
		return s, err
	}
	j, done, err := b.job(w, l.sink)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, done()) }()
	if _, err := l.command(j).run(ctx); err != nil {
		return s, err
	}
	before, err := l.sink.complete(ctx, b.expected[w.data])
	if err != nil {
		return s, err
	}
	if s.usage, err = l.command(j).run(ctx); err != nil {
		return s, err
	}
	if s.report, err = l.sink.complete(ctx, b.expected[w.data]); err != nil {
		return s, err
	}
	if n := s.Requests - before.Requests; n != 0 {
		return s, fmt.Errorf("the same line again made %d requests", n)
	}
	s.Received, s.Requests = 0, 0
	b.say("%s: %.3f s, no request", w.title, s.wall.Seconds())
	return s, nil
}
