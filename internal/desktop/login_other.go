//go:build !linux && !darwin && !windows

package desktop

import "errors"

var errNoLogin = errors.New("not on this system")

func loginPath() (string, error)      { return "", errNoLogin }
func loginOn() (bool, error)          { return false, errNoLogin }
func addLogin(string, []string) error { return errNoLogin }
