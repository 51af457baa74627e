package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/scan"
)

// namesInJSON is what the summary says about names and patterns.
type namesInJSON struct {
	Renamed          []renamedFile `json:"renamed"`
	RenamedNotListed int64         `json:"renamed_not_listed,omitempty"`
	NameWarnings     []warnedFile  `json:"name_warnings"`
	WarnedNotListed  int64         `json:"name_warnings_not_listed,omitempty"`
	UnmatchedInclude []string      `json:"unmatched_include"`
	UnmatchedExclude []string      `json:"unmatched_exclude"`
}

// renamedFile is a file with another name in the inbox than here.
type renamedFile struct {
	jsonSource
	Blob string `json:"blob"`
}

// warnedFile is a file whose name some system that reads the inbox can't use.
type warnedFile struct {
	jsonSource
	Blob     string             `json:"blob"`
	Warnings []scan.NameWarning `json:"warnings"`
}

// newNames collects what is known of all transfers.
func newNames(o *outcome) namesInJSON {
	n := namesInJSON{
		Renamed: []renamedFile{}, NameWarnings: []warnedFile{},
		UnmatchedInclude: []string{}, UnmatchedExclude: []string{},
	}
	copies := map[string]string{} // the names of those that arrived beside what had theirs
	for _, j := range o.copies {
		copies[j.Source] = j.Blob
	}
	for i := range o.status.Transfers {
		t := &o.status.Transfers[i]
		n.RenamedNotListed += t.Renamed
		n.WarnedNotListed += t.Warned
		for _, f := range t.NameNotes {
			if _, again := copies[f.Source]; f.Renamed && again {
				n.RenamedNotListed-- // is listed below
			} else if f.Renamed {
				n.Renamed = append(n.Renamed, renamedFile{sourceInJSON(f.Source), f.Blob})
			}
			if len(f.Warnings) > 0 {
				n.NameWarnings = append(n.NameWarnings,
					warnedFile{sourceInJSON(f.Source), f.Blob, f.Warnings})
			}
		}
		n.UnmatchedInclude = append(n.UnmatchedInclude, t.Unmatched.Include...)
		n.UnmatchedExclude = append(n.UnmatchedExclude, t.Unmatched.Exclude...)
	}
	n.RenamedNotListed += o.uncopied - int64(len(n.Renamed))
	for _, j := range o.copies {
		n.Renamed = append(n.Renamed, renamedFile{sourceInJSON(j.Source), j.Blob})
	}
	n.WarnedNotListed -= int64(len(n.NameWarnings))
	return n
}

// words says the same to a person, as lines.
func (n *namesInJSON) words() (lines []string) {
	list := func(title string, total int64, count int, line func(i int) string) {
		if total == 0 {
			return
		}
		lines = append(lines, "", fmt.Sprintf(title, fileCount(total)))
		for i := range min(count, mostNamed) {
			lines = append(lines, "  "+line(i))
		}
		if more := total - int64(min(count, mostNamed)); more > 0 {
			lines = append(lines, fmt.Sprintf("  and %s more (see --json)", humanize.Comma(more)))
		}
	}
	list(
		"Renamed in the inbox, %s:",
		int64(len(n.Renamed))+n.RenamedNotListed,
		len(n.Renamed),
		func(i int) string {
			return shownPath(n.Renamed[i].Source) + " → " + show.Text(n.Renamed[i].Blob)
		},
	)
	list(
		"Names that Windows does not allow, %s. They arrive unchanged:",
		int64(len(n.NameWarnings))+n.WarnedNotListed,
		len(n.NameWarnings),
		func(i int) string {
			return show.Text(n.NameWarnings[i].Blob) + "  (" + warningWords(
				n.NameWarnings[i].Warnings) + ")"
		},
	)
	if len(n.UnmatchedInclude) > 0 {
		lines = append(lines, "",
			"These --include patterns matched nothing: "+quotedList(n.UnmatchedInclude)+".")
	}
	if len(n.UnmatchedExclude) > 0 {
		lines = append(lines, "", "These --exclude patterns matched nothing, so they excluded "+
			"nothing: "+quotedList(n.UnmatchedExclude)+".")
	}
	return lines
}

// warningWords says what is wrong with a name.
func warningWords(all []scan.NameWarning) string {
	var words []string
	for _, w := range all {
		words = append(words, w.Why())
	}
	return strings.Join(words, "; ")
}

// quotedList lists patterns, each once.
func quotedList(patterns []string) string {
	var all []string
	for _, p := range patterns {
		if p = "“" + show.Text(p) + "”"; !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return strings.Join(all, ", ")
}
