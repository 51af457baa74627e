//go:build !windows

package main

import "os"

// drawsAgain reports whether a terminal obeys what draws a line again, as all do here.
func drawsAgain(*os.File) bool { return true }
