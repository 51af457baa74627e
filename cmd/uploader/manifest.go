package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"inboxuploader/internal/show"
	"inboxuploader/internal/sums"
	"inboxuploader/uploader/manifest"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/proof"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
)

// manifestRun is one run of manifest.
type manifestRun struct {
	*program
	include, exclude  []string
	noDefaultExcludes bool
	links             linksFlag
	algorithm, output string
}

// manifestCommand writes a list of checksums of local files.
func manifestCommand(p *program) *cobra.Command {
	r := &manifestRun{program: p}
	c := &cobra.Command{
		Use:   "manifest FOLDER...",
		Short: "List the checksums of local files in the form of sha256sum and md5sum",
		Long: `List the checksums of files and of everything in folders, in the form that "sha256sum -c" and
"md5sum -c" read. Nothing is sent, and no network is needed. Files that copy skips by default, such
as .DS_Store and links, are skipped here too.

Names are relative to the folder of the list, or without --output to the current folder. If the
files are elsewhere, names begin with FOLDER's name, and a line says in which folder to check the
list. A newline, a carriage return or a backslash in a name is escaped as sha256sum does.

--output writes the list once it is complete, and replaces no file. If it names a folder, the list
is SHA256SUMS or MD5SUMS in it; --algorithm both needs a folder.

Later, "uploader verify SHA256SUMS" tells what changed, even on systems without sha256sum.

Exit codes:
    0    all files are listed
    1    some could not be read and are missing from the list, there were none, or the list could
         not be written
    2    wrong usage
    130  interrupted`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{"Name a folder, as in: uploader manifest myFiles --output " +
					"SHA256SUMS"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return r.run(c.Context(), args) },
	}
	s := c.Flags()
	s.StringVar(&r.algorithm, "algorithm", "sha256", "checksum `NAME`: sha256, md5 or both")
	s.StringVar(&r.output, "output", "", "write the list to this `FILE` or into this folder "+
		"(default: standard output)")
	s.StringArrayVar(&r.include, "include", nil, "list only what matches this `PATTERN`: * is "+
		"any name, ** any folders (repeatable, or several separated by ;)")
	s.StringArrayVar(&r.exclude, "exclude", nil, "skip what matches this `PATTERN`, even if it "+
		"matches --include (repeatable, or several separated by ;)")
	s.BoolVar(&r.noDefaultExcludes, "no-default-excludes", false, "also list system and program "+
		"files such as .DS_Store, Thumbs.db, ~$*, .git, __pycache__")
	addLinks(s, &r.links)
	s.Lookup("follow-symlinks").Usage = "follow links, wherever they lead; =inside: only within " +
		"the same folder (default: links are skipped and counted)"
	return c
}

// list is one list in the writing.
type list struct {
	name string // of its file; empty on standard output
	file *proof.File
	out  io.Writer
	md5  bool
	// shown is whether the list goes to a terminal, which could take file names for commands.
	shown bool
	line  []byte
}

// add appends a file's line.
func (l *list) add(f *proof.Listed) error {
	line := sums.Line{Sum: []byte(f.Sums.SHA256), Name: f.Name}
	if l.md5 {
		line.Sum = []byte(f.Sums.MD5)
	}
	l.line = sums.Append(l.line[:0], line)
	if l.shown {
		l.line = append([]byte(show.Text(string(l.line[:len(l.line)-1]))), '\n')
	}
	_, err := l.out.Write(l.line)
	return err
}

// is reports whether a path is the list's own.
func (l *list) is(path string) bool { return l.file != nil && l.file.Is(path) }

// run carries out the command.
func (r *manifestRun) run(ctx context.Context, args []string) (err error) {
	roots, err := r.roots(args)
	if err != nil {
		return err
	}
	dir, lists, hashes, err := r.lists()
	if err != nil {
		return err
	}
	folder, ok := proof.Folder(dir, roots)
	if !ok {
		return &usageError{"Your files are in several folders, and one list can't name them " +
			"all. Nothing was written. Write a list for each, or one with --output in a folder " +
			"above them."}
	}
	for _, l := range lists {
		if l.name == "" {
			continue
		}
		if l.file, err = proof.Create(l.name); err != nil {
			return listUnwritten(l.name, err)
		}
		l.out = l.file
		defer func() { l.file.Discard() }()
	}
	return r.write(ctx, folder, roots, lists, hashes)
}

// roots returns the absolute paths of the arguments, or an error if one does not exist.
func (r *manifestRun) roots(args []string) (roots []string, err error) {
	for _, a := range args {
		if _, err := os.Stat(a); err != nil {
			return nil, usagef("“%s” does not exist, or can't be accessed. Nothing was written. "+
				"Check the spelling.", show.Text(a))
		}
		root, err := absolutePath(a)
		if err != nil {
			return nil, err
		}
		roots = append(roots, root)
	}
	return roots, nil
}

// lists returns the lists to write, none of them begun, and the folder that they go into.
func (r *manifestRun) lists() (dir string, lists []*list, hashes source.Hashes, err error) {
	hashes, ok := manifestKinds[r.algorithm]
	if !ok {
		return "", nil, 0, &usageError{"--algorithm takes sha256, md5 or both."}
	}
	for _, kind := range []source.Hashes{source.SHA256, source.MD5} {
		if hashes&kind != 0 {
			lists = append(lists, &list{name: manifest.Names[kind], md5: kind == source.MD5})
		}
	}
	dir, err = absolutePath(r.output) // an empty one is the current folder
	if err != nil {
		return "", nil, 0, err
	}
	info, statErr := os.Stat(dir)
	isFolder := r.output != "" && statErr == nil && info.IsDir()
	switch {
	case isFolder:
		for _, l := range lists {
			l.name = filepath.Join(dir, l.name)
		}
	case len(lists) > 1:
		return "", nil, 0, &usageError{"--algorithm both writes two lists, SHA256SUMS and " +
			"MD5SUMS. Nothing was written. Name an existing folder for them, as in --output " +
			"myFiles."}
	case r.output != "":
		lists[0].name, dir = dir, filepath.Dir(dir)
	default:
		out, _ := r.stdout.(printer)
		f, isFile := out.to.(*os.File)
		lists[0].name = "" // standard output
		lists[0].shown = isFile && term.IsTerminal(int(f.Fd()))
	}
	return dir, lists, hashes, nil
}

// listUnwritten returns the error for a list that could not be written.
func listUnwritten(name string, err error) error {
	if errors.Is(err, proof.ErrTaken) {
		return &usageError{"“" + show.Text(name) + "” already exists and was not replaced. Name " +
			"another file with --output, or move that one away."}
	}
	return usagef("The list can't be written to “%s”. Nothing was left there. With --output, "+
		"name a file in an existing folder that you may write to and that has room.", show.Text(name))
}

// write writes the lists.
func (r *manifestRun) write(
	ctx context.Context, folder string, roots []string, lists []*list, hashes source.Hashes,
) error {
	out := bufio.NewWriter(r.stdout)
	for _, l := range lists {
		if l.file == nil {
			l.out = out
		}
	}
	var files, bytes, failed int64
	totals, err := proof.Manifest(ctx, folder, roots, r.scanOptions(), hashes,
		func(f proof.Listed) (err error) {
			switch {
			case slices.ContainsFunc(lists, func(l *list) bool { return l.is(f.Source) }):
			case f.Err != nil:
				failed++
				r.say("Not listed: " + shownPath(f.Source) + ": " + unreadWords(f.Err))
			default:
				files++
				bytes += f.Sums.Bytes
				for _, l := range lists {
					err = errors.Join(err, l.add(&f))
				}
			}
			return err
		})
	if wrongUsage(err) {
		return &usageError{explain(err).String()}
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("list checksums: %w", err)
	}
	for _, l := range lists {
		if l.file == nil || files == 0 { // a list of nothing is of no use
			continue
		}
		if err := l.file.Commit(); err != nil {
			r.say(listUnwritten(l.name, err).Error())
			return exit(exitNotDelivered)
		}
		l.file = nil
	}
	r.sum(folder, lists, totals, files, bytes, failed)
	if failed > 0 || files == 0 {
		return exit(exitNotDelivered)
	}
	return nil
}

// scanOptions returns the options for reading the folders.
func (r *manifestRun) scanOptions() scan.Options {
	own, err := r.stateDir()
	if err != nil {
		own = "" // then there is nothing in it either
	}
	return scan.Options{
		Recursive: true, Include: splitLists(r.include), Exclude: splitLists(r.exclude),
		NoDefaultExcludes: r.noDefaultExcludes, Own: own,
		FollowSymlinks: r.links.follow, FollowOutside: r.links.outside,
	}
}

// sum says how much the lists cover, and how to check them.
func (r *manifestRun) sum(
	folder string, lists []*list, totals scan.Totals, files, bytes, failed int64,
) {
	if files == 0 {
		r.say("There are no files to list, so no list was written.")
	} else {
		words := "Listed " + fileCount(files) + " (" + humanize.Bytes(unsigned(bytes)) + ")"
		var names []string
		for _, l := range lists {
			if l.name != "" {
				names = append(names, shownPath(l.name))
			}
		}
		if len(names) > 0 {
			words += " in " + strings.Join(names, " and ")
		}
		here, err := filepath.Abs(".")
		if err != nil || folder != here {
			words += ". Their names are relative to " + show.Text(folder)
		}
		r.say(words + ".")
	}
	if words := skippedWords(totals.Skipped); words != "" {
		r.say(words)
	}
	if failed > 0 {
		r.say("Not listed, because they could not be read: " + fileCount(failed) + ", named above.")
	}
}

// skippedWords counts the files skipped on purpose, by kind.
func skippedWords(skipped map[scan.SkipReason]int64) string {
	var hashes []string
	for _, reason := range scan.SkipReasons() {
		if n := skipped[reason]; n > 0 {
			hashes = append(hashes, reason.Count(n))
		}
	}
	if len(hashes) == 0 {
		return ""
	}
	return "Skipped: " + strings.Join(hashes, ", ") + "."
}

// unreadWords says why a local file could not be read.
func unreadWords(err error) string {
	if errors.Is(err, proof.ErrUnsteady) {
		return "It changed while it was being read. Wait until the program that writes it has " +
			"finished."
	}
	if e, ok := errors.AsType[*problem.Error](err); ok {
		return explain(e).What
	}
	return "It can't be read."
}
