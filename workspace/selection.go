package workspace

import (
	"iter"
	"path"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
)

// Selection selects files of an inbox. The zero Selection selects all of them.
type Selection struct {
	// Include are doublestar patterns; a file must match one of them. Without patterns all files
	// match. A pattern with a slash must match the whole name or the name of a folder above it; a
	// pattern without a slash must match one part of the name. A slash at the end means a folder.
	Include []string
	// Since selects files that arrived at or after this time, by the storage's clock; the zero time
	// selects all files.
	Since time.Time
}

// Takes reports whether a file is selected. An invalid pattern matches nothing.
func (s Selection) Takes(f File) bool {
	if f.Arrived.Before(s.Since) {
		return false
	}
	for _, p := range s.Include {
		if matches(p, f.Name) {
			return true
		}
	}
	return len(s.Include) == 0
}

// Of passes on the selected files, and errors.
func (s Selection) Of(files iter.Seq2[File, error]) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		for f, err := range files {
			if (err != nil || s.Takes(f)) && !yield(f, err) {
				return
			}
		}
	}
}

// matches reports whether a pattern matches a blob or one of the folders in its name.
func matches(pattern, name string) bool {
	pattern = strings.TrimPrefix(pattern, "./")
	folder := strings.HasSuffix(pattern, "/")
	pattern = strings.Trim(pattern, "/")
	whole := strings.Contains(pattern, "/")
	for at, isFile := name, true; at != "." && at != "/"; at, isFile = path.Dir(at), false {
		text := at
		if !whole {
			text = path.Base(at)
		}
		if folder && isFile {
			continue
		}
		if ok, err := doublestar.Match(pattern, text); ok && err == nil {
			return true
		}
	}
	return false
}
