package buffers

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// newMemory returns memory beside the heap, or of the heap where the system refuses that;
// slab_unix.go says why.
func newMemory(length int64) (memory []byte, beside bool) {
	first, err := windows.VirtualAlloc(0, uintptr(length), windows.MEM_RESERVE|windows.MEM_COMMIT,
		windows.PAGE_READWRITE)
	if err != nil {
		return make([]byte, length), false
	}
	// The number is read as the pointer that it is: vet takes a conversion for one that the
	// collector could invalidate.
	p := *(**byte)(unsafe.Pointer(&first)) //nolint:gosec // G103: memory of the system is had in no other way
	return unsafe.Slice(p, length), true   //nolint:gosec // G103: likewise
}

// freeMemory gives memory beside the heap back. Nobody may touch it any more.
func freeMemory(memory []byte) {
	first := uintptr(unsafe.Pointer(unsafe.SliceData(memory))) //nolint:gosec // G103: likewise
	_ = windows.VirtualFree(first, 0, windows.MEM_RELEASE)     // fails only for what was never allocated
}
