//go:build !linux && !windows

package desktop

import (
	"os"
	"path/filepath"
)

// Documents returns the person's documents folder, or their home. It blocks on the disk.
func Documents() string {
	home, _ := os.UserHomeDir() // "" is taken for no folder
	dir := filepath.Join(home, "Documents")
	if fi, err := os.Stat(dir); err == nil && fi.IsDir() {
		return dir
	}
	return home
}
