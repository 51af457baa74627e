//go:build !linux && !darwin && !windows

package desktop

import "errors"

// StayAwake is not possible on this system.
func StayAwake() (release func(), err error) {
	return nil, errors.New("stay awake: not on this system")
}
