package desktop

import (
	"fmt"
	"os"
	"sync"

	"github.com/godbus/dbus/v5"
)

// StayAwake keeps the computer awake until release is called or the program ends. The screen may go
// dark. It blocks for as long as the system bus takes to answer; an error means that this system
// has no logind.
func StayAwake() (release func(), err error) {
	bus, err := dbus.ConnectSystemBus()
	if err != nil {
		return nil, fmt.Errorf("stay awake: %w", err)
	}
	var held dbus.UnixFD
	call := bus.Object("org.freedesktop.login1",
		"/org/freedesktop/login1").Call("org.freedesktop.login1.Manager.Inhibit", 0,
		"sleep:idle", "Inbox Uploader", "Files are being sent", "block")
	if err := call.Store(&held); err != nil {
		_ = bus.Close()
		return nil, fmt.Errorf("stay awake: %w", err)
	}
	lock := os.NewFile(uintptr(held), "inhibitor") // closing it lets go
	return sync.OnceFunc(func() {
		_ = lock.Close()
		_ = bus.Close()
	}), nil
}
