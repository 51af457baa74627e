package desktop

import (
	"os"
	"os/exec"

	"golang.org/x/term"
)

// Say shows words in a box and returns when the person has closed it.
func Say(title, words string) error {
	// The words are arguments of the script, so nothing in them is taken for a part of it.
	const script = `on run {title, words}
display alert title message words as critical buttons {"OK"}
end run`
	return exec.Command("/usr/bin/osascript", "-e", script, title, words).Run() //nolint:gosec // no shell between
}

// IsRead reports whether a person may read what the program prints on stderr: a terminal, a pipe or
// a file, and not the device that swallows what programs print which the Finder starts.
func IsRead() bool {
	fi, err := os.Stderr.Stat()
	return err == nil && (fi.Mode()&os.ModeCharDevice == 0 || term.IsTerminal(int(os.Stderr.Fd())))
}
