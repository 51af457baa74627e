package netdisk

import "golang.org/x/sys/unix"

// On reports whether a folder is on a network disk. A disk of which nothing can be learnt counts as
// this computer's own. It may block on the disk.
func On(dir string) bool {
	var s unix.Statfs_t
	return unix.Statfs(dir, &s) == nil && s.Flags&unix.MNT_LOCAL == 0
}
