package desktop

import (
	"errors"
	"runtime"
	"sync"

	"golang.org/x/sys/windows"

	"inboxuploader/internal/crash"
)

// Flags of SetThreadExecutionState
// (learn.microsoft.com/windows/win32/api/winbase/nf-winbase-setthreadexecutionstate).
const (
	esContinuous     = 0x80000000
	esSystemRequired = 0x00000001
)

var setThreadExecutionState = windows.NewLazySystemDLL("kernel32.dll").NewProc("SetThreadExecutionState")

// StayAwake keeps the computer awake until release is called or the program ends.
// The screen may go dark.
func StayAwake() (release func(), err error) {
	began, end, ended := make(chan error), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		defer crash.Catch()
		runtime.LockOSThread() // the state belongs to a thread, which ends with this goroutine
		before, _, _ := setThreadExecutionState.Call(esContinuous | esSystemRequired)
		if before == 0 {
			began <- errors.New("stay awake: refused by the system")
			return
		}
		began <- nil
		<-end
		_, _, _ = setThreadExecutionState.Call(esContinuous)
	}()
	if err := <-began; err != nil {
		<-ended
		return nil, err
	}
	return sync.OnceFunc(func() {
		close(end)
		<-ended
	}), nil
}
