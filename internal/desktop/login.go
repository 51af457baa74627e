package desktop

import (
	"fmt"
	"os"
)

// loginID names the program's login item. It is the program's id on desktops.
const loginID = "org.inboxuploader.desktop"

// Login is the program's login item, which the system starts when the person logs in. The system
// keeps its state: a person may change it there too.
type Login struct {
	// Args are the arguments after the program's name. They contain no secret: everybody on the
	// computer can read them.
	Args []string
}

// On reports whether the system starts the program at login, as far as the system tells. It blocks
// on the disk.
func (l Login) On() (bool, error) {
	on, err := loginOn()
	if err != nil {
		return false, fmt.Errorf("look at login: %w", err)
	}
	return on, nil
}

// Set makes the system start this program at login, or stops that. It blocks on the disk.
func (l Login) Set(on bool) error {
	program, err := os.Executable()
	if err == nil {
		if on {
			err = addLogin(program, l.Args)
		} else {
			err = removeLogin()
		}
	}
	if err != nil {
		return fmt.Errorf("start at login: %w", err)
	}
	return nil
}
