package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestWorksMeasureTheRealProgram does all works, at a small share of their sizes.
func TestWorksMeasureTheRealProgram(t *testing.T) {
	b, err := newBench(t.Context(), t.TempDir(), "", 1.0/1000, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	b.peers = nil // they are not ours to test
	b.idleFor = time.Second
	t.Run("all", func(t *testing.T) {
		b.runs = 1
		var chosen []work
		for _, w := range works {
			if w.key != "resume" && !strings.HasPrefix(w.key, "proxy") { // see below
				chosen = append(chosen, w)
			}
		}
		lines, err := b.all(t.Context(), chosen)
		if err != nil {
			t.Fatal(err)
		}
		programs := map[string]int{}
		for _, n := range lines {
			programs[n.program]++
			if n.wall <= 0 || n.runs != 1 || n.cpu <= 0 {
				t.Errorf("%+v", n)
			}
		}
		if diff := cmp.Diff(map[string]int{"floor": 22, "uploader copy": 28, "uploader copy, without": 2, "uploader copy, names free": 1, "uploader watch": 1, "uploader copy --manifest sha256": 1, "inbox fetch": 2, "inbox verify": 2, "inbox verify --deep": 2, "verify, of the files here": 2}, programs); diff != "" {
			t.Errorf("lines by program (-want +got):\n%s", diff)
		}
	})
	t.Run("proxy", func(t *testing.T) {
		if _, err := exec.LookPath("squid"); err != nil {
			t.Skip("no squid")
		}
		b.runs = 1
		chosen, err := choose("proxy,proxysmall")
		if err != nil {
			t.Fatal(err)
		}
		lines, err := b.all(t.Context(), chosen)
		if err != nil || len(lines) != 4 {
			t.Errorf("%v, %+v", err, lines)
		}
	})
	t.Run("resume", func(t *testing.T) {
		b.runs, b.scale = 1, 1.0/16
		// Slow enough to be killed in its middle, and of many more blocks than are under way at once.
		w := work{
			title: "256 MiB", data: "4g", conditions: conditions{rate: 128 * mib},
			do: (*bench).resume,
		}
		lines, err := b.all(t.Context(), []work{w})
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) != 2 || lines[1].sent <= 0 || lines[1].sent >= 256 ||
			!strings.Contains(lines[1].note, "were left") {
			t.Errorf("%+v", lines)
		}
	})
	left, err := filepath.Glob(filepath.Join(b.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if path != b.program && filepath.Ext(path) != ".pem" {
			t.Errorf("%s was left behind", path)
		}
	}
	b.remove()
	if _, err := os.Stat(b.dir); !os.IsNotExist(err) {
		t.Errorf("%s was left behind", b.dir)
	}
}

// TestWhatIsMissingIsFound: a program that says that all is well, and has sent nothing, ends the
// run.
func TestWhatIsMissingIsFound(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{
		self: self, dir: t.TempDir(), scale: 1, progress: t.Output(),
		expected: map[string]summary{},
	}
	idle := program{
		name:    "idle",
		command: func(job) command { return command{name: self, args: []string{"-test.run=^$"}} },
	}
	w := work{title: "one", data: "one"}
	if err := b.ready(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	err = b.withSink(t.Context(), false, conditions{}, func(s *startedSink) error {
		peer := &lane{program: idle, sink: s, peer: true, runs: 2}
		if err := b.inTurns(t.Context(), w, []*lane{peer}); err != nil || peer.fail == nil ||
			len(peer.got) > 0 {
			t.Errorf("of a peer: %v, %v", err, peer.fail)
		}
		return b.inTurns(t.Context(), w, []*lane{{program: idle, sink: s, runs: 1}})
	})
	if err == nil || !strings.Contains(err.Error(), "0 blobs") {
		t.Errorf("got %v", err)
	}
}

func TestAProcessThatFailsIsQuoted(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	u, err := command{name: self, args: []string{"floor", "only one argument"}}.run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "want SOURCE and INBOX") || u.wall <= 0 {
		t.Errorf("%+v, %v", u, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (command{name: self, args: []string{"floor"}}).run(ctx); err == nil {
		t.Error("a run that was cancelled succeeded")
	}
}

func TestRowsAreChosenInTheTablesOrder(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
		bad  bool
	}{
		{"", keys(), false},
		{"one,4g", []string{"4g", "one"}, false},
		{"far small", []string{"small", "far"}, false},
		{"4g,other", nil, true},
	} {
		got, err := choose(c.text)
		var chosen []string
		for _, w := range got {
			chosen = append(chosen, w.key)
		}
		if (err != nil) != c.bad || !c.bad && cmp.Diff(c.want, chosen) != "" {
			t.Errorf("%q: %v, %v", c.text, chosen, err)
		}
	}
	for _, args := range [][]string{{"-rows", "other"}, {"word"}, {"-scale", "2"}, {"-nothing"}} {
		if err := run(t.Context(), args, nil, &bytes.Buffer{}, &bytes.Buffer{}); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
}

func TestSizesFitTheDisk(t *testing.T) {
	for free, want := range map[int64]float64{0: 1, 100 * gib: 1, 9 * gib: 1, 8 * gib: 0.5, 3 * gib: 0.25, 1 << 20: 1.0 / 64} {
		if got := scaleFor(free); got != want {
			t.Errorf("%d bytes free: scale %v, want %v", free, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	of := func(wall, cpu time.Duration, mb int64) sample {
		return sample{usage{wall: wall, cpu: cpu, memory: mb * 1e6}, report{Received: 5e6}}
	}
	w := work{title: "something", wanted: wanted{wall: 1.5, cpu: 2, memory: 50}}
	lanes := []*lane{
		{
			program: program{name: "floor"},
			got: []sample{
				of(3*time.Second, 2*time.Second, 9), of(time.Second, time.Second, 10),
				of(2*time.Second, 3*time.Second, 11),
			},
		},
		{
			program: program{name: "uploader copy"},
			got: []sample{
				of(2*time.Second, 5*time.Second, 60), of(4*time.Second, 5*time.Second, 40),
			},
		},
		{
			program: program{name: "AzCopy"}, peer: true,
			got: []sample{of(8*time.Second, time.Second, 500)},
		},
		{program: program{name: "rclone"}, peer: true, fail: context.Canceled},
		{program: program{name: "other"}, peer: true},
	}
	var out bytes.Buffer
	if err := printTable(&out, &bench{scale: 0.5, peers: []program{{version: "azcopy 1"}}},
		linesOf(w, lanes)); err != nil {
		t.Fatal(err)
	}
	head, table, _ := strings.Cut(out.String(), "\n\n")
	if !strings.HasSuffix(head, "; azcopy 1; sizes and numbers of files are 0.5 of those named") {
		t.Errorf("head: %s", head)
	}
	want := `| work | program | runs | wall s | × | processor s | × | peak MB | sent MB | wanted (**not reached**), notes |
|---|---|---|---|---|---|---|---|---|---|
| something | floor | 3 | 2.000 |  | 2.00 |  | 10 | 5.0 |  |
|  | uploader copy | 2 | 3.000 | 1.50 | 5.00 | 2.50 | 50 | 5.0 | ≤ 1.50 ×, **≤ 2.00 × processor**, ≤ 50 MB |
|  | AzCopy | 1 | 8.000 | 4.00 | 1.00 | 0.50 | 500 | 5.0 |  |
|  | rclone | 0 | 0.000 |  | 0.00 |  | 0 | 0.0 | did not deliver everything |
`
	if diff := cmp.Diff(want, table); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}
