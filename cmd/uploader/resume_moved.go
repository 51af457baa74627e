package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
)

// followMoves tells the upload list where folders have moved, each as OLD=NEW.
func (r *resumeRun) followMoves(ctx context.Context, q *uploader.Queue) error {
	for _, m := range r.moved {
		from, to, ok := splitMove(m)
		if !ok {
			return usagef("--moved can't be “%s”: it takes OLD=NEW, and NEW must be an existing "+
				"folder. Nothing was sent.", show.Text(m))
		}
		n, err := q.Moved(ctx, from, to)
		if err != nil {
			return err
		}
		if n == 0 {
			return usagef("The list has no files from “%s”. Nothing was sent. To see the list: "+
				"uploader status", show.Text(from))
		}
		r.say(fmt.Sprintf("Now looked for in %s: %s.", show.Text(to), fileCount(int64(n))))
	}
	return nil
}

// splitMove parses OLD=NEW. Names may contain an equals sign too, so it splits at the first one
// after which a folder follows.
func splitMove(text string) (from, to string, ok bool) {
	for i := range len(text) {
		if text[i] != '=' || i == 0 {
			continue
		}
		from, to = wholeDrive(text[:i]), wholeDrive(text[i+1:])
		if info, err := os.Stat(to); err != nil || !info.IsDir() {
			continue
		}
		var errs [2]error
		from, errs[0] = filepath.Abs(from)
		to, errs[1] = filepath.Abs(to)
		return from, to, errs[0] == nil && errs[1] == nil
	}
	return "", "", false
}

// wholeDrive makes a drive letter on Windows mean the whole drive, not the current folder on it.
func wholeDrive(path string) string {
	if path != "" && filepath.VolumeName(path) == path && strings.HasSuffix(path, ":") {
		return path + string(filepath.Separator)
	}
	return path
}
