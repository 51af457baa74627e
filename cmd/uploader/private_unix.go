//go:build !windows

package main

import (
	"math"
	"os"
	"syscall"
)

// keepPrivate reports whether the folder belongs to the user and nobody else may change what is in
// it. If own, the folder is the program's, and keepPrivate removes everybody else's rights to it.
func keepPrivate(dir string, own bool) bool {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int64(owner.Uid) != int64(os.Geteuid()) {
		return false
	}
	if own && info.Mode().Perm()&0o077 != 0 {
		err := os.Chmod(dir, 0o700) //nolint:gosec // a folder, which needs the right to enter it
		return err == nil
	}
	return info.Mode().Perm()&0o022 == 0
}

// mostFiles returns how many files the system lets this process open.
func mostFiles() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return math.MaxUint64
	}
	return uint64(limit.Cur) //nolint:unconvert // it is signed on some systems
}

// keepNoCore keeps the system from writing the program's memory, with the tokens in it, to a file
// when it crashes.
func keepNoCore() {
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) // lowering it is always permitted
}
