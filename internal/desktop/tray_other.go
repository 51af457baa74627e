//go:build !linux

package desktop

// HasTray reports whether something on this desktop shows tray icons: always, on this system.
func HasTray() bool { return true }
