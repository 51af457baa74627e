package main

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"inboxuploader/uploader/scan"
	"inboxuploader/workspace"
)

// choice selects some of the files that arrived, and their order.
type choice struct {
	include []string
	since   newerFlag
	sort    sortFlag
}

// add defines the flags. does is the verb for what the command does with files.
func (o *choice) add(f *pflag.FlagSet, does string) {
	f.StringArrayVar(&o.include, "include", nil, does+" only what matches this `PATTERN`: the "+
		"whole name if it has a slash, else any part of it (repeatable, or several separated by "+
		";)")
	f.Var(&o.since, "since", does+" only what arrived since this date, such as 2026-11-01, or "+
		"within this time, such as 24h or 7d, by the storage's clock")
	f.Var(&o.sort, "sort", "sort by name, size (largest first) or time (newest first)")
}

// check refuses invalid patterns.
func (o *choice) check() error {
	err := (scan.Options{Include: splitLists(o.include)}).Check()
	if err != nil {
		return &usageError{explain(err).String()}
	}
	return nil
}

// all reports whether the choice includes every file.
func (o *choice) all() bool { return len(o.include) == 0 && o.since.text == "" }

// of returns the chosen files in the chosen order. Any order but that of names reads all of them
// into memory first.
func (o *choice) of(
	files iter.Seq2[workspace.File, error], now time.Time,
) iter.Seq2[workspace.File, error] {
	since := o.since.since
	if o.since.within > 0 {
		since = now.Add(-o.since.within)
	}
	chosen := workspace.Selection{Include: splitLists(o.include), Since: since}.Of(files)
	order := map[sortFlag]func(a, b workspace.File) int{
		"size": func(a, b workspace.File) int { return cmp.Compare(b.Size, a.Size) },
		"time": func(a, b workspace.File) int { return b.Arrived.Compare(a.Arrived) },
	}[o.sort]
	if order == nil {
		return chosen
	}
	return func(yield func(workspace.File, error) bool) {
		var all []workspace.File
		for f, err := range chosen {
			if err != nil {
				yield(f, err)
				return
			}
			all = append(all, f)
		}
		slices.SortStableFunc(all, order)
		for _, f := range all {
			if !yield(f, nil) {
				return
			}
		}
	}
}

// sortFlag is --sort.
type sortFlag string

// Set implements pflag.Value.
func (s *sortFlag) Set(text string) error {
	if text != "name" && text != "size" && text != "time" {
		return wanted("name, size or time")
	}
	*s = sortFlag(text)
	return nil
}

// String implements pflag.Value. It is empty for the default.
func (s *sortFlag) String() string { return string(*s) }

// Type implements pflag.Value.
func (s *sortFlag) Type() string { return "ORDER" }
