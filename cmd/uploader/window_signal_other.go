//go:build cgo && !nogui && !unix

package main

// onWhereAsked does nothing: this system has no such signal, and no end-to-end tests.
func onWhereAsked(func()) func() { return func() {} }
