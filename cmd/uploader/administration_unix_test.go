//go:build !windows

package main

import (
	"os"
	"path/filepath"
)

// takeAdministration has a program that tests start believe the folder of ADMINISTRATION, as if
// whoever runs the tests were the administrator.
func takeAdministration() {
	administratorsHosts = ""
	if dir := os.Getenv("ADMINISTRATION"); dir != "" {
		administratorsHosts, administrator = filepath.Join(dir, "hosts"), uint32(os.Geteuid())
	}
}
