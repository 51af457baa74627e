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
	// ampleMemory is the limit, in bytes, from which on the program need not save memory.
	ampleMemory = 512 << 20
	// besideBuffers is the memory besides buffers and Go's heap, such as the program's code, in
	// bytes.
	besideBuffers = 16 << 20
	leastMemory   = 4 << 20
)

// processMemory is this process's [memoryLimit], read before saveMemory lowers Go's.
var processMemory = sync.OnceValue(func() int64 { return memoryLimit(os.DirFS("/")) })

// memoryLimit returns how many bytes of memory the process may use, by its control group and
// GOMEMLIMIT; MaxInt64 if neither sets a limit. root is the system's root folder.
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
		// Parent groups set limits as well. In a container the group may be the root of the mount,
		// whatever its path says.
		for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
			if text, err := fs.ReadFile(root, path.Join(mount, group, file)); err == nil {
				// Without a limit it says "max".
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

// buffersWithin divides limited memory, in bytes: for buffers, unless --memory says otherwise, and
// for Go's heap.
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
