//go:build !unix

package uploader

// newMemory returns memory of the heap: there is none beside it that can be had without more ado.
func newMemory(length int64) (memory []byte, beside bool) { return make([]byte, length), false }

// freeMemory is for memory beside the heap, of which there is none.
func freeMemory([]byte) {}
