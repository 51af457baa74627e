package source

import (
	"os"
	"strings"
)

// IsBelow reports whether path is folder or lies below it. Both are real paths.
func IsBelow(path, folder string) bool {
	rest, ok := strings.CutPrefix(path, folder)
	return ok && (rest == "" || os.IsPathSeparator(rest[0]) ||
		os.IsPathSeparator(folder[len(folder)-1]))
}
