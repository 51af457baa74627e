package desktop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheProgramStartsAtLoginWhereThePersonSaysSo(t *testing.T) {
	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	l := Login{Args: []string{"window", "--hidden"}}
	on := func(want bool) {
		t.Helper()
		if got, err := l.On(); err != nil || got != want {
			t.Errorf("at login: %v, %v; want %v", got, err, want)
		}
	}
	set := func(want bool) {
		t.Helper()
		if err := l.Set(want); err != nil {
			t.Fatal(err)
		}
		on(want)
	}
	on(false)
	set(false) // also where there was none
	set(true)
	path := filepath.Join(config, "autostart", "org.inboxuploader.desktop.desktop")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if want := `Exec="` + program + `" "window" "--hidden"` + "\n"; !strings.Contains(string(text),
		want) {
		t.Errorf("the entry has no line %q:\n%s", want, text)
	}
	for name, change := range map[string]struct {
		old, new string
		on       bool
	}{
		"hidden by the desktop":       {"Terminal=false", "Hidden=true", false},
		"switched off by the desktop": {"enabled=true", "enabled=false", false},
		"a program that is gone":      {"TryExec=" + program, "TryExec=/nowhere/uploader", false},
		"another order of lines":      {"[Desktop Entry]\n", "# by hand\n[Desktop Entry]\nX-GNOME-Autostart-Delay=5\n", true},
		"a key of another group":      {"Terminal=false\n", "Terminal=false\n[Desktop Action x]\nHidden=true\n", true},
	} {
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), change.old, change.new,
			1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := l.On(); err != nil || got != change.on {
			t.Errorf("%s: at login: %v, %v; want %v", name, got, err, change.on)
		}
	}
	set(true) // mends what was changed
	set(false)
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestPathsOfAllKindsStandInTheEntry(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	for program, want := range map[string]string{
		"/opt/a b/uploader":         `"/opt/a b/uploader"`,
		`/opt/50%/"x"/$HOME/` + "`": `"/opt/50%%/\\"x\\"/\\$HOME/\\` + "`" + `"`,
		`/opt/back\slash`:           `"/opt/back\\\\slash"`,
		"/opt/two\nlines":           `"/opt/two\nlines"`,
	} {
		if err := addLogin(program, nil); err != nil {
			t.Fatal(err)
		}
		path, err := loginPath()
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "\nExec="+want+"\n") {
			t.Errorf("%q: want %s in\n%s", program, want, text)
		}
	}
	t.Run("of a program with an odd name", func(t *testing.T) {
		program := filepath.Join(t.TempDir(), "a\\b c\td")
		if err := os.WriteFile(program, nil, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := addLogin(program, nil); err != nil {
			t.Fatal(err)
		}
		if on, err := loginOn(); err != nil || !on {
			t.Errorf("at login: %v, %v", on, err)
		}
	})
}

func TestAFolderThatCantBeWrittenIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CONFIG_HOME", file)
	if err := (Login{}).Set(true); err == nil {
		t.Error("no error")
	}
}
