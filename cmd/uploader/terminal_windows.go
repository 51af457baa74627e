package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// drawsAgain has a console obey what draws a line again, and reports whether it does: consoles
// before Windows 10 show it instead.
func drawsAgain(f *os.File) bool {
	var mode uint32
	handle := windows.Handle(f.Fd())
	if windows.GetConsoleMode(handle, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(handle, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
