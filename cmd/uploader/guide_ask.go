package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// errLeft says that a person ended the input, as with Ctrl-D, or chose to leave.
var errLeft = errors.New("left")

// answer asks for one line on a terminal and returns it without surrounding white space. At the end
// of the input it returns errLeft. When the context is cancelled it returns the cause at once.
func (c *console) answer(ctx context.Context, question string) (string, error) {
	c.write(question)
	line, err := c.readLine(ctx)
	switch {
	case err == nil, line != "":
		return line, nil
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	default:
		c.write("\n")
		return "", errLeft
	}
}

// choose asks for one of several options, numbered from 1, and returns its index. An empty line
// chooses the first.
func (c *console) choose(ctx context.Context, question string, options ...string) (int, error) {
	c.say(question)
	for i, o := range options {
		c.say(fmt.Sprintf("  %d  %s", i+1, o))
	}
	for {
		text, err := c.answer(ctx, "Number, then Enter [1]: ")
		if err != nil {
			return 0, err
		}
		if text == "" {
			return 0, nil
		}
		if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= len(options) {
			return n - 1, nil
		}
		c.say(fmt.Sprintf("Type a number from 1 to %d.", len(options)))
	}
}

// agree asks a yes-or-no question; yes is the meaning of an empty answer.
func (c *console) agree(ctx context.Context, question string, yes bool) (bool, error) {
	hint := " [y/N] "
	if yes {
		hint = " [Y/n] "
	}
	for {
		text, err := c.answer(ctx, question+hint)
		if err != nil {
			return false, err
		}
		switch strings.ToLower(text) {
		case "":
			return yes, nil
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
		c.say("Type y for yes or n for no.")
	}
}

// The marks by which a terminal says where a paste begins and ends (xterm's "bracketed paste").
const (
	markPastes   = "\x1b[?2004h"
	unmarkPastes = "\x1b[?2004l"
	pasteBegins  = "\x1b[200~"
	pasteEnds    = "\x1b[201~"
)

// hidden asks for a text without showing it, such as a token. Pasted text may have several lines.
// Its errors are those of answer, and errInterrupted for Ctrl-C, which sends no signal meanwhile.
func (c *console) hidden(ctx context.Context, question string) (string, error) {
	f, ok := c.stdin.(*os.File)
	if !ok {
		return "", errLeft
	}
	fd := int(f.Fd())
	// In line mode, some terminals take no more than 1,024 bytes a line.
	before, err := term.MakeRaw(fd)
	if err != nil {
		return "", fmt.Errorf("hide what is typed: %w", err)
	}
	marks := runtime.GOOS != "windows" // its console may print them
	c.write(question)
	if marks {
		c.write(markPastes)
	}
	defer func() {
		if marks {
			c.write(unmarkPastes)
		}
		_ = term.Restore(fd, before)
		c.write("\n")
	}()
	return unlessCancelled(ctx, func() (string, error) { return readHidden(f) })
}

// readHidden reads from a terminal in raw mode until Enter. Bytes that arrive together count as
// pasted: of their line ends, only the last means Enter.
func readHidden(in io.Reader) (string, error) {
	var text, keys []byte
	pasting := false
	chunk := make([]byte, 4096)
	for len(text) < maxStdin {
		n, err := in.Read(chunk)
		keys = append(keys, chunk[:n]...)
		for len(keys) > 0 {
			switch {
			case bytes.HasPrefix(keys, []byte(pasteBegins)):
				pasting = true
				keys = keys[len(pasteBegins):]
				continue
			case bytes.HasPrefix(keys, []byte(pasteEnds)):
				pasting = false
				keys = keys[len(pasteEnds):]
				continue
			case keys[0] == '\x1b' && len(keys) < len(pasteEnds) && err == nil &&
				strings.HasPrefix(pasteBegins, string(keys[:min(len(keys), 5)])):
				// The next keys will say whether this is a mark.
			case keys[0] == '\x1b':
				keys = keys[escaped(keys):]
				continue
			default:
				key := keys[0]
				keys = keys[1:]
				switch {
				case (key == '\r' || key == '\n') && !pasting && len(bytes.Trim(keys, "\r\n")) == 0:
					return string(text), nil
				case key == '\r':
					text = append(text, '\n')
				case pasting:
					text = append(text, key)
				case key == 3: // Ctrl-C
					return "", errInterrupted
				case key == 4, key == 26: // Ctrl-D, Ctrl-Z
					if len(text) == 0 {
						return "", errLeft
					}
				case key == 8, key == 127:
					_, size := utf8.DecodeLastRune(text)
					text = text[:len(text)-size]
				case key == 21: // Ctrl-U
					text = text[:0]
				default:
					text = append(text, key)
				}
				continue
			}
			break
		}
		if err != nil {
			if len(text) == 0 {
				return "", errLeft
			}
			return string(text), nil
		}
	}
	return string(text), nil
}

// escaped returns the length in bytes of a key that begins with Esc, such as an arrow.
func escaped(keys []byte) int {
	if len(keys) < 2 || keys[1] != '[' && keys[1] != 'O' {
		return 1
	}
	for i := 2; i < len(keys); i++ {
		if keys[i] >= '@' && keys[i] <= '~' {
			return i + 1
		}
	}
	return len(keys)
}
