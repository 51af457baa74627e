package desktop

import (
	"os"
	"path/filepath"
	"strings"
)

// Documents returns the person's documents folder according to the desktop
// (freedesktop.org/wiki/Software/xdg-user-dirs), or their home. It blocks on the disk.
func Documents() string {
	home, _ := os.UserHomeDir() // "" is taken for no folder
	config, err := os.UserConfigDir()
	if err != nil {
		return home
	}
	text, err := os.ReadFile(filepath.Join(config, "user-dirs.dirs"))
	if err != nil {
		text = []byte(`XDG_DOCUMENTS_DIR="$HOME/Documents"`) // as it is where nobody has said anything else
	}
	for line := range strings.Lines(string(text)) {
		named, ok := strings.CutPrefix(strings.TrimSpace(line), "XDG_DOCUMENTS_DIR=")
		if !ok {
			continue
		}
		dir := strings.Trim(named, `"`)
		if below, ok := strings.CutPrefix(dir, "$HOME"); ok {
			dir = home + below
		}
		if fi, err := os.Stat(dir); err == nil && fi.IsDir() && filepath.IsAbs(dir) {
			return dir
		}
	}
	return home
}
