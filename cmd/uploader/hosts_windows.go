package main

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

func hostsFile() string {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, 0)
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "inboxuploader", "hosts")
}

// othersMayWrite says, as the rest of a sentence, why an open file may not be the administrator's
// own; "" if it is. In the ProgramData folder everybody may create files, which they then own.
func othersMayWrite(f *os.File) string {
	for _, path := range []string{f.Name(), filepath.Dir(f.Name())} {
		info, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
			windows.OWNER_SECURITY_INFORMATION)
		if err != nil {
			return valueOwnerUnread
		}
		owner, _, err := info.Owner()
		if err != nil || owner == nil ||
			!owner.IsWellKnown(windows.WinBuiltinAdministratorsSid) &&
				!owner.IsWellKnown(windows.WinLocalSystemSid) {
			return valueNotAdmins
		}
	}
	return ""
}
