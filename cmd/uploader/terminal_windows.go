package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// drawsAgain enables the sequences that redraw a line, and reports whether the console supports
// them. Consoles before Windows 10 print them instead.
func drawsAgain(f *os.File) bool {
	var mode uint32
	handle := windows.Handle(f.Fd())
	if windows.GetConsoleMode(handle, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(handle, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
