package desktop

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Say shows words in a box and returns when the person has closed it.
func Say(title, words string) error {
	caption, err := windows.UTF16PtrFromString(title)
	if err != nil {
		return err
	}
	text, err := windows.UTF16PtrFromString(words)
	if err != nil {
		return err
	}
	_, err = windows.MessageBox(0, text, caption,
		windows.MB_OK|windows.MB_ICONERROR|windows.MB_SETFOREGROUND)
	return err
}

// IsRead reports whether a person may read the program's stderr: it goes somewhere, and not to a
// console that was opened only for this program and closes with it, as after a double-click.
func IsRead() bool {
	handle := windows.Handle(os.Stderr.Fd())
	kind, err := windows.GetFileType(handle)
	if err != nil || kind == windows.FILE_TYPE_UNKNOWN {
		return false
	}
	var mode uint32
	if windows.GetConsoleMode(handle, &mode) != nil {
		return kind != windows.FILE_TYPE_CHAR // a pipe or a file, and not the device NUL
	}
	var processes [2]uint32
	n, _, _ := consoleProcesses.Call(uintptr(unsafe.Pointer(&processes[0])), uintptr(len(processes))) //nolint:gosec // so the system is called
	return n != 1
}

var consoleProcesses = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetConsoleProcessList")
