// Package crash decides what is said when a goroutine panics: the program's words instead of Go's
// report, whose first line would be the panic's value as it is; it may hold anything. The program
// calls [Report] first, and each function that is started on a goroutine of its own begins with
//
//	defer crash.Catch()
//
// It is a leaf that all packages may import. Where nobody called Report, as in tests, a panic takes
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

// Report sets what is called with a panic's value, on the goroutine that panicked. It must end the
// process.
func Report(f func(value any)) { report.Store(&f) }

// Catch hands a panic of the function that deferred it to what [Report] was given.
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
