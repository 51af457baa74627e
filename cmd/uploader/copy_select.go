package main

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
)

// selection is which files below the sources are sent, and where in the inbox they get.
type selection struct {
	newer    newerFlag
	prefix   string
	contents bool
}

func (s *selection) add(flags *pflag.FlagSet) {
	flags.Var(&s.newer, "newer-than", "send only what was modified since this date, such as "+
		"2026-11-01, or within this time, such as 24h or 7d")
	flags.StringVar(&s.prefix, "prefix", "", "put everything into this `FOLDER` of the inbox, "+
		"such as project/run7")
	flags.BoolVar(&s.contents, "contents", false, "send what is in the folders that are named "+
		"without these folders' own names")
}

// apply makes it part of how the sources are read.
func (s *selection) apply(o *scan.Options) {
	o.MaxAge, o.NewerThan = s.newer.within, s.newer.since
	o.Folder = strings.Trim(filepath.ToSlash(s.prefix), "/")
	o.Contents = s.contents
}

// wrongUsage reports whether a problem is about what stands in the command.
func wrongUsage(err error) bool {
	r := asError(err).Reason
	return r == problem.PatternInvalid || r == problem.FolderInvalid
}

// newerFlag is --newer-than: a date, or a length of time before each search.
type newerFlag struct {
	text   string
	since  time.Time
	within time.Duration
}

// newerLayouts are how a date may be written; without a zone it is this computer's time.
var newerLayouts = []string{
	time.DateOnly, "2006-01-02 15:04", "2006-01-02T15:04", time.DateTime, "2006-01-02T15:04:05",
	time.RFC3339,
}

// Set implements pflag.Value.
func (n *newerFlag) Set(text string) error {
	*n = newerFlag{text: text}
	for _, layout := range newerLayouts {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			n.since = at
			return nil
		}
	}
	var within age
	if within.Set(text) != nil || within.Duration == 0 {
		return wanted("a date such as 2026-11-01, or a time such as 24h or 7d")
	}
	n.within = within.Duration
	return nil
}

// String implements pflag.Value. It is empty for the default.
func (n *newerFlag) String() string { return n.text }

// Type implements pflag.Value.
func (n *newerFlag) Type() string { return "DATE|TIME" }
