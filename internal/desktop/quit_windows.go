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

// machineEvent is what an upgrade for the whole computer sets, as the system or an administrator;
// those who have a window open may wait for it and no more.
const (
	machineEvent  = `Global\inboxuploader.quit`
	machineRights = "D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x100000;;;IU)"
)

// userEvent is what the person with this state folder may set. A session sees its own alone.
func userEvent(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return `Local\inboxuploader.quit.` + hex.EncodeToString(sum[:8])
}

// waitForQuit calls quit, on a goroutine of its own, when it is asked to by [Quit]. Sockets are not
// used for it, which Windows has since 2018 and no service reaches. The events stay until the
// process is gone, by which Quit knows that. The returned function ends the goroutine.
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

// event makes an event that stays set, or opens the one that is there. Rights are those of others,
// in the security descriptor definition language; empty: none.
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
	if h != 0 { // also where it was there already, which is told as an error
		return h, nil
	}
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return windows.OpenEvent(windows.SYNCHRONIZE, false, text)
	}
	return 0, err
}

// Quit asks the program with this state folder's window, and where the rights suffice those of all
// people on this computer, to end, and waits until they have. It returns [ErrNotReached] after half
// a minute. Where no window is open it does nothing.
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
