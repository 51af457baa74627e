package pac

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// limitMemory makes the system refuse this process more than MemoryLimit beyond what it already
// has. It limits addresses, not data: Go reserves addresses first, and Linux compares the data of a
// mapping that replaces a reserved one with no limit, so that one text of any size would pass.
func limitMemory() error {
	limit := uint64(MemoryLimit)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		limit = 4 << 30 // it has less than that
	}
	for line := range bytes.Lines(status) {
		if fields := bytes.Fields(line); len(fields) == 3 && string(fields[0]) == "VmSize:" {
			kib, err := strconv.ParseUint(string(fields[1]), 10, 63)
			if err != nil {
				return err
			}
			limit += kib << 10
		}
	}
	return syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: limit, Max: limit})
}

// prepare keeps the C library from reserving addresses for each thread: they count.
func prepare(c *exec.Cmd) { c.Env = append(c.Environ(), "MALLOC_ARENA_MAX=1") }
