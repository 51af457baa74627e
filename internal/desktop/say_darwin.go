package desktop

import (
	"os"
	"os/exec"

	"golang.org/x/term"
)

// Say shows words in a box and returns when the person has closed it.
func Say(title, words string) error {
	// The words are arguments of the script, so they can't become part of its code.
	const script = `on run {title, words}
display alert title message words as critical buttons {"OK"}
end run`
	return exec.Command("/usr/bin/osascript", "-e", script, title, words).Run() //nolint:gosec // no shell between
}

// IsRead reports whether a person may read the program's stderr: it is a terminal, a pipe or a
// file, and not the null device of programs that the Finder starts.
func IsRead() bool {
	fi, err := os.Stderr.Stat()
	return err == nil && (fi.Mode()&os.ModeCharDevice == 0 || term.IsTerminal(int(os.Stderr.Fd())))
}
