//go:build !linux && !windows

package pac

import "os/exec"

// limitMemory does nothing: macOS holds no limit that a process sets itself.
func limitMemory() error { return nil }

func prepare(*exec.Cmd) {}
