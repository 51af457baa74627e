//go:build !linux

package main

// hasTerminals is false: the scripts were tried with the terminals of Linux alone.
func hasTerminals() bool { return false }
