package main

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"inboxuploader/internal/desktop"
)

// windowRun opens the window.
type windowRun struct {
	*program
	hidden bool // it stays in the tray, where there is one
	alone  bool // no command asked for it
	quit   bool // the open one is to end
}

// windowCommand opens the window. So does the program without a command.
func windowCommand(p *program) *cobra.Command {
	r := windowRun{program: p}
	c := &cobra.Command{
		Use:   "window [PATH...]",
		Short: "Open the window, and add these files and folders",
		Long: `Open the window: paste the token, drop files, watch them arrive. Without any command the program
does the same. The files and folders you name are added as if you had dropped them, to the open
window if there is one.

--quit closes the open window, if there is one, and returns when it has ended, for example before
updating the program. What it was sending continues the next time. On Windows an administrator
closes the windows of all users.

The window needs a display and a build with a window; if one is missing, the program says so.
"uploader guide" does the same in a terminal, as the program does there without a command, and
"uploader copy" sends without questions.`,
		Args:        cobra.ArbitraryArgs,
		Annotations: map[string]string{withoutPolicy: "it says so in a box"},
		RunE: func(c *cobra.Command, args []string) error {
			if r.quit {
				return r.end()
			}
			return r.run(c.Context(), localPaths(args))
		},
	}
	c.Flags().BoolVar(&r.quit, "quit", false, "quit the open window, and return when it has "+
		"ended")
	c.Flags().BoolVar(&r.hidden, hiddenFlag, false, "start in the tray, if there is one, "+
		"without showing the window; for starts at login")
	return c
}

// hiddenFlag is the option of a start that nobody looks at.
const hiddenFlag = "hidden"

// end asks the open window to end, and waits for that.
func (r *windowRun) end() error {
	dir, err := r.stateDir()
	if err != nil {
		return err
	}
	err = desktop.Quit(dir)
	if errors.Is(err, desktop.ErrNotReached) {
		return errors.Join(exit(exitNotDelivered), &usageError{"The open window did not quit. " +
			"Its uploads continue. Quit it from its menu or the tray, then run the command " +
			"again."})
	}
	return err
}

// arePaths reports whether words on the command line that are no command name files or folders that
// exist, as a desktop passes what is dropped on the program's icon.
func arePaths(args []string) bool {
	if len(args) == 0 || slices.Contains(args, "") {
		return false
	}
	for _, path := range localPaths(args) {
		if _, err := os.Lstat(path); err != nil {
			return false
		}
	}
	return true
}

// goneOf returns the first of these words that is a whole path and names nothing, as of what was
// dropped on the program's icon and moved away; "" where none is.
func goneOf(args []string) string {
	for _, a := range args {
		if _, err := os.Lstat(a); filepath.IsAbs(a) && err != nil {
			return a
		}
	}
	return ""
}

// localPaths turns file:// addresses, which some desktops pass, into paths, and all of them into
// absolute ones.
func localPaths(args []string) []string {
	paths := make([]string, 0, len(args))
	for _, a := range args {
		if a == "" {
			continue // filepath.Abs would make the current folder of it
		}
		if u, err := url.Parse(a); err == nil && u.Scheme == "file" && u.Path != "" {
			a = filepath.FromSlash(u.Path)
			if filepath.Separator == '\\' {
				a = strings.TrimPrefix(a, `\`)
			}
		}
		if abs, err := filepath.Abs(a); err == nil {
			a = abs
		}
		paths = append(paths, a)
	}
	return paths
}
