package journal

import "golang.org/x/sys/unix"

// onNetwork reports whether the folder is on a network disk. One of which nothing can be learnt is taken for the
// computer's own.
func onNetwork(dir string) bool {
	var s unix.Statfs_t
	return unix.Statfs(dir, &s) == nil && s.Flags&unix.MNT_LOCAL == 0
}
