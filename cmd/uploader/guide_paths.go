package main

import (
	"os"
	"path/filepath"
	"strings"
)

// droppedPaths returns the paths in a line that a person typed or pasted, or that a terminal typed
// for files dropped on it. A path is plain, quoted, escaped with backslashes, or a file:// address.
// Spaces separate several. windows is whether a backslash separates folders. If the whole line
// names an existing file, that is the only path, spaces included.
func droppedPaths(line string, windows bool) []string {
	line = strings.TrimSpace(line)
	if line == "" {
		return nil
	}
	if exists(line) {
		return []string{line}
	}
	words := shellWords(line, windows)
	for i, w := range words {
		words[i] = fromHome(w)
	}
	if all := strings.Join(words, " "); len(words) > 1 && exists(all) {
		return []string{all} // an unquoted name with spaces, below the home folder
	}
	return words
}

// shellWords splits a line into words, as the shells do for which terminals quote.
func shellWords(line string, windows bool) (words []string) {
	var word strings.Builder
	begun := false
	var quote rune
	end := func() {
		if begun {
			words = append(words, word.String())
		}
		word.Reset()
		begun = false
	}
	runes := []rune(line)
	for i := 0; i < len(runes); i++ {
		c := runes[i]
		next := rune(0)
		if i+1 < len(runes) {
			next = runes[i+1]
		}
		switch {
		case quote != 0 && c == quote:
			quote = 0
			if windows && next == c { // Windows omits the space between two quoted paths
				end()
			}
		case quote == '\'' || quote != 0 && windows:
			word.WriteRune(c)
		case c == '\\' && !windows && next != 0 &&
			(quote == 0 || strings.ContainsRune("\"\\$`", next)):
			word.WriteRune(next)
			begun = true
			i++
		case quote != 0:
			word.WriteRune(c)
		case c == '"', c == '\'' && (!windows || !begun):
			quote, begun = c, true
		case c == ' ', c == '\t':
			end()
		default:
			word.WriteRune(c)
			begun = true
		}
	}
	end()
	return words
}

// fromHome expands a leading ~ to the home folder, as shells do.
func fromHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || rest != "" && !os.IsPathSeparator(rest[0]) || exists(path) {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	return filepath.Join(home, rest)
}
