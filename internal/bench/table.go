package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"
)

// line is one of the table: medians of a lane's runs, and how they compare with the first lane's.
type line struct {
	work, program string
	runs          int
	wall, cpu     float64 // seconds
	wallRatio     float64 // to the first lane of the work; 0: it is the first
	cpuRatio      float64
	memory        float64 // MB, of a million bytes
	sent          float64 // MB
	wanted        wanted
	note          string
}

func linesOf(w work, lanes []*lane) (lines []line) {
	for i, l := range lanes {
		n := line{work: w.title, program: l.name, runs: len(l.got)}
		of := func(value func(sample) float64) float64 {
			values := make([]float64, len(l.got))
			for i, s := range l.got {
				values[i] = value(s)
			}
			return median(values)
		}
		n.wall = of(func(s sample) float64 { return s.wall.Seconds() })
		n.cpu = of(func(s sample) float64 { return s.cpu.Seconds() })
		n.memory = of(func(s sample) float64 { return float64(s.memory) / 1e6 })
		n.sent = of(func(s sample) float64 { return float64(s.Received) / 1e6 })
		if i > 0 && n.runs > 0 && lines[0].wall > 0 && lines[0].cpu > 0 {
			n.wallRatio, n.cpuRatio = n.wall/lines[0].wall, n.cpu/lines[0].cpu
		}
		if l.fail != nil {
			n.note = "did not deliver everything"
		}
		if i == len(lanes)-1 || l.name == "uploader copy" {
			n.wanted = w.wanted
		}
		if l.peer {
			n.wanted = wanted{}
		} else if n.runs == 0 {
			continue
		}
		if n.runs > 0 || l.fail != nil {
			lines = append(lines, n)
		}
	}
	return lines
}

// median returns the middle value, or the mean of the two in the middle; 0 of nothing.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// verdict says what is wanted of a line, with a mark where it is not reached.
func (n line) verdict() string {
	var parts []string
	add := func(text string, reached bool) {
		if !reached {
			text = "**" + text + "**"
		}
		parts = append(parts, text)
	}
	if w := n.wanted; n.runs > 0 {
		if w.wall > 0 {
			add(fmt.Sprintf("≤ %.2f ×", w.wall), n.wallRatio <= w.wall)
		}
		if w.seconds > 0 {
			add("≤ "+w.seconds.String(), n.wall <= w.seconds.Seconds())
		}
		if w.cpu > 0 {
			add(fmt.Sprintf("≤ %.2f × processor", w.cpu), n.cpuRatio <= w.cpu)
		}
		if w.memory > 0 {
			add(fmt.Sprintf("≤ %.0f MB", w.memory), n.memory <= w.memory)
		}
	}
	return strings.Join(append(parts, cmp.Or(n.note, "")), ", ")
}

// printTable writes the table in Markdown, with the machine and the day.
func printTable(w io.Writer, b *bench, lines []line) error {
	if len(lines) == 0 {
		return nil
	}
	var t strings.Builder
	fmt.Fprintf(&t, "%s/%s, %d cores, %s, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(),
		runtime.Version(), time.Now().Format("2 January 2006"))
	for _, p := range b.peers {
		fmt.Fprintf(&t, "; %s", p.version)
	}
	if b.scale != 1 {
		fmt.Fprintf(&t, "; sizes and numbers of files are %g of those named", b.scale)
	}
	t.WriteString("\n\n| work | program | runs | wall s | × | processor s | × | peak MB | sent " +
		"MB | wanted (**not reached**), notes |\n")
	t.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	last := ""
	for _, n := range lines {
		title := n.work
		if title == last {
			title = ""
		}
		last = n.work
		fmt.Fprintf(
			&t,
			"| %s | %s | %d | %.3f | %s | %.2f | %s | %.0f | %.1f | %s |\n",
			title,
			n.program,
			n.runs,
			n.wall,
			ratio(n.wallRatio),
			n.cpu,
			ratio(n.cpuRatio),
			n.memory,
			n.sent,
			strings.TrimSuffix(n.verdict(), ", "),
		)
	}
	_, err := io.WriteString(w, t.String())
	return err
}

func ratio(r float64) string {
	if r == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", r)
}
