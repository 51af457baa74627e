//go:build linux || darwin

package main

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

// peakMemory returns a process's peak of resident bytes.
func peakMemory(state *os.ProcessState) int64 {
	used, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return used.Maxrss
	}
	return used.Maxrss * kib
}

// freeDisk returns how many bytes may be written below the folder; 0 where the system does not say.
func freeDisk(dir string) int64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0
	}
	return int64(s.Bavail) * int64(s.Bsize) //nolint:unconvert // the types differ between systems
}

// settleDisk waits until what was written is on the disk.
func settleDisk() { syscall.Sync() }

// readStart reads a file's beginning, and reports whether that is all of it: fewer bytes than asked
// for. It spares what os.Open does besides, which small files notice.
func readStart(path string, buf []byte) (n int, whole bool, err error) {
	f, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return 0, false, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer func() { _ = syscall.Close(f) }() // it was only read
	for n < len(buf) {
		k, err := syscall.Read(f, buf[n:])
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			return 0, false, &os.PathError{Op: "read", Path: path, Err: err}
		}
		if n += k; n < len(buf) { // a regular file's bytes come at once
			return n, true, nil
		}
	}
	return n, false, nil
}
