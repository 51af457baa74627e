//go:build !linux

package desktop

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"

	"inboxuploader/internal/crash"
)

// Reveal shows a file in the desktop's file manager. It blocks until the desktop has been asked,
// not until a person closes it.
func Reveal(path string) error {
	var c *exec.Cmd
	switch runtime.GOOS {
	case "darwin":
		c = exec.Command("/usr/bin/open", "-R", path)
	case "windows":
		c = exec.Command("explorer.exe", "/select,"+path)
	default:
		return errors.New("reveal: not on this system")
	}
	if err := c.Start(); err != nil {
		return fmt.Errorf("reveal: %w", err)
	}
	go func() { defer crash.Catch(); _ = c.Wait() }() // explorer ends with an error even where it worked
	return nil
}
