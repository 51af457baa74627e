package desktop

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDocumentsAreWhereTheDesktopHasThem(t *testing.T) {
	for name, c := range map[string]struct {
		says string // "" for no file
		dirs []string
		want string
	}{
		"nothing is said":               {dirs: []string{"Documents"}, want: "Documents"},
		"nothing is there":              {want: ""},
		"in another language":           {says: "# written by xdg-user-dirs-update\nXDG_DOCUMENTS_DIR=\"$HOME/Dokumente\"\n", dirs: []string{"Dokumente", "Documents"}, want: "Dokumente"},
		"the home itself":               {says: `XDG_DOCUMENTS_DIR="$HOME/"`, want: ""},
		"a folder that is not there":    {says: `XDG_DOCUMENTS_DIR="$HOME/Away"`, want: ""},
		"a folder that leads nowhere":   {says: `XDG_DOCUMENTS_DIR="Documents"`, dirs: []string{"Documents"}, want: ""},
		"other folders, and none of it": {says: `XDG_MUSIC_DIR="$HOME/Music"`, dirs: []string{"Music"}, want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
			for _, dir := range append(c.dirs, ".config") {
				if err := os.Mkdir(filepath.Join(home, dir), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if c.says != "" {
				if err := os.WriteFile(filepath.Join(home, ".config", "user-dirs.dirs"),
					[]byte(c.says), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := filepath.Clean(Documents()); got != filepath.Join(home, c.want) {
				t.Errorf("documents are in %q", got)
			}
		})
	}
}
