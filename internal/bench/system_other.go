//go:build !linux && !darwin

package main

import "os"

// peakMemory returns 0: the system does not say.
func peakMemory(*os.ProcessState) int64 { return 0 }

// freeDisk returns 0: the system is not asked.
func freeDisk(string) int64 { return 0 }

// settleDisk does nothing.
func settleDisk() {}
