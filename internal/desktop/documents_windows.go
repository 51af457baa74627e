package desktop

import (
	"os"

	"golang.org/x/sys/windows"
)

// Documents returns the person's documents folder, even if they moved it, or their home.
func Documents() string {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_Documents, windows.KF_FLAG_DEFAULT)
	if err != nil {
		dir, _ = os.UserHomeDir() // "" is taken for no folder
	}
	return dir
}
