package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// killAt is the share of a file's bytes after which the program is killed.
const killAt = 0.65

// resume kills a copy halfway and resumes it. The target is the time for the rest at the speed of
// an uninterrupted copy, plus half a second.
func (b *bench) resume(ctx context.Context, w work) (lines []line, err error) {
	err = b.withSink(ctx, w.tls, w.conditions, func(s *startedSink) error {
		runs := w.runs
		if b.runs > 0 {
			runs = b.runs
		}
		whole := &lane{program: uploaderProgram(b.program), sink: s}
		whole.name += ", whole"
		rest := &lane{program: uploaderProgram(b.program), sink: s}
		rest.name = "uploader resume"
		var late, twice, underWay, left []float64
		for range runs {
			if err := b.once(ctx, w, whole); err != nil {
				return err
			}
			i, err := b.interrupt(ctx, w, s)
			if err != nil {
				return err
			}
			undisturbed := whole.got[len(whole.got)-1].wall.Seconds()
			rest.got = append(rest.got, i.sample)
			left = append(left, i.left)
			late = append(late, i.wall.Seconds()-i.left*undisturbed)
			twice = append(twice, float64(i.Repeated))
			underWay = append(underWay, float64(i.underWay))
		}
		lines = linesOf(w, []*lane{whole, rest})
		lines[1].wallRatio, lines[1].cpuRatio = 0, 0 // they do not do the same
		lines[1].note = fmt.Sprintf("%.0f %% were left: that time + %.2f s (wanted: ≤ 0.5); "+
			"blocks sent twice: %.0f, under way at once: %.0f",
			100*median(left), median(late), median(twice), median(underWay))
		return nil
	})
	return lines, err
}

// interrupted is a run that went on after an earlier one had been killed.
type interrupted struct {
	sample
	left     float64 // share of the bytes that the sink did not have
	underWay int64   // requests at once, at most, until the program was killed
}

func (b *bench) interrupt(ctx context.Context, w work, s *startedSink) (i interrupted, err error) {
	if err := s.ask(ctx, "POST", "/reset", nil); err != nil {
		return i, err
	}
	j, done, err := b.job(w, s)
	if err != nil {
		return i, err
	}
	defer func() { err = errors.Join(err, done()) }()
	want := b.expected[w.data]
	r, err := uploaderProgram(b.program).command(j).start(ctx)
	if err != nil {
		return i, err
	}
	var before report
	err = until(ctx, pollEvery, func() (bool, error) {
		err := s.ask(ctx, "GET", "/report", &before)
		i.underWay = max(i.underWay, before.UnderWay)
		if before.Blobs > 0 {
			err = errors.Join(err, errors.New("it was through before it could be killed"))
		}
		return float64(before.Staged) >= killAt*float64(want.Bytes), err
	})
	if _, kerr := r.kill(); err != nil || kerr != nil {
		return i, errors.Join(err, kerr)
	}
	err = until(ctx, pollEvery, func() (bool, error) { // what had left still arrives
		err := s.ask(ctx, "GET", "/report", &before)
		return before.UnderWay == 0, err
	})
	if err != nil {
		return i, err
	}
	i.left = 1 - float64(before.Staged)/float64(want.Bytes)
	resume := command{name: b.program, args: []string{"resume", "--json"}, env: uploaderEnv(j)}
	if i.usage, err = resume.run(ctx); err != nil {
		return i, err
	}
	i.report, err = s.complete(ctx, want)
	i.Received -= before.Received
	b.say("%s: resumed in %.3f s, %.0f %% were left", w.title, i.wall.Seconds(), 100*i.left)
	return i, err
}

// until asks again and again, for the first time after a while, until the answer is yes.
func until(ctx context.Context, every time.Duration, ask func() (bool, error)) error {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.C:
		}
		if yes, err := ask(); yes || err != nil {
			return err
		}
	}
}

// scan gives the uploader a million files, and ends it when it has found all of them and begun to
// send: how long until the first request came, and how much memory it took meanwhile.
func (b *bench) scan(ctx context.Context, w work) (lines []line, err error) {
	err = b.withSink(ctx, false, conditions{}, func(s *startedSink) (err error) {
		j, done, err := b.job(w, s)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, done()) }()
		l := &lane{program: uploaderProgram(b.program), sink: s}
		r, err := l.command(j).start(ctx)
		if err != nil {
			return err
		}
		var found time.Duration
		var got sample
		err = until(ctx, time.Second, func() (bool, error) {
			scanned, err := b.scanned(ctx, j)
			if found == 0 && scanned {
				found = time.Since(r.begun)
			}
			if err == nil {
				err = s.ask(ctx, "GET", "/report", &got.report)
			}
			return scanned && got.First > 0, err
		})
		var kerr error
		got.usage, kerr = r.kill()
		if err := errors.Join(err, kerr, s.ask(ctx, "GET", "/report", &got.report)); err != nil {
			return err
		}
		got.wall = time.Unix(0, got.First).Sub(got.begun)
		l.got = append(l.got, got)
		lines = linesOf(w, []*lane{l})
		lines[0].note = fmt.Sprintf("all found after %.0f s, while %d were delivered",
			found.Seconds(), got.Blobs)
		return nil
	})
	return lines, err
}

// scanned asks whether the copy under way has found all of its files.
func (b *bench) scanned(ctx context.Context, j job) (bool, error) {
	status := exec.CommandContext(ctx, b.program, "status", "--json", "--state-dir", j.home)
	out, err := status.Output()
	if err != nil {
		return false, fmt.Errorf("uploader status: %w", err)
	}
	var s struct {
		Transfers []struct {
			Scanned bool `json:"scanned"`
		} `json:"transfers"`
	}
	if err := json.Unmarshal(out, &s); err != nil {
		return false, fmt.Errorf("uploader status: %w", err)
	}
	return len(s.Transfers) == 1 && s.Transfers[0].Scanned, nil
}
