package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// bench is one run of the comparison.
type bench struct {
	self     string // this program
	program  string // the uploader that is measured
	dir      string // of its own, removed at the end
	scale    float64
	runs     int // 0: each work's own
	peerRuns int
	peers    []program
	progress io.Writer
	expected map[string]summary // of the data sets that are made
	rest     time.Duration      // how long data is left alone before it is sent
	idleFor  time.Duration      // how long a watch is looked at that has nothing to do
}

// newBench creates a folder, and builds the uploader unless it is given one. The caller calls
// remove.
func newBench(
	ctx context.Context, dir, program string, scale float64, progress io.Writer,
) (*bench, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if dir, err = os.MkdirTemp(dir, "uploader-bench-"); err != nil {
		return nil, err
	}
	b := &bench{
		self: self, program: program, dir: dir, scale: scale, peers: peersOnPath(ctx),
		progress: progress, expected: map[string]summary{}, idleFor: time.Minute,
	}
	if b.scale == 0 {
		b.scale = scaleFor(freeDisk(dir))
	}
	if b.program == "" {
		b.program = filepath.Join(dir, "uploader")
		if runtime.GOOS == "windows" {
			b.program += ".exe"
		}
		b.say("building uploader")
		build := exec.CommandContext(ctx, "go", "build", "-o", b.program,
			"inboxuploader/cmd/uploader")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			b.remove()
			return nil, fmt.Errorf("build uploader: %w\n%s", err, out)
		}
	}
	return b, nil
}

// remove removes everything from the disk.
func (b *bench) remove() {
	if err := os.RemoveAll(b.dir); err != nil {
		b.say("%s could not be removed: %v", b.dir, err)
	}
}

func (b *bench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(b.progress, "bench: "+format+"\n", args...) // for who looks on
}

// scaleFor returns the share of the full sizes that the disk holds twice: 1, or half of it, and so
// on. The largest data set is that of 4 GiB, and no two large ones are there at once.
func scaleFor(free int64) float64 {
	scale := 1.0
	for free > 0 && scale > 1.0/64 && 2*scale*4.5*gib > float64(free) {
		scale /= 2
	}
	return scale
}

// all runs the works one after another. With an error it returns what it had measured until then.
func (b *bench) all(ctx context.Context, chosen []work) (lines []line, err error) {
	for i, w := range chosen {
		if err := b.ready(ctx, w.data); err != nil {
			return lines, err
		}
		got, err := w.do(b, ctx, w)
		if err != nil {
			return lines, fmt.Errorf("%s: %w", w.title, err)
		}
		lines = append(lines, got...)
		if !slices.ContainsFunc(
			chosen[i+1:], func(later work) bool { return later.data == w.data },
		) {
			if err := os.RemoveAll(filepath.Join(b.dir, w.data)); err != nil {
				return lines, err
			}
			delete(b.expected, w.data)
		}
	}
	return lines, nil
}

// ready creates a data set unless it exists.
func (b *bench) ready(ctx context.Context, key string) error {
	if _, have := b.expected[key]; have {
		return nil
	}
	b.say("making data: %s", key)
	data := exec.CommandContext(ctx, b.self, "data", "-scale",
		strconv.FormatFloat(b.scale, 'g', -1, 64), key, b.dir)
	var complaint bytes.Buffer
	data.Stderr = &complaint
	out, err := data.Output()
	if err != nil {
		return fmt.Errorf("make data: %w\n%s", err, complaint.String())
	}
	var s summary
	if err := json.Unmarshal(out, &s); err != nil {
		return fmt.Errorf("make data: %w", err)
	}
	settleDisk()
	b.expected[key] = s
	b.say("leaving it alone for %v", b.rest)
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(b.rest):
		return nil
	}
}

// withSink runs a sink while do runs.
func (b *bench) withSink(
	ctx context.Context, tls bool, c conditions, do func(*startedSink) error,
) error {
	certificates := ""
	if tls {
		certificates = b.dir
	}
	s, err := startSink(ctx, b.self, certificates, c)
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.end())
}

// job returns what a program is to do for a work, with a new folder to keep things in. done removes
// that.
func (b *bench) job(w work, s *startedSink) (j job, done func() error, err error) {
	d, err := dataSetOf(w.data)
	if err != nil {
		return job{}, nil, err
	}
	home, err := os.MkdirTemp(b.dir, "home-")
	if err != nil {
		return job{}, nil, err
	}
	j = job{
		source: d.source(b.dir), sink: s, connections: w.connections, block: w.block, home: home,
	}
	if !d.file {
		j.folder = d.key
	}
	return j, func() error { return os.RemoveAll(home) }, nil
}

// lane is a program with the sink that it sends to.
type lane struct {
	program
	sink *startedSink
	runs int
	peer bool // its failure is shown, and ends nothing

	compared bool // its sink has to have compared checksums
	listed   bool // its program sends a list of hashes, too
	got      []sample
	fail     error // a peer's
}

// sample is one run.
type sample struct {
	usage
	report
}

// once runs a lane's program once, and compares what the sink received with the data set.
func (b *bench) once(ctx context.Context, w work, l *lane) (err error) {
	if err := l.sink.ask(ctx, "POST", "/reset", nil); err != nil {
		return err
	}
	j, done, err := b.job(w, l.sink)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	var s sample
	if s.usage, err = l.command(j).run(ctx); err == nil {
		want := b.expected[w.data]
		if l.listed {
			want.add("SHA256SUMS", listSize(w.data, b.scale))
		}
		s.report, err = l.sink.complete(ctx, want)
	}
	if err == nil && l.compared && s.Compared == 0 {
		err = errors.New("the sink compared no checksum")
	}
	switch {
	case err != nil && l.peer && ctx.Err() == nil:
		l.fail, l.runs = err, 0
		b.say("%s, %s: %v", w.title, l.name, err)
		return nil
	case err != nil:
		return err
	}
	l.got = append(l.got, s)
	b.say("%s, %s: %.3f s", w.title, l.name, s.wall.Seconds())
	return nil
}

// complete returns the sink's report, if it has what it should and none of it was damaged.
func (s *startedSink) complete(ctx context.Context, want summary) (r report, err error) {
	if err := s.ask(ctx, "GET", "/report", &r); err != nil {
		return r, err
	}
	if r.summary != want || r.Damaged > 0 {
		return r, fmt.Errorf("the sink has %d blobs of %d bytes, and should have %d of %d; %d "+
			"bodies came damaged",
			r.Blobs, r.Bytes, want.Blobs, want.Bytes, r.Damaged)
	}
	return r, nil
}

// inTurns runs the lanes in alternating order, so that a temporary disturbance of the machine
// affects all of them.
func (b *bench) inTurns(ctx context.Context, w work, lanes []*lane) error {
	most := 0
	for _, l := range lanes {
		if !l.peer && b.runs > 0 {
			l.runs = b.runs
		}
		most = max(most, l.runs)
	}
	for i := range most {
		for k := range lanes {
			l := lanes[k]
			if i%2 == 1 {
				l = lanes[len(lanes)-1-k]
			}
			if i >= l.runs {
				continue
			}
			if err := b.once(ctx, w, l); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare runs the uploader and the floor twice, in turns: with the peers against a sink that
// accepts everything, which is the same work for all, and against one that compares each checksum.
func (b *bench) compare(ctx context.Context, w work) (lines []line, err error) {
	trusting, checked := w, w
	trusting.conditions.trust, trusting.wanted = true, wanted{}
	checked.title += ", checksums compared"
	err = b.withSink(ctx, w.tls, trusting.conditions, func(takes *startedSink) error {
		return b.withSink(ctx, w.tls, checked.conditions, func(compares *startedSink) error {
			all := []*lane{
				{program: floorProgram(b.self, false), sink: takes, runs: w.runs},
				{program: uploaderProgram(b.program), sink: takes, runs: w.runs},
				{program: floorProgram(b.self, true), sink: compares, runs: w.runs, compared: true},
				{program: uploaderProgram(b.program), sink: compares, runs: w.runs, compared: true},
			}
			alike, verified := slices.Clone(all[:2]), all[2:]
			for _, p := range b.peers {
				peer := &lane{program: p, sink: takes, runs: b.peerRuns, peer: true}
				alike, all = append(alike, peer), append(all, peer)
			}
			err := b.inTurns(ctx, w, all)
			lines = append(linesOf(trusting, alike), linesOf(checked, verified)...)
			return err
		})
	})
	return lines, err
}

// withFaults compares the uploader against a sink that refuses requests with one that does not.
func (b *bench) withFaults(ctx context.Context, w work) (lines []line, err error) {
	err = b.withSink(ctx, w.tls, conditions{}, func(plain *startedSink) error {
		return b.withSink(ctx, w.tls, w.conditions, func(faulty *startedSink) error {
			quiet := uploaderProgram(b.program)
			quiet.name += ", without"
			lanes := []*lane{
				{program: quiet, sink: plain, runs: w.runs},
				{program: uploaderProgram(b.program), sink: faulty, runs: w.runs},
			}
			err := b.inTurns(ctx, w, lanes)
			lines = linesOf(w, lanes)
			return err
		})
	})
	return lines, err
}

// pollEvery is how often to check whether something has happened.
const pollEvery = 2 * time.Millisecond
