//go:build !linux

package desktop

// HasTray reports whether this desktop shows tray icons: this system always does.
func HasTray() bool { return true }
