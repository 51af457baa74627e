package pac

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// limitMemory has the system refuse this process what is more than MemoryLimit besides what it has.
func limitMemory() error {
	limit := uint64(MemoryLimit)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		limit *= 2 // it has less than that
	}
	for line := range bytes.Lines(status) {
		if fields := bytes.Fields(line); len(fields) == 3 && string(fields[0]) == "VmData:" {
			kib, err := strconv.ParseUint(string(fields[1]), 10, 63)
			if err != nil {
				return err
			}
			limit += kib << 10
		}
	}
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: limit, Max: limit})
}

func hideWindow(*exec.Cmd) {}
