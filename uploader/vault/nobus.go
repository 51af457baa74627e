//go:build darwin || windows

package vault

import (
	"inboxuploader/uploader/problem"
)

// watchKeyring watches nothing: these keyrings end with the system only.
func watchKeyring() (*watch, error) { return &watch{stop: func() {}}, nil }

// busKind is for systems with a session bus; what is not known by other means is a refusal.
func busKind(error) (problem.Reason, string) { return problem.VaultRefused, "keyring refused" }
