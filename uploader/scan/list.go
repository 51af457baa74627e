package scan

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"inboxuploader/uploader/problem"
)

// MaxList is the largest list of files, in bytes: some millions of paths, all of which stay in
// memory during the scan.
const MaxList = 256 << 20

// list holds the lines of Options.FilesFrom and which of them were found. It belongs to one
// goroutine.
type list struct {
	lines []string        // paths below the root, with slashes, as written
	at    map[string]int  // index of a line by its folded path
	on    map[string]bool // folded paths of the folders above the lines
	met   []bool          // by line
}

// readList reads a file with one path a line, or, if it contains NUL, one path between NULs. Empty
// lines don't count. The error is a [*problem.Error] with ListUnreadable or ListOutside.
func readList(file string) (*list, error) {
	data, err := readAtMost(file, MaxList)
	if err != nil {
		e := problem.New("list", file, problem.ListUnreadable)
		e.Value, e.Cause = file, err.Error()
		return nil, e
	}
	separator := byte('\n')
	if bytes.IndexByte(data, 0) >= 0 {
		separator = 0
	}
	l := &list{at: map[string]int{}, on: map[string]bool{}}
	for line := range bytes.SplitSeq(data, []byte{separator}) {
		text := string(line)
		if separator == '\n' {
			text = strings.TrimSuffix(text, "\r")
		}
		if text == "" {
			continue
		}
		if err := l.add(text); err != nil {
			return nil, err
		}
	}
	l.met = make([]bool, len(l.lines))
	return l, nil
}

func readAtMost(file string, most int64) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = io.ErrShortBuffer
	}
	return data, err
}

// add adds a line. It refuses a line that leads out of the folder, with an error that never repeats
// a token.
func (l *list) add(line string) error {
	path := filepath.ToSlash(line)
	clean := strings.Trim(path, "/")
	for strings.HasPrefix(clean, "./") {
		clean = strings.TrimLeft(clean[2:], "/")
	}
	link := strings.Contains(line, "://")
	if link || !filepath.IsLocal(filepath.FromSlash(path)) ||
		slices.Contains(strings.Split(path, "/"), "..") {
		e := problem.New("list", "", problem.ListOutside)
		if e.Value = line; link {
			e.Value, _, _ = strings.Cut(line, "?") // it may be a token
		}
		return e
	}
	if clean == "" || clean == "." {
		return nil // the folder itself, as find prints it
	}
	key := folded(clean)
	if _, twice := l.at[key]; twice {
		return nil
	}
	l.at[key] = len(l.lines)
	l.lines = append(l.lines, clean)
	for i := strings.LastIndexByte(key, '/'); i > 0 && !l.on[key[:i]]; i = strings.LastIndexByte(key[:i], '/') {
		l.on[key[:i]] = true
	}
	return nil
}

// folded returns a path for looking it up: in lower case on Windows, where case does not matter.
func folded(path string) string {
	if foldNames {
		return strings.ToLower(path)
	}
	return path
}

// has reports whether a path is listed, and whether a path below it is. It notes that a listed path
// was found.
func (l *list) has(below string) (named, onTheWay bool) {
	key := folded(below)
	i, named := l.at[key]
	if named {
		l.met[i] = true
	}
	return named, l.on[key]
}

// missing returns the lines that were not found, as written.
func (l *list) missing() (lines []string) {
	for i, line := range l.lines {
		if !l.met[i] {
			lines = append(lines, line)
		}
	}
	return lines
}
