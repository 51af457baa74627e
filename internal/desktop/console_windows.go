package desktop

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// idYes is what MessageBox returns for the button "Yes" (winuser.h).
const idYes = 6

// Ask shows words in a box with the buttons "Yes" and "No", and reports whether the person chose
// Yes. It blocks until the person has chosen.
func Ask(title, words string) bool {
	caption, err := windows.UTF16PtrFromString(title)
	if err != nil {
		return false
	}
	text, err := windows.UTF16PtrFromString(words)
	if err != nil {
		return false
	}
	chosen, err := windows.MessageBox(0, text, caption,
		windows.MB_YESNO|windows.MB_ICONWARNING|windows.MB_SETFOREGROUND)
	return err == nil && chosen == idYes
}

var (
	freeConsole  = windows.NewLazySystemDLL("kernel32.dll").NewProc("FreeConsole")
	allocConsole = windows.NewLazySystemDLL("kernel32.dll").NewProc("AllocConsole")
)

// OpenConsole opens a console window for this program, in place of any that it has, and returns the
// console's input and output. The caller closes them.
func OpenConsole() (in, out *os.File, err error) {
	_, _, _ = freeConsole.Call() // fails where there is none
	if ok, _, err := allocConsole.Call(); ok == 0 {
		return nil, nil, err
	}
	if in, err = os.OpenFile("CONIN$", os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	if out, err = os.OpenFile("CONOUT$", os.O_RDWR, 0); err != nil {
		return nil, nil, errors.Join(err, in.Close())
	}
	return in, out, nil
}
