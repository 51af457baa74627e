package source

import "golang.org/x/sys/unix"

func renameAlone(from int, name string, into int, newName string) error {
	return unix.Renameat2(from, name, into, newName, unix.RENAME_NOREPLACE)
}
