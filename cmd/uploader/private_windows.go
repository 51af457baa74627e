package main

import (
	"math"
	"os"
)

// keepPrivate reports whether the folder exists. On Windows the user's configuration folder is
// private, and folders below it inherit that.
func keepPrivate(dir string, _ bool) bool {
	info, err := os.Stat(dir)
	return err == nil && info.IsDir()
}

// mostFiles returns how many files a process may open, which Windows does not limit.
func mostFiles() uint64 { return math.MaxUint64 }

// keepNoCore does nothing: Windows keeps crash dumps of programs only where an administrator has
// asked for them.
func keepNoCore() {}
