package main

import (
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// hasTerminals reports whether tests can open pseudo-terminals here. A bare container may have
// neither /dev/ptmx nor /dev/pts.
func hasTerminals() bool {
	multiplexer, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer func() { _ = multiplexer.Close() }() // nothing was written
	number, err := unix.IoctlGetInt(int(multiplexer.Fd()), unix.TIOCGPTN)
	if err != nil {
		return false
	}
	_, err = os.Stat(filepath.Join("/dev/pts", strconv.Itoa(number)))
	return err == nil
}
