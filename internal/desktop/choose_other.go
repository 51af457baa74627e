//go:build !linux

package desktop

import (
	"context"
	"errors"
)

// Choose has no dialog on this system that takes several files; the window's own stays.
func Choose(context.Context, string, string, bool) ([]string, error) {
	return nil, errors.New("choose files: not on this system")
}

// Save has no dialog on this system; the window's own stays.
func Save(context.Context, string, string, string, string) (string, error) {
	return "", errors.New("save a file: not on this system")
}
