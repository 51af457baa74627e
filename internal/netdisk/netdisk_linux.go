package netdisk

import "golang.org/x/sys/unix"

// networkDisks are file systems whose files may be on another machine, by statfs(2) and
// linux/magic.h. A file system in user space may be either.
var networkDisks = map[uint32]bool{
	0x6969:     true, // NFS
	0x517b:     true, // SMB, the old one
	0xff534d42: true, // CIFS
	0xfe534d42: true, // SMB2
	0x01021997: true, // 9p
	0x65735546: true, // FUSE
	0x00c36400: true, // Ceph
	0x5346414f: true, // AFS, OpenAFS
	0x6b414653: true, // AFS, the kernel's
	0x73757245: true, // Coda
	0x564c:     true, // NCP
	0x0bd00bd0: true, // Lustre
	0x47504653: true, // GPFS
	0x7461636f: true, // OCFS2
	0x01161970: true, // GFS2
	0x19830326: true, // BeeGFS
	0xaad7aaea: true, // Panasas
	0x786f4256: true, // VirtualBox's shared folders
	0xbacbacbc: true, // VMware's shared folders
}

// statfs is replaced by tests, which can't mount.
var statfs = unix.Statfs

// On reports whether a folder is on a network disk. A disk about which the system says nothing
// counts as this computer's own. On may block on the disk.
func On(dir string) bool {
	var s unix.Statfs_t
	return statfs(dir, &s) == nil && networkDisks[uint32(s.Type)]
}
