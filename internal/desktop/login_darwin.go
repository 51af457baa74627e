package desktop

import (
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// loginPath is the file of the agent that launchd starts at login (man 5 launchd.plist).
func loginPath() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, "Library", "LaunchAgents", loginID+".plist"), nil
}

func loginOn() (bool, error) {
	path, err := loginPath()
	if err != nil {
		return false, err
	}
	if _, err = os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func addLogin(program string, args []string) error {
	path, err := loginPath()
	if err != nil {
		return err
	}
	var words strings.Builder
	for _, word := range append([]string{program}, args...) {
		words.WriteString("\t\t<string>")
		if err := xml.EscapeText(&words, []byte(word)); err != nil {
			return err
		}
		words.WriteString("</string>\n")
	}
	return writeLogin(path, xml.Header+
		`<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>`+loginID+`</string>
	<key>ProgramArguments</key>
	<array>
`+words.String()+`	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>LimitLoadToSessionType</key>
	<string>Aqua</string>
	<key>ProcessType</key>
	<string>Interactive</string>
</dict>
</plist>
`)
}
