package desktop

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// loginPath is the entry's file (specifications.freedesktop.org/autostart-spec).
func loginPath() (string, error) {
	dir, err := os.UserConfigDir() // XDG_CONFIG_HOME
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "autostart", loginID+".desktop"), nil
}

// loginOn reads the entry as desktops do: it counts unless it is hidden, switched off, or its
// program is gone.
func loginOn() (bool, error) {
	path, err := loginPath()
	if err != nil {
		return false, err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	keys := map[string]string{}
	group := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			group = line
		}
		if key, value, ok := strings.Cut(line, "="); ok && group == "[Desktop Entry]" {
			keys[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	if keys["Exec"] == "" || keys["Hidden"] == "true" ||
		keys["X-GNOME-Autostart-enabled"] == "false" {
		return false, nil
	}
	if program := entryText.unescape(keys["TryExec"]); program != "" {
		if _, err := exec.LookPath(program); err != nil {
			return false, nil //nolint:nilerr // a program that is gone is not started, which is the answer
		}
	}
	return true, nil
}

func addLogin(program string, args []string) error {
	path, err := loginPath()
	if err != nil {
		return err
	}
	line := quoteExec(program)
	for _, a := range args {
		line += " " + quoteExec(a)
	}
	return writeLogin(path, "[Desktop Entry]\n"+
		"Type=Application\n"+
		"Name=Inbox Uploader\n"+
		"Comment=Puts files into the inbox of a research workspace\n"+
		"TryExec="+entryText.Replace(program)+"\n"+
		"Exec="+entryText.Replace(line)+"\n"+
		"Terminal=false\n"+
		"X-GNOME-Autostart-enabled=true\n")
}

// quoteExec quotes an argument of a command line
// (specifications.freedesktop.org/desktop-entry-spec, "The Exec key").
func quoteExec(arg string) string {
	return `"` + strings.NewReplacer(`"`, `\"`, "`", "\\`", `$`, `\$`, `\`, `\\`, `%`,
		`%%`).Replace(arg) + `"`
}

// escapes are those of all texts in an entry (the same, "Possible value types").
type escapes struct{ *strings.Replacer }

var entryText = escapes{strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`)}

func (escapes) unescape(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\t`, "\t", `\r`, "\r", `\s`, " ").Replace(s)
}
