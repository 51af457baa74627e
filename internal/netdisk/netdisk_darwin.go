package netdisk

import "golang.org/x/sys/unix"

// On reports whether a folder is on a network disk. A disk about which the system says nothing
// counts as this computer's own. On may block on the disk.
func On(dir string) bool {
	var s unix.Statfs_t
	return unix.Statfs(dir, &s) == nil && s.Flags&unix.MNT_LOCAL == 0
}
