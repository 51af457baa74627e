package desktop

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
)

// StayAwake keeps the computer awake until release is called or the program ends.
// The screen may go dark.
func StayAwake() (release func(), err error) {
	c := exec.Command("/usr/bin/caffeinate", "-i", "-w", strconv.Itoa(os.Getpid()))
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("stay awake: %w", err)
	}
	return sync.OnceFunc(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	}), nil
}
