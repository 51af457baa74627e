//go:build !linux && !windows

package desktop

import (
	"os"
	"path/filepath"
)

// Documents is the folder for the person's documents, or their home. It blocks on the disk.
func Documents() string {
	home, _ := os.UserHomeDir() // "" is taken for no folder
	dir := filepath.Join(home, "Documents")
	if fi, err := os.Stat(dir); err == nil && fi.IsDir() {
		return dir
	}
	return home
}
