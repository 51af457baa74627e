package main

import (
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
)

// Windows takes the \" in  "data\" "https://…" --recursive  for a quote inside a name, so that all
// this is one argument.
var (
	// mergedLink matches it: the folder, the token, and what follows.
	mergedLink = regexp.MustCompile(`^([^"]+)"\s+(https?://[^\s"]+)((?:\s+-\S+)*)\s*$`)
	merged     = regexp.MustCompile(`"\s+\S`)
)

// splitMerged splits an argument in which a backslash before a quote has merged a folder, the token
// and options. It fails if the parts are ambiguous.
func (f *copyFlags) splitMerged(c *cobra.Command, args []string) ([]string, error) {
	for i, a := range args {
		if !merged.MatchString(a) || exists(a) || len(args) == 1 && isAzCopy(splitLine(a)[0]) {
			continue
		}
		m := mergedLink.FindStringSubmatch(a)
		if m == nil || i != len(args)-1 {
			return nil, &usageError{"A backslash before a closing quote joined several " +
				"arguments. Nothing was sent. Omit the backslash at the end of a folder's name: " +
				"\"C:\\data\" instead of \"C:\\data\\\"."}
		}
		if err := c.ParseFlags(strings.Fields(m[3])); err != nil {
			return nil, c.FlagErrorFunc()(c, err)
		}
		f.notes = append(
			f.notes,
			`A backslash before a closing quote merged “`+show.Text(
				m[1])+"\\” with the token; they are read as two.",
		)
		if strings.HasSuffix(m[1], ":") {
			m[1] += `\` // a whole disk
		}
		return append(args[:i:i], m[1], m[2]), nil
	}
	return args, nil
}
