package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
)

// listsLast is how long lists of files stay in the state folder. Tokens last thirty days, so no
// upload still needs an older list.
const listsLast = 60 * 24 * time.Hour

// isList reports whether a file in the state folder is a list of files: the copy of one that could
// be read only once, what a watch found, or what it is watching.
func isList(name string) bool {
	kept, _ := filepath.Match("list-????????????????????????????????.txt", name)
	watched, _ := filepath.Match("watch-*.txt", name) // fails only for a bad pattern
	return kept || watched
}

// selection says which files below the sources to send, and where in the inbox to put them.
type selection struct {
	newer    newerFlag
	shard    shardFlag
	prefix   string
	contents bool
	list     string // of --files-from; an absolute path once keepList has run
}

func (s *selection) add(flags *pflag.FlagSet) {
	flags.Var(&s.newer, "newer-than", "send only files modified since this date, such as "+
		"2026-11-01, or within this time, such as 24h or 7d")
	flags.StringVar(&s.list, "files-from", "", "send only what this `FILE` lists: paths below SOURCE, "+
		"or the current folder, one per line or separated by NULs; - is standard input")
	flags.Var(&s.shard, "shard", "send only shard I of N, so that N machines share the work")
	s.addPlace(flags)
}

// addPlace defines the flags that say where in the inbox files go.
func (s *selection) addPlace(flags *pflag.FlagSet) {
	flags.StringVar(&s.prefix, "prefix", "", "put everything into this `FOLDER` of the inbox, "+
		"such as project/run7")
	flags.BoolVar(&s.contents, "contents", false, "send what is in the folders you name, without the "+
		"folders' own names")
}

// apply copies the selection into the scan options.
func (s *selection) apply(o *scan.Options) {
	o.MaxAge, o.NewerThan = s.newer.within, s.newer.since
	o.Shard = s.shard.Shard
	o.Folder = s.folder()
	o.Contents = s.contents
	o.FilesFrom = s.list
}

// folder is the folder in the inbox that everything goes into; empty for none.
func (s *selection) folder() string { return strings.Trim(filepath.ToSlash(s.prefix), "/") }

// wrongUsage reports whether a problem is a mistake in the command line.
func wrongUsage(err error) bool {
	r := asError(err).Reason
	return slices.Contains([]problem.Reason{
		problem.PatternInvalid, problem.FolderInvalid, problem.ListUnreadable, problem.ListOutside,
	}, r)
}

// checkList refuses a list that does not fit the sources.
func (r *copyRun) checkList(sources []string) error {
	switch {
	case r.selection.list == "":
		return nil
	case len(sources) > 1:
		return &usageError{"A list of files covers one folder. Nothing was sent. Name that " +
			"folder, or none for paths below the current one."}
	}
	if info, err := os.Stat(sources[0]); err == nil && !info.IsDir() {
		return &usageError{"“" + show.Text(sources[0]) + "” is not a folder, so it can't be " +
			"used with a list of files. Nothing was sent."}
	}
	return nil
}

// keepList makes the list a file that this run and later ones can read again. It saves what comes
// from standard input or a pipe in the state folder, under a name made from its content.
func (r *copyRun) keepList(ctx context.Context) error {
	name := r.selection.list
	if name == "" {
		return nil
	}
	open := func() (io.ReadCloser, error) { return os.Open(name) }
	if name == "-" {
		open = func() (io.ReadCloser, error) { return io.NopCloser(r.stdin), nil }
	} else if info, err := os.Stat(name); err != nil || info.Mode().IsRegular() {
		r.selection.list, err = absolutePath(name) // the reader reports a missing file
		return err
	}
	text, err := readText(ctx, open, scan.MaxList+1)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil || len(text) > scan.MaxList:
		e := problem.New("list", name, problem.ListUnreadable)
		e.Value = name
		return &usageError{explain(e).String()}
	}
	r.selection.list, err = r.writeList(text)
	return err
}

// writeList saves a list of files in the state folder, and returns its path.
func (r *copyRun) writeList(text string) (path string, err error) {
	dir, err := r.openState()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(text))
	path = filepath.Join(dir, fmt.Sprintf("list-%x.txt", sum[:16]))
	r.removeOldLists(dir)
	if err := writePrivate(path, text); err != nil {
		e := problem.New("keep list", dir, problem.JournalUnwritable)
		e.Cause = err.Error()
		return "", e
	}
	return path, nil
}

// removeOldLists removes the lists that no upload can still need. It ignores errors.
func (r *copyRun) removeOldLists(dir string) {
	entries, _ := os.ReadDir(dir) // the next run tries again
	for _, e := range entries {
		if !isList(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil && r.now().Sub(info.ModTime()) > listsLast {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// newerFlag is --newer-than: a date, or a length of time before each search.
type newerFlag struct {
	text   string
	since  time.Time
	within time.Duration
}

// newerLayouts are the accepted forms of a date. Without a zone it is in this computer's time.
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
