package main

import (
	"math"
	"testing"
	"testing/fstest"

	"inboxuploader/uploader"
)

// TestALimitedMemoryIsSeen: of a control group of either version, of one above, and as in a
// container.
func TestALimitedMemoryIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"no Linux":           {nil, math.MaxInt64},
		"version 2":          {map[string]string{"proc/self/cgroup": "0::/user/job\n", "sys/fs/cgroup/user/job/memory.max": "67108864\n"}, 64 << 20},
		"the group above":    {map[string]string{"proc/self/cgroup": "0::/user/job\n", "sys/fs/cgroup/user/memory.max": "67108864\n", "sys/fs/cgroup/user/job/memory.max": "max\n"}, 64 << 20},
		"the lower of two":   {map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": "1000\n", "sys/fs/cgroup/a/b/memory.max": "900\n"}, 900},
		"no limit":           {map[string]string{"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n"}, math.MaxInt64},
		"version 1":          {map[string]string{"proc/self/cgroup": "3:cpu,cpuacct:/x\n4:memory:/slurm/job\n", "sys/fs/cgroup/memory/slurm/job/memory.limit_in_bytes": "67108864\n", "sys/fs/cgroup/x/memory.max": "1\n"}, 64 << 20},
		"in a container":     {map[string]string{"proc/self/cgroup": "4:memory:/docker/0123\n0::/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "67108864\n"}, 64 << 20},
		"what is no control": {map[string]string{"proc/self/cgroup": "nonsense\n::\n4:memory\n"}, math.MaxInt64},
		"a path that climbs": {map[string]string{"proc/self/cgroup": "0::/../../job\n", "sys/fs/cgroup/job/memory.max": "5\n"}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			root := fstest.MapFS{}
			for path, text := range c.files {
				root[path] = &fstest.MapFile{Data: []byte(text)}
			}
			if got := memoryLimit(root); got != c.want {
				t.Errorf("memoryLimit = %d, want %d", got, c.want)
			}
		})
	}
}

// TestALimitedMemoryIsNotExceeded: buffers, heap and the rest find room in it.
func TestALimitedMemoryIsNotExceeded(t *testing.T) {
	for _, limit := range []int64{48 << 20, 64 << 20, 128 << 20, 511 << 20} {
		buffers, heap := buffersWithin(limit)
		if buffers < leastMemory || buffers > uploader.DefaultMemory || heap < 8<<20 ||
			buffers+heap+besideBuffers > limit {
			t.Errorf("of %d bytes: %d for buffers, %d for the heap", limit, buffers, heap)
		}
	}
	if buffers, heap := buffersWithin(math.MaxInt64); buffers != uploader.DefaultMemory ||
		heap != math.MaxInt64 {
		t.Errorf("without a limit: %d, %d", buffers, heap)
	}
}
