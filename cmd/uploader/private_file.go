package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"inboxuploader/internal/blobserver"
	"inboxuploader/internal/show"
)

// writePrivate writes text to a new file that only its owner can read, and renames it to name, so
// that a reader waiting for the file finds all of it.
func writePrivate(name, text string) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".uploader-*.part") // readable by its owner alone
	if err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	_, err = io.WriteString(f, text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write file: %w", err), os.Remove(f.Name()))
	}
	return nil
}

// checkTokenFile makes sure that the file of --print-token replaces nothing but an empty file, or
// one that holds only an earlier token of a local inbox. An empty path means no file.
func checkTokenFile(path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return tokenUnwritable(path)
	case info.Mode().IsRegular() && info.Size() == 0:
		return nil
	case info.Mode().IsRegular() && info.Size() < maxStdin:
		text, err := os.ReadFile(path)
		if err != nil {
			return tokenUnwritable(path)
		}
		if isTokenFile(string(text)) {
			return nil
		}
	}
	return &usageError{"“" + show.Text(path) + "” exists and holds more than a token, so it was " +
		"not replaced. Nothing was started. Name another file with --print-token."}
}

// isTokenFile reports whether a text is what --print-token writes: a local inbox's link in one
// line.
func isTokenFile(text string) bool {
	link, ended := strings.CutSuffix(text, "\n")
	u, err := url.Parse(link)
	return ended && err == nil && strings.HasPrefix(u.Path, "/"+blobserver.DefaultAccount+"/") &&
		u.Query().Has("sig")
}

func tokenUnwritable(path string) error {
	return &usageError{"The token can't be written to “" + show.Text(path) + "”. Nothing was " +
		"started. With --print-token, name a file in a folder you may write to."}
}
