package main

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"inboxuploader/uploader/scan"
)

// linksFlag is --follow-symlinks: whether to follow links, and whether they may lead outside the
// sources.
type linksFlag struct{ follow, outside bool }

// addLinks adds the flag, which needs no value.
func addLinks(s *pflag.FlagSet, l *linksFlag) {
	s.Var(l, "follow-symlinks", "follow links, wherever they lead; =inside: only within the "+
		"same source (default: links are skipped and counted)")
	s.Lookup("follow-symlinks").NoOptDefVal = "true"
}

// Set implements pflag.Value.
func (l *linksFlag) Set(text string) error {
	switch strings.ToLower(text) {
	case "true":
		*l = linksFlag{follow: true, outside: true}
	case "inside":
		*l = linksFlag{follow: true}
	case "false":
		*l = linksFlag{}
	default:
		return wanted("true, inside or false")
	}
	return nil
}

// String implements pflag.Value. It is empty for the default.
func (l *linksFlag) String() string {
	switch {
	case l.outside:
		return "true"
	case l.follow:
		return "inside"
	}
	return ""
}

// Type implements pflag.Value. The help does not show the type of a flag without a value.
func (l *linksFlag) Type() string { return "bool" }

// outside counts the followed links that lead outside the sources.
func (o *outcome) outside() (n int64) {
	for _, t := range o.status.Transfers {
		n += t.Outside
	}
	return n
}

// outsideWords says how many followed links lead outside the sources.
func (o *outcome) outsideWords() string {
	switch n := o.outside(); n {
	case 0:
		return ""
	case 1:
		return "1 link leads outside the folders you named and was followed. " +
			"--follow-symlinks=inside skips such links."
	default:
		return humanize.Comma(n) + " links lead outside the folders you named and were " +
			"followed. --follow-symlinks=inside skips such links."
	}
}

// unfollowedWords names the skipped links: those to folders that are already sent under too many
// names.
func (o *outcome) unfollowedWords() []string {
	n := o.leftOut()[scan.SkipFollowed]
	if n == 0 {
		return nil
	}
	lines := []string{"These links lead to folders that are already sent under 100 names, and " +
		"were not followed:"}
	for _, t := range o.status.Transfers {
		for _, s := range t.SkippedPaths {
			if s.Reason == scan.SkipFollowed && len(lines) <= mostNamed {
				lines = append(lines, "  "+shownPath(s.Source))
			}
		}
	}
	if more := n - int64(len(lines)-1); more > 0 {
		lines = append(lines, fmt.Sprintf("  and %s more", humanize.Comma(more)))
	}
	return lines
}
