// Command uploader puts files into a research workspace's inbox with an upload token.
package main

import (
	"context"
	"os"
	"runtime/debug"
)

func main() {
	// What the program holds is mostly buffers that it keeps; the rest is small and short-lived, and collecting it less
	// often costs some 20 MB and saves a tenth of the time that small files take.
	debug.SetGCPercent(200)
	keepNoCore()
	env := takeTokenVariable()
	ctx, stop := interruptible(context.Background())
	code := guarded(os.Stderr, func() int { return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, env) })
	stop()
	os.Exit(code)
}

// takeTokenVariable returns the environment, and takes the token out of what programs that this one starts inherit.
func takeTokenVariable() func(string) string {
	token := os.Getenv(tokenVariable)
	_ = os.Unsetenv(tokenVariable) // fails on no system for a variable's name like this
	return func(name string) string {
		if name == tokenVariable {
			return token
		}
		return os.Getenv(name)
	}
}
