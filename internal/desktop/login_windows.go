package desktop

import (
	"errors"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// Where Windows keeps its login items
// (learn.microsoft.com/windows/win32/setupapi/run-and-runonce-registry-keys), and where the Task
// Manager and the settings keep what a person switched off there.
const (
	runKey      = `Software\Microsoft\Windows\CurrentVersion\Run`
	approvedKey = `Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run`
	// longestRun is the longest command line that a Run key takes (the same page).
	longestRun = 260
)

func loginOn() (bool, error) {
	run, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.QUERY_VALUE)
	if err != nil {
		return false, notThere(err)
	}
	defer func() { _ = run.Close() }()
	if _, _, err := run.GetStringValue(loginID); err != nil {
		return false, notThere(err)
	}
	approved, err := registry.OpenKey(registry.CURRENT_USER, approvedKey, registry.QUERY_VALUE)
	if err != nil {
		return notThere(err) == nil, notThere(err)
	}
	defer func() { _ = approved.Close() }()
	state, _, err := approved.GetBinaryValue(loginID)
	if err != nil {
		return notThere(err) == nil, notThere(err)
	}
	return len(state) == 0 || state[0]&1 == 0, nil // an odd number is switched off
}

func addLogin(program string, args []string) error {
	line := windows.ComposeCommandLine(append([]string{program}, args...))
	if len(line) > longestRun {
		return errors.New("the program's path is too long")
	}
	run, _, err := registry.CreateKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer func() { _ = run.Close() }()
	if err := run.SetStringValue(loginID, line); err != nil {
		return err
	}
	return deleteValue(approvedKey)
}

func removeLogin() error {
	return errors.Join(deleteValue(runKey), deleteValue(approvedKey))
}

// deleteValue deletes the program's value. It is no error if there is none.
func deleteValue(key string) error {
	k, err := registry.OpenKey(registry.CURRENT_USER, key, registry.SET_VALUE)
	if err != nil {
		return notThere(err)
	}
	defer func() { _ = k.Close() }()
	return notThere(k.DeleteValue(loginID))
}

// notThere turns the error that something does not exist into nil.
func notThere(err error) error {
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	return err
}
