package token

import (
	"regexp"
	"sync"
)

// expression returns a regular expression that is compiled when it is first asked for: compiling
// all of them takes longer than most runs need, and a plain link asks for few.
func expression(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
