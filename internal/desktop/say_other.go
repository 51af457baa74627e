//go:build !linux && !windows && !darwin

package desktop

import "errors"

// Say shows words in a box; there is none on this system.
func Say(string, string) error { return errors.New("say: not on this system") }

// IsRead reports whether a person may read the program's stderr.
func IsRead() bool { return true }
