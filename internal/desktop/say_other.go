//go:build !linux && !windows && !darwin

package desktop

import "errors"

// Say shows words in a box, for which there is nothing on this system.
func Say(string, string) error { return errors.New("say: not on this system") }

// IsRead reports whether a person may read what the program prints on stderr.
func IsRead() bool { return true }
