package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
)

// forNothing is the share of the bytes, in percent, that may go out for nothing.
const forNothing = 1

// there sends files into an empty inbox, and once more with a list that knows nothing of that: all
// names are taken.
func (b *bench) there(ctx context.Context, w work) (lines []line, err error) {
	err = b.withSink(ctx, w.tls, w.conditions, func(s *startedSink) error {
		runs := w.runs
		if b.runs > 0 {
			runs = b.runs
		}
		free := &lane{program: uploaderProgram(b.program), sink: s}
		free.name += ", names free"
		taken := &lane{program: uploaderProgram(b.program), sink: s}
		var wasted []float64
		for range runs {
			if err := b.once(ctx, w, free); err != nil {
				return err
			}
			got, err := b.again(ctx, w, taken, free.got[len(free.got)-1].report)
			if err != nil {
				return err
			}
			taken.got = append(taken.got, got)
			wasted = append(wasted, 100*float64(got.Received)/float64(b.expected[w.data].Bytes))
		}
		lines = linesOf(w, []*lane{free, taken})
		lines[1].note = fmt.Sprintf("%.2f %% of the bytes sent for nothing (wanted: ≤ %d)",
			median(wasted), forNothing)
		return nil
	})
	return lines, err
}

// again runs a lane's program with a new list before a sink that has all of its files already, as
// said by before. It then ends with 1, since it delivers nothing. The result counts what came
// since.
func (b *bench) again(ctx context.Context, w work, l *lane, before report) (s sample, err error) {
	j, done, err := b.job(w, l.sink)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, done()) }()
	s.usage, err = l.command(j).run(ctx)
	if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		return s, errors.Join(err, errors.New("files that are there were not left alone"))
	}
	s.report, err = l.sink.complete(ctx, b.expected[w.data])
	s.Received -= before.Received
	s.Requests -= before.Requests
	b.say("%s: %.3f s, %d requests, %d bytes", w.title, s.wall.Seconds(), s.Requests, s.Received)
	return s, err
}
