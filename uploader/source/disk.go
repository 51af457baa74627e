package source

import "path/filepath"

// Disk identifies the disk of a file, as far as the system tells: by the device if files have an
// identity, and by the drive or share on Windows.
type Disk struct {
	Device uint64
	Volume string
}

// DiskOf returns the disk of a file whose identity is id.
func DiskOf(path string, id ID) Disk { return Disk{id.Device, filepath.VolumeName(path)} }
