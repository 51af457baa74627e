package main

import (
	"io/fs"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	"inboxuploader/uploader"
)

const (
	// ampleMemory is from how many bytes on nothing has to be saved.
	ampleMemory = 512 << 20
	// besideBuffers is what the program takes besides buffers and Go's heap, such as its own code,
	// in bytes.
	besideBuffers = 16 << 20
	leastMemory   = 4 << 20
)

// processMemory is this process's [memoryLimit], read before saveMemory lowers Go's.
var processMemory = sync.OnceValue(func() int64 { return memoryLimit(os.DirFS("/")) })

// memoryLimit returns how many bytes of memory the process may take, by the control group that it
// runs in and GOMEMLIMIT; MaxInt64 where neither says so. root is the system's root folder.
func memoryLimit(root fs.FS) int64 {
	limit := debug.SetMemoryLimit(-1) // asks only
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return limit // no Linux
	}
	for line := range strings.Lines(string(groups)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		mount, file := "sys/fs/cgroup", "memory.max"
		switch {
		case fields[1] == "memory": // version 1
			mount, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		case fields[1] != "":
			continue
		}
		// Each group above limits as well. In a container the group may be the mount's own,
		// whatever its path says.
		for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
			if text, err := fs.ReadFile(root, path.Join(mount, group, file)); err == nil {
				// Else it says "max".
				if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
					limit = min(limit, n)
				}
			}
			if group == "/" {
				break
			}
		}
	}
	return limit
}

// buffersWithin returns how much of a limited memory buffers take unless --memory says otherwise,
// and how large Go's heap may become.
func buffersWithin(limit int64) (buffers, heap int64) {
	if limit >= ampleMemory {
		return uploader.DefaultMemory, math.MaxInt64
	}
	buffers = min(max(limit/8, leastMemory), uploader.DefaultMemory)
	return buffers, max(limit-buffers-besideBuffers, limit/4)
}

// saveMemory keeps Go's heap within what a limited memory leaves for it.
func saveMemory() {
	if _, heap := buffersWithin(processMemory()); heap < math.MaxInt64 {
		debug.SetGCPercent(50)
		debug.SetMemoryLimit(heap)
	}
}
