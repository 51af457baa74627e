package desktop

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// Say shows words in one of the desktop's own boxes and returns when the person has closed it. An
// error means that there is no such box.
func Say(title, words string) error {
	plain := strings.NewReplacer("<", "‹", ">", "›", "&", "＆").Replace(words) // what takes markup in spite of all
	for _, box := range [][]string{
		{"zenity", "--error", "--no-markup", "--width=420", "--title=" + title, "--text=" + words},
		{"kdialog", "--title", title, "--error", plain},
		{"xmessage", "-center", "-title", title, inLines(words)},
	} {
		path, err := exec.LookPath(box[0])
		if err != nil {
			continue
		}
		err = exec.Command(path, box[1:]...).Run() //nolint:gosec // no shell between
		if _, closed := errors.AsType[*exec.ExitError](err); err == nil || closed {
			return nil
		}
	}
	return notification(title, words)
}

// inLines breaks words into lines, for programs that don't wrap them.
func inLines(words string) string {
	const most = 72 // characters
	var text strings.Builder
	at := 0
	for _, word := range strings.Fields(words) {
		n := utf8.RuneCountInString(word)
		switch {
		case at == 0:
		case at+1+n > most:
			text.WriteByte('\n')
			at = 0
		default:
			text.WriteByte(' ')
			at++
		}
		text.WriteString(word)
		at += n
	}
	return text.String()
}

// notification shows the words as a notification, if no program for boxes is installed.
func notification(title, words string) error {
	bus, err := sessionBus()
	if err != nil {
		return err
	}
	defer func() { _ = bus.Close() }()
	return bus.Object("org.freedesktop.Notifications",
		"/org/freedesktop/Notifications").Call("org.freedesktop.Notifications.Notify", 0,
		title, uint32(0), "dialog-error", title, words, []string{}, map[string]any{}, int32(0)).Err
}

// IsRead reports whether a person may read the program's stderr: it was started in a terminal.
func IsRead() bool { return term.IsTerminal(int(os.Stderr.Fd())) }
