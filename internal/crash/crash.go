// Package crash decides what the program prints when a goroutine panics: its own words instead of
// Go's report, which begins with the panic's value and so may hold anything. The program calls
// [Report] first, and each function that runs as a goroutine begins with
//
//	defer crash.Catch()
//
// It is a leaf that all packages may import. Without a call of Report, as in tests, a panic takes
// its course.
package crash

import (
	"sync"
	"sync/atomic"
)

var (
	report atomic.Pointer[func(value any)]
	first  sync.Mutex // locked for good by the first panic: the program ends with that
)

// Report sets the function to call with a panic's value, on the goroutine that panicked. The
// function must end the process.
func Report(f func(value any)) { report.Store(&f) }

// Catch passes a panic of the function that deferred it to the function set by [Report].
func Catch() {
	f := report.Load()
	if f == nil {
		return
	}
	if value := recover(); value != nil {
		first.Lock()
		(*f)(value)
	}
}
