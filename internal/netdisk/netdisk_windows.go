package netdisk

import (
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// On reports whether a folder is on a network disk. A disk about which the system says nothing
// counts as this computer's own. On may block on the disk.
func On(dir string) bool {
	volume := filepath.VolumeName(dir)
	if strings.HasPrefix(volume, `\\`) && !strings.HasPrefix(volume, `\\?\`) &&
		!strings.HasPrefix(volume, `\\.\`) {
		return true
	}
	root, err := windows.UTF16PtrFromString(volume + `\`)
	return err == nil && windows.GetDriveType(root) == windows.DRIVE_REMOTE
}
