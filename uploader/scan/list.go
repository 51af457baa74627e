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

// MaxList is the largest list of files that is read, in bytes: some millions of paths, all of which
// are in memory while the folder is searched.
const MaxList = 256 << 20

// list is what Options.FilesFrom names, and what of it was met. It belongs to one goroutine.
type list struct {
	lines []string       // paths below the root, with slashes, as they are written
	at    map[string]int // where a line stands, by its path as folded has it
	on    map[string]bool
	met   []bool
}

// readList reads a file with a path in each line, or, where it contains NUL, between NULs. Empty
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

// add takes a line. One that leads out of the folder is refused; a token among them is not
// repeated.
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

// folded is a path as it is looked up, since on Windows case does not count.
func folded(path string) string {
	if foldNames {
		return strings.ToLower(path)
	}
	return path
}

// has reports whether a path is named, which is noted, and whether it lies on the way to one that
// is.
func (l *list) has(below string) (named, onTheWay bool) {
	key := folded(below)
	i, named := l.at[key]
	if named {
		l.met[i] = true
	}
	return named, l.on[key]
}

// missing returns what was named and not met, as it was written.
func (l *list) missing() (lines []string) {
	for i, line := range l.lines {
		if !l.met[i] {
			lines = append(lines, line)
		}
	}
	return lines
}
