//go:build !linux && !darwin

package main

import (
	"errors"
	"io"
	"os"
)

// peakMemory returns 0: the system does not say.
func peakMemory(*os.ProcessState) int64 { return 0 }

// freeDisk returns 0: the system is not asked.
func freeDisk(string) int64 { return 0 }

// settleDisk does nothing.
func settleDisk() {}

// readStart reads a file's beginning, and reports whether that is all of it: fewer bytes than asked
// for.
func readStart(path string, buf []byte) (n int, whole bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false, err
	}
	defer func() { _ = f.Close() }() // it was only read
	n, err = io.ReadFull(f, buf)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return n, true, nil
	}
	return n, false, err
}
