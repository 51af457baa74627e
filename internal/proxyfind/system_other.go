//go:build !linux && !darwin && !windows

package proxyfind

import (
	"context"
	"errors"
	"net/url"
)

func readSystem(context.Context, *url.URL) (system, error) { return system{}, nil }

func discover(context.Context) (string, error) { return "", errors.New("proxyfind: no wpad") }
