package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
)

// file is one of a data set.
type file struct {
	path string // below the data set's folder, slashes
	size int64
}

// dataSet is what a work sends. Its content is pseudo-random and the same each time, so that
// nothing on the way can compress it.
type dataSet struct {
	key   string
	bytes int64 // on the disk, about, of the full size
	file  bool  // it is one file, which is the source by itself
	files func(scale float64, yield func(file) bool)
}

var dataSets = []dataSet{
	{"4g", 4 * gib, true, one("large.bin", 4*gib, mib)},
	{"32m", 32 * mib, true, one("middling.bin", 32*mib, mib)},
	{"small", 10_000 * 16 * kib, false, many(10_000, 100, 16*kib)},
	{"far", 2_000 * 16 * kib, false, many(2_000, 100, 16*kib)},
	{"1m", 2_000 * mib, false, many(2_000, 100, mib)},
	{"mixed", 2 * gib, false, mixed},
	{"one", kib, true, one("tiny.txt", kib, kib)},
	{"tiny", 100_000 * 4 * kib, false, many(100_000, 500, 64)},
	// Empty files take nothing but their entries on the disk, and as long to find as any.
	{"million", gib / 2, false, many(1_000_000, 1_000, 0)},
}

func dataSetOf(key string) (dataSet, error) {
	i := slices.IndexFunc(dataSets, func(d dataSet) bool { return d.key == key })
	if i < 0 {
		return dataSet{}, fmt.Errorf("there is no data set %q", key)
	}
	return dataSets[i], nil
}

// one is a single file, of a size in whole units.
func one(name string, size, unit int64) func(float64, func(file) bool) {
	return func(scale float64, yield func(file) bool) {
		yield(file{name, max(int64(float64(size)*scale)/unit, 1) * unit})
	}
}

// many is n files of one size in folders that hold the same number of them.
func many(n, inFolder int, size int64) func(float64, func(file) bool) {
	return func(scale float64, yield func(file) bool) {
		for i := range max(int(float64(n)*scale), 1) {
			if !yield(file{fmt.Sprintf("d%04d/f%07d.dat", i/inFolder, i), size}) {
				return
			}
		}
	}
}

// mixed is what a study may look like: texts, pictures, recordings and one archive; 2 GiB in all.
func mixed(scale float64, yield func(file) bool) {
	chance := rand.New(rand.NewPCG(3, 4))
	scaled := func(n int) int { return max(int(float64(n)*scale), 1) }
	for i := range scaled(3_000) {
		if !yield(file{fmt.Sprintf("texts/t%02d/f%05d.txt", i%40, i), chance.Int64N(64 * kib)}) {
			return
		}
	}
	for i := range scaled(200) {
		if !yield(file{fmt.Sprintf("pictures/y%d/p%04d.jpg", i%5, i), mib + chance.Int64N(5*mib)}) {
			return
		}
	}
	for i := range scaled(8) {
		if !yield(file{fmt.Sprintf("recordings/r%d.mp4", i), 32*mib + chance.Int64N(80*mib)}) {
			return
		}
	}
	yield(file{"archive/backup.tar", max(int64(700*scale), 1) * mib})
}

// expected is what the sink must have once the whole data set is there.
func (d dataSet) expected(scale float64) (s summary) {
	for f := range d.all(scale) {
		s.add(d.blobName(f), f.size)
	}
	return s
}

func (d dataSet) all(scale float64) func(func(file) bool) {
	return func(yield func(file) bool) { d.files(scale, yield) }
}

// blobName is the name that a file gets in the inbox: a folder keeps its own name as the first
// segment.
func (d dataSet) blobName(f file) string {
	if d.file {
		return f.path
	}
	return d.key + "/" + f.path
}

// source is the path of what is sent, if the data set was made in dir.
func (d dataSet) source(dir string) string {
	if !d.file {
		return filepath.Join(dir, d.key)
	}
	for f := range d.all(1) {
		return filepath.Join(dir, d.key, f.path)
	}
	return ""
}

// make writes the data set below dir.
func (d dataSet) make(ctx context.Context, dir string, scale float64) error {
	var made string // the folder made last
	buf := make([]byte, mib)
	for f := range d.all(scale) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		path := filepath.Join(dir, d.key, filepath.FromSlash(f.path))
		if folder := filepath.Dir(path); folder != made {
			if err := os.MkdirAll(folder, 0o700); err != nil {
				return err
			}
			made = folder
		}
		if err := fill(path, f, buf); err != nil {
			return err
		}
	}
	return nil
}

// fill writes a file with the bytes that belong to its name.
func fill(path string, f file, buf []byte) (err error) {
	w, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	h := fnv.New64a()
	_, _ = io.WriteString(h, f.path) // a hash never fails
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], h.Sum64())
	random := rand.NewChaCha8(seed)
	for left := f.size; left > 0; {
		part := buf[:min(left, int64(len(buf)))]
		_, _ = random.Read(part) // never fails
		if _, err := w.Write(part); err != nil {
			return err
		}
		left -= int64(len(part))
	}
	if f.size >= gib {
		return w.Sync() // or it would be written while the first run is measured
	}
	return nil
}

// dataRole creates a data set in a process of its own, so that its memory is not the runner's: a
// child process begins with at least its parent's peak. It prints what a sink must have in the end.
func dataRole(ctx context.Context, args []string, _ io.Reader, stdout io.Writer) error {
	f := flag.NewFlagSet("data", flag.ContinueOnError)
	scale := f.Float64("scale", 1, "share of the full size")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() != 2 {
		return errors.New("data: want KEY and FOLDER")
	}
	d, err := dataSetOf(f.Arg(0))
	if err != nil {
		return err
	}
	if err := d.make(ctx, f.Arg(1), *scale); err != nil {
		return err
	}
	w := bufio.NewWriter(stdout)
	return errors.Join(json.NewEncoder(w).Encode(d.expected(*scale)), w.Flush())
}
