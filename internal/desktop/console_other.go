//go:build !windows

package desktop

import (
	"errors"
	"os"
)

// Ask shows words in a box with two buttons; there is none on this system.
func Ask(string, string) bool { return false }

// OpenConsole opens a console window for this program; there is none on this system.
func OpenConsole() (in, out *os.File, err error) {
	return nil, nil, errors.New("open console: not on this system")
}
