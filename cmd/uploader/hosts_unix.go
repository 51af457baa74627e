//go:build !windows

package main

import (
	"os"
	"path/filepath"
	"syscall"
)

// administrator is the id of the user whose file counts: root. Tests set their own user's.
var administrator uint32

func hostsFile() string { return "/etc/inboxuploader/hosts" }

// othersMayWrite says, as the rest of a sentence, why an open file may not be the administrator's
// own; "" if it is.
func othersMayWrite(f *os.File) string {
	file, err := f.Stat()
	if err != nil {
		return valueUnreadable
	}
	folder, err := os.Stat(filepath.Dir(f.Name()))
	if err != nil {
		return valueFolderUnread
	}
	if !file.Mode().IsRegular() {
		return valueNotAFile
	}
	for _, i := range []os.FileInfo{file, folder} {
		owner, ok := i.Sys().(*syscall.Stat_t)
		if !ok || owner.Uid != administrator || i.Mode().Perm()&0o022 != 0 {
			return valueNotRoots
		}
	}
	return ""
}
