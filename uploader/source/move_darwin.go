package source

import "golang.org/x/sys/unix"

func renameAlone(from int, name string, into int, newName string) error {
	return unix.RenameatxNp(from, name, into, newName, unix.RENAME_EXCL)
}
