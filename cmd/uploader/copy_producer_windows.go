package main

import "os/exec"

// askToEnd does nothing: Windows has no way to ask a command to exit, so it is killed.
func askToEnd(*exec.Cmd) {}
