//go:build !linux

package desktop

import (
	"context"
	"errors"
)

// Choose has no dialog for several files on this system; the window uses its own.
func Choose(context.Context, string, string, bool) ([]string, error) {
	return nil, errors.New("choose files: not on this system")
}

// Save has no dialog on this system; the window uses its own.
func Save(context.Context, string, string, string, string) (string, error) {
	return "", errors.New("save a file: not on this system")
}
