package source

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// maxLinks bounds links that lead to links; Windows itself follows 63 at most.
const maxLinks = 63

// resolve returns an absolute path with all links on it followed. filepath.EvalSymlinks leaves
// junctions as they are.
func resolve(path string) (string, error) {
	for range maxLinks {
		next, ok := followFirst(path)
		if !ok {
			if normal, err := filepath.EvalSymlinks(path); err == nil {
				path = normal // in the case that the disk has it, and long names for short ones
			}
			return path, nil
		}
		path = next
	}
	return "", windows.ERROR_CANT_RESOLVE_FILENAME
}

// followFirst follows the first link on a path; ok is false if there is none.
func followFirst(path string) (next string, ok bool) {
	for _, at := range ancestors(path) {
		fi, err := os.Lstat(at)
		if err != nil || fi.Mode()&(os.ModeSymlink|os.ModeIrregular) == 0 {
			continue
		}
		target, err := os.Readlink(at)
		if err != nil {
			continue // it has a reparse tag but is not a link
		}
		switch {
		case filepath.IsAbs(target):
		case strings.HasPrefix(target, `\`): // on the same disk
			target = filepath.VolumeName(at) + target
		default:
			target = filepath.Join(filepath.Dir(at), target)
		}
		return filepath.Join(target, strings.TrimPrefix(path, at)), true
	}
	return "", false
}
