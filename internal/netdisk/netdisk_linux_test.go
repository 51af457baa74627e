package netdisk

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestNetworkDisksAreRecognised(t *testing.T) {
	old := statfs
	t.Cleanup(func() { statfs = old })
	for _, c := range []struct {
		name string
		kind int64
		want bool
	}{
		{"NFS", unix.NFS_SUPER_MAGIC, true},
		{"SMB", unix.SMB_SUPER_MAGIC, true},
		{"CIFS", 0xff534d42, true},
		{"CIFS, as 32 bits sign it", -0xacb2be, true},
		{"SMB2", unix.SMB2_SUPER_MAGIC, true},
		{"9p", unix.V9FS_MAGIC, true},
		{"FUSE", unix.FUSE_SUPER_MAGIC, true},
		{"Ceph", unix.CEPH_SUPER_MAGIC, true},
		{"AFS", unix.AFS_FS_MAGIC, true},
		{"ext4", unix.EXT4_SUPER_MAGIC, false},
		{"XFS", unix.XFS_SUPER_MAGIC, false},
		{"Btrfs", unix.BTRFS_SUPER_MAGIC, false},
		{"tmpfs", unix.TMPFS_MAGIC, false},
		{"overlay", unix.OVERLAYFS_SUPER_MAGIC, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			statfs = func(_ string, s *unix.Statfs_t) error {
				s.Type = c.kind
				return nil
			}
			if got := On("/"); got != c.want {
				t.Errorf("on the network: %v, want %v", got, c.want)
			}
		})
	}
	statfs = func(string, *unix.Statfs_t) error { return unix.ENOSYS }
	if On("/") {
		t.Error("a disk of which nothing is known counts as one on the network")
	}
}
