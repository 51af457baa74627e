// Command bench compares "uploader copy" with the least that a client can do, and with AzCopy and
// rclone where they are on the PATH. "make bench" runs it.
//
// It creates its own data, starts sinks that accept Block Blob requests and keep nothing, and runs
// the programs against them in turns, each as a process of its own: the floor (a client that only
// sends), uploader with its journal on disk, and the peers. The sink that all of them share
// compares nothing, and the floor makes no checksums for it, as the peers don't. The other sink
// compares each checksum. Against it run those that send one: the floor, with checksums, and
// uploader.
//
// It prints one table in Markdown with medians, ratios to the first program of each work, and the
// targets. At the end it removes everything that it created on the disk.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// restOfData is how long data is left alone before it is sent: until uploader takes it for data at
// rest, which it reads once only. The time of a last change can't be set back.
const restOfData = 2*time.Minute + 5*time.Second

// roles are what the program starts of itself, as processes whose use of the processor and of
// memory is their own.
var roles = map[string]func(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error{
	"sink":  sinkRole,
	"floor": floorRole,
	"data":  dataRole,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		if role := roles[args[0]]; role != nil {
			return role(ctx, args[1:], stdin, stdout)
		}
	}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	rows := f.String("rows", "",
		"the works to do, with commas between them (default: all): "+strings.Join(keys(), " "))
	dir := f.String("dir", "", "where the data is made; needs up to 6 GB (default: the folder for "+
		"temporary files)")
	runs := f.Int("runs", 0, "how often floor and uploader run in turns (default: 3 to 11, by the "+
		"work)")
	peers := f.Int("peers", 1, "how often AzCopy and rclone run; 0: not at all")
	program := f.String("uploader", "", "measure this program (default: the one that is built "+
		"from the source)")
	rest := f.Duration("rest", restOfData, "how long data is left alone before it is sent")
	scale := f.Float64("scale", 0, "share of the full sizes, above 0 to 1 (default: what half of "+
		"the free disk holds)")
	if err := f.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(*rows)
	switch {
	case err != nil:
		return err
	case f.NArg() > 0:
		return fmt.Errorf("there is no %q; see -help", f.Arg(0))
	case *scale < 0 || *scale > 1:
		return errors.New("-scale must be above 0 and at most 1")
	}
	b, err := newBench(ctx, *dir, *program, *scale, stderr)
	if err != nil {
		return err
	}
	defer b.remove()
	b.runs, b.peerRuns, b.rest = *runs, *peers, *rest
	lines, err := b.all(ctx, chosen)
	return errors.Join(printTable(stdout, b, lines), err)
}
