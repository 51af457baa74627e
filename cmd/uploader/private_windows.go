package main

import "os"

// keepPrivate reports whether there is such a folder. The user's configuration folder is the user's own on Windows, and what
// is made below it inherits that.
func keepPrivate(dir string, _ bool) bool {
	info, err := os.Stat(dir)
	return err == nil && info.IsDir()
}

// keepNoCore does nothing: Windows keeps crash dumps of programs only where an administrator has asked for them.
func keepNoCore() {}
