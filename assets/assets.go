// Package assets holds what the program brings along as files. [WriteSamples] writes the sample
// folder of the practice run.
package assets

import (
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

//go:embed samples
var stored embed.FS

// samples are the files of the sample folder, by their paths below it. They are chosen so that each
// kind of file takes part that is known to cause trouble: an empty one, names with the characters
// that links give a meaning to, a script other than Latin, a folder in a folder, and one that is
// large enough to travel in several blocks.
var samples = []struct {
	path string
	data func() ([]byte, error)
}{
	{"READ ME FIRST.txt", fromFile("readme.txt")},
	{"participants.csv", fromFile("participants.csv")},
	{"study.json", fromFile("study.json")},
	{"empty.log", func() ([]byte, error) { return nil, nil }},
	{"visit 1/50% saline + 5 µg (#3) & more.csv", fromFile("visit.csv")},
	{"visit 1/心拍数.csv", fromFile("heartrate.csv")},
	{"visit 1/raw/recording.i16", recording},
}

func fromFile(name string) func() ([]byte, error) {
	return func() ([]byte, error) { return stored.ReadFile("samples/" + name) }
}

// recordingSamples is the length of the recording: 768 KiB of 16-bit numbers.
const recordingSamples = 384 << 10

// recording computes a random walk, little-endian, as a measuring device might write it. It is
// computed since it would be most of the program's text otherwise, and from whole numbers alone, so
// that each machine gets the same bytes.
func recording() ([]byte, error) {
	walk := rand.New(rand.NewPCG(1, 2))
	out := make([]byte, 0, 2*recordingSamples)
	level := int16(0)
	for range recordingSamples {
		level += int16(walk.IntN(129) - 64)
		out = binary.LittleEndian.AppendUint16(out, uint16(level))
	}
	return out, nil
}

// WriteSamples writes the sample folder, less than 1 MiB in seven files, to dir. It makes dir where
// it does not exist, and fails with [fs.ErrExist] where it holds anything, since it replaces
// nothing. What it has written when it fails stays there. The content is the same on each machine
// and in each run. It blocks for as long as the disk takes.
func WriteSamples(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write samples: %w", err)
	}
	switch there, err := os.ReadDir(dir); {
	case err != nil:
		return fmt.Errorf("write samples: %w", err)
	case len(there) > 0:
		return fmt.Errorf("write samples: %w", &fs.PathError{Op: "fill", Path: dir, Err: fs.ErrExist})
	}
	for _, s := range samples {
		data, err := s.data()
		if err != nil {
			return fmt.Errorf("write samples: %w", err)
		}
		if err := write(filepath.Join(dir, filepath.FromSlash(s.path)), data); err != nil {
			return fmt.Errorf("write samples: %w", err)
		}
	}
	return nil
}

func write(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
