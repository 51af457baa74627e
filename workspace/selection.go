package workspace

import (
	"iter"
	"path"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
)

// Selection is which of an inbox's files are wanted. The zero Selection is all of them.
type Selection struct {
	// Include are doublestar patterns, of which a file has to match one; none is for all files. One
	// with a slash is matched with the whole name, or with that of a folder above; one without with
	// each part of it. A slash at the end says that it is a folder's.
	Include []string
	// Since is the moment, by the storage's clock, at or after which a file arrived; the zero time
	// is for all files.
	Since time.Time
}

// Takes reports whether a file is wanted. A pattern that is none matches nothing.
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

// Of passes the files on that are wanted, and errors.
func (s Selection) Of(files iter.Seq2[File, error]) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		for f, err := range files {
			if (err != nil || s.Takes(f)) && !yield(f, err) {
				return
			}
		}
	}
}

// matches reports whether a pattern names a blob or one of the folders in its name.
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
