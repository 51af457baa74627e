package source

import "path/filepath"

// Disk tells where a file lies, as far as the system says: the device where files have an identity,
// and the drive or the share on Windows.
type Disk struct {
	Device uint64
	Volume string
}

// DiskOf returns the disk of a file whose identity is id.
func DiskOf(path string, id ID) Disk { return Disk{id.Device, filepath.VolumeName(path)} }
