//go:build !windows

package main

import "os"

// drawsAgain reports whether a terminal can redraw a line, as all terminals can here.
func drawsAgain(*os.File) bool { return true }
