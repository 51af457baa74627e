package desktop

import (
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"

	"inboxuploader/internal/crash"
)

// Reveal shows a file in the desktop's file manager. It blocks until the desktop has been asked,
// not until a person closes it.
func Reveal(path string) error {
	if bus, err := sessionBus(); err == nil {
		defer func() { _ = bus.Close() }()
		u := url.URL{Scheme: "file", Path: path}
		call := bus.Object("org.freedesktop.FileManager1", "/org/freedesktop/FileManager1").Call(
			"org.freedesktop.FileManager1.ShowItems", 0, []string{u.String()}, "")
		if call.Err == nil {
			return nil
		}
	}
	// No file manager of that kind: the folder at least.
	c := exec.Command("xdg-open", filepath.Dir(path)) //nolint:gosec // no shell between; an absolute path, so it is no option
	if err := c.Start(); err != nil {
		return fmt.Errorf("reveal: %w", err)
	}
	go func() { defer crash.Catch(); _ = c.Wait() }()
	return nil
}
