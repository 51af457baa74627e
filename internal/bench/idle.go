package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// How "uploader watch" is measured over files that it has nothing to do with.
const (
	// idleShare is how much of a core a watch may take between two looks at everything, in percent.
	idleShare = 1
	// restShare and restFor say when the first look at everything is through: for so long the program
	// has taken less than that share of a core.
	restShare = 0.01
	restFor   = 3 * time.Second
	// clockTicks are those of the system's clock a second, on every Linux.
	clockTicks = 100
)

// idle delivers files, and then watches their folder: what its first look at everything takes, and
// what the program takes afterwards, while nothing happens.
func (b *bench) idle(ctx context.Context, w work) (lines []line, err error) {
	err = b.withSink(ctx, w.tls, w.conditions, func(s *startedSink) (err error) {
		j, done, err := b.job(w, s)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, done()) }()
		if _, err := uploaderProgram(b.program).command(j).run(ctx); err != nil {
			return err
		}
		if _, err := s.complete(ctx, b.expected[w.data]); err != nil {
			return err
		}
		l := &lane{program: program{name: "uploader watch"}, sink: s}
		got, share, err := b.watch(ctx, w, j)
		if err != nil {
			return err
		}
		l.got = []sample{got}
		lines = linesOf(w, []*lane{l})
		text := fmt.Sprintf("%.2f %% of a core for %v between two looks (wanted: < %d)", share,
			b.idleFor, idleShare)
		if share >= idleShare {
			text = "**" + text + "**"
		}
		lines[0].note = "wall and processor: the first look; " + text
		return nil
	})
	return lines, err
}

// watch runs a watch until it has been idle for long enough. The sample is that of its first look,
// except for the peak of memory, which covers the whole run. share is how much of a core it took
// afterwards, in percent. watch fails if a new file is not sent then.
func (b *bench) watch(ctx context.Context, w work, j job) (s sample, share float64, err error) {
	r, err := command{
		name: b.program, args: []string{"watch", j.source, "--settle", "1s"}, env: uploaderEnv(j),
	}.start(ctx)
	if err != nil {
		return s, 0, err
	}
	ended := false
	defer func() {
		if !ended {
			_, kerr := r.kill()
			err = errors.Join(err, kerr)
		}
	}()
	look, err := b.untilAtRest(ctx, r)
	if err != nil {
		return s, 0, err
	}
	from := time.Now()
	if err := sleep(ctx, b.idleFor); err != nil {
		return s, 0, err
	}
	after, err := processorOf(r.process.Process.Pid)
	if err != nil {
		return s, 0, err
	}
	share = 100 * float64(after-look.cpu) / float64(time.Since(from))
	if err := b.sendsNew(ctx, w, j); err != nil {
		return s, 0, err
	}
	ended = true
	if err := r.process.Process.Signal(os.Interrupt); err != nil {
		return s, 0, err
	}
	all, err := r.wait()
	look.memory = all.memory
	s.usage = look
	b.say("%s: %.3f s for the first look, then %.2f %% of a core", w.title, s.wall.Seconds(), share)
	return s, share, err
}

// untilAtRest waits until a process takes nothing any more, and returns what it took until then.
func (b *bench) untilAtRest(ctx context.Context, r *running) (u usage, err error) {
	const every = 100 * time.Millisecond
	u.begun = r.begun
	last := r.begun
	for {
		if err := sleep(ctx, every); err != nil {
			return u, err
		}
		cpu, err := processorOf(r.process.Process.Pid)
		if err != nil {
			return u, err
		}
		now := time.Now()
		if float64(cpu-u.cpu) > restShare*float64(now.Sub(last)) {
			u.cpu, u.wall, last = cpu, now.Sub(r.begun), now
		}
		if now.Sub(last) >= restFor && u.cpu > 0 {
			u.cpu = cpu
			return u, nil
		}
	}
}

// sendsNew adds a file to those that are watched, and waits until the sink has it.
func (b *bench) sendsNew(ctx context.Context, w work, j job) error {
	path := filepath.Join(j.source, "new")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return err
	}
	defer func() { _ = os.Remove(path) }() // all is removed at the end
	for begun := time.Now(); time.Since(begun) < time.Minute; {
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return err
		}
		var now report
		if err := j.sink.ask(ctx, "GET", "/report", &now); err != nil {
			return err
		}
		if now.Blobs == b.expected[w.data].Blobs+1 {
			return nil
		}
	}
	return errors.New("the watch did not send a new file within a minute")
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// processorOf returns how much of the processor a process has taken, user and system, as Linux says
// it.
func processorOf(pid int) (time.Duration, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, fmt.Errorf("a watch is measured on Linux alone: %w", err)
	}
	// Its fields 14 and 15, and the second, which may have spaces, ends in the last parenthesis.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("the system says nothing of a process")
	}
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / clockTicks, nil
}
