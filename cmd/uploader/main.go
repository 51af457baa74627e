// Command uploader puts files into a research workspace's inbox with an upload token.
package main

import (
	"context"
	"os"
	"runtime/debug"
)

func main() {
	// What the program holds is mostly buffers that it keeps; the rest is small and short-lived,
	// and collecting it less often costs some 20 MB and saves a tenth of the time that small files
	// take.
	debug.SetGCPercent(200)
	saveMemory()
	keepNoCore()
	outlivePipes()
	env := takeSecretVariables()
	guardGoroutines(os.Stderr)
	ctx, stop := interruptible(context.Background())
	code := guarded(os.Stderr,
		func() int { return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, env) })
	stop()
	os.Exit(code)
}

// takeSecretVariables returns the environment, and takes the token, the account's key and the
// proxy's sign-in out of what programs that this one starts inherit.
func takeSecretVariables() func(string) string {
	taken := map[string]string{}
	for _, name := range []string{tokenVariable, keyVariable, proxyVariable} {
		taken[name] = os.Getenv(name)
		_ = os.Unsetenv(name) // fails on no system for a variable's name like these
	}
	return func(name string) string {
		if secret, ok := taken[name]; ok {
			return secret
		}
		return os.Getenv(name)
	}
}
