//go:build unix

package buffers

import "syscall"

// newMemory returns memory beside the heap, or of the heap where the system refuses that. The
// collector lets the heap grow in proportion to what it holds: with the slabs in it, 80 MiB of them
// would let twice as much garbage pile up.
func newMemory(length int64) (memory []byte, beside bool) {
	memory, err := syscall.Mmap(-1, 0, int(length), syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return make([]byte, length), false
	}
	return memory, true
}

// freeMemory gives memory beside the heap back. Nobody may touch it any more.
func freeMemory(memory []byte) { _ = syscall.Munmap(memory) } // fails only for what was never mapped
