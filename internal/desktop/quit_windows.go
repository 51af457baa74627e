package desktop

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"inboxuploader/internal/crash"
)

// machineEvent is set by an upgrade for the whole computer, which runs as the system or an
// administrator; people with an open window may only wait for it.
const (
	machineEvent  = `Global\inboxuploader.quit`
	machineRights = "D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x100000;;;IU)"
)

// userEvent may be set by the person with this state folder. A session sees only its own.
func userEvent(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return `Local\inboxuploader.quit.` + hex.EncodeToString(sum[:8])
}

// waitForQuit calls quit, on a goroutine of its own, when [Quit] asks for it. It does not use
// sockets, which Windows has only since 2018 and which no service can reach. The events exist until
// the process is gone, which tells Quit that it has ended. The returned function ends the
// goroutine.
func waitForQuit(dir string, quit func()) (stop func()) {
	closed, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return func() {}
	}
	handles := []windows.Handle{closed}
	if e, err := event(userEvent(dir), ""); err == nil {
		handles = append(handles, e)
	}
	if e, err := event(machineEvent, machineRights); err == nil {
		handles = append(handles, e)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer crash.Catch()
		which, err := windows.WaitForMultipleObjects(handles, false, windows.INFINITE)
		if err == nil && which != windows.WAIT_OBJECT_0 {
			quit()
		}
	}()
	return func() {
		_ = windows.SetEvent(closed)
		<-done
		_ = windows.CloseHandle(closed)
	}
}

// event creates an event that stays set, or opens the existing one. rights are other people's
// rights, in the security descriptor definition language; empty: none.
func event(name, rights string) (windows.Handle, error) {
	text, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, err
	}
	var attributes *windows.SecurityAttributes
	if rights != "" {
		descriptor, err := windows.SecurityDescriptorFromString(rights)
		if err != nil {
			return 0, err
		}
		attributes = &windows.SecurityAttributes{SecurityDescriptor: descriptor}
		attributes.Length = uint32(unsafe.Sizeof(*attributes))
	}
	h, err := windows.CreateEvent(attributes, 1, 0, text)
	if h != 0 { // also if it already existed, which comes with an error
		return h, nil
	}
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return windows.OpenEvent(windows.SYNCHRONIZE, false, text)
	}
	return 0, err
}

// Quit asks the program with this state folder's window to quit, and, with sufficient rights, the
// programs of all people on this computer. It waits until they have quit, and returns
// [ErrNotReached] after half a minute. If no window is open, it does nothing.
func Quit(dir string) error {
	names := []string{userEvent(dir), machineEvent}
	begun := time.Now()
	for _, name := range names {
		text, err := windows.UTF16PtrFromString(name)
		if err != nil {
			return err
		}
		h, err := windows.OpenEvent(windows.EVENT_MODIFY_STATE, false, text)
		if err != nil {
			continue // nobody waits for it, or somebody else's program does
		}
		err = windows.SetEvent(h)
		_ = windows.CloseHandle(h)
		if err != nil {
			return ErrNotReached
		}
		for {
			h, err := windows.OpenEvent(windows.EVENT_MODIFY_STATE, false, text)
			if err != nil {
				break // with the last process that had it
			}
			_ = windows.CloseHandle(h)
			if time.Since(begun) > quitTime {
				return ErrNotReached
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return nil
}
