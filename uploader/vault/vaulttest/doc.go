// Package vaulttest runs a real keyring on a session bus of its own, for tests. Call [StartBus]
// first; it skips the test where the programs for it are missing.
package vaulttest
