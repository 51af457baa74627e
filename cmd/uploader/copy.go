package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// copyFlags holds the flags of copy.
type copyFlags struct {
	recursive         bool
	include, exclude  []string
	noDefaultExcludes bool
	links             linksFlag
	minAge            age
	selection         selection
	stream            streamFlags
	overwrite         overwriteFlag
	keepBoth          bool
	keepTimes, putMD5 bool
	documents         documentFlags
	emptyFolders      bool
	dryRun            bool

	sendFlags
	to string

	idle  []string // AzCopy's flags that change nothing here
	notes []string // what AzCopy's flags do here, for a person
}

// copyRun is one run of copy.
type copyRun struct {
	*program
	*copyFlags
	transfer int64 // what it sends, as soon as that is known
}

// copyCommand delivers files and folders.
func copyCommand(p *program) *cobra.Command {
	r := &copyRun{program: p, copyFlags: &copyFlags{sendFlags: newSendFlags()}}
	c := &cobra.Command{
		Use:     "copy SOURCE... TOKEN|--to NAME",
		Aliases: []string{"cp"},
		Short:   "Deliver files and folders to the inbox of an upload token",
		Long:    copyHelp,
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			args, err := r.stream.take(c, args)
			if err == nil {
				args, err = r.splitMerged(c, args)
			}
			if err == nil {
				args, err = r.unwrapAzCopy(c, args)
			}
			if err != nil {
				return err
			}
			return r.run(c.Context(), args)
		},
	}
	takesToken(c, "0")
	s := c.Flags()
	s.SortFlags = false
	s.BoolVarP(&r.recursive, "recursive", "r", false, "send folders and everything in them")
	r.addPatterns(s)
	s.Var(&r.minAge, "min-age", "skip files modified within this time, such as 10m: a program "+
		"may still be writing them")
	r.selection.add(s)
	r.stream.add(s)
	s.Var(&r.overwrite, "overwrite", "true replaces files of the same name in the inbox, false "+
		"skips yours (default false)")
	s.BoolVar(&r.keepBoth, "keep-both", false, "if the name is taken in the inbox, send the file as "+
		"“name (2)”")
	r.addBeside(s)
	r.documents.add(s)
	s.BoolVar(&r.emptyFolders, "empty-folders", false, "send empty folders as AzCopy does: as blobs "+
		"without content, with the metadata hdi_isfolder=true")
	s.BoolVar(&r.dryRun, "dry-run", false, "send nothing; list what would be sent under which "+
		"name, and what would not and why")
	s.StringVar(&r.to, "to", "", "send to the inbox saved under this `NAME` (uploader inbox add); "+
		"all arguments are then sources")
	r.add(c)
	azcopyFlags(s, r.copyFlags)
	return c
}

// addPatterns defines the flags that select files below the sources.
func (f *copyFlags) addPatterns(s *pflag.FlagSet) {
	s.StringArrayVar(&f.include, "include", nil, "send only what matches this `PATTERN`: * is any "+
		"name, ** any folders (repeatable, or several separated by ;)")
	s.StringArrayVar(&f.exclude, "exclude", nil, "skip what matches this `PATTERN`, even if it matches "+
		"--include (repeatable, or several separated by ;)")
	s.BoolVar(&f.noDefaultExcludes, "no-default-excludes", false, "also send system and program "+
		"files such as .DS_Store, Thumbs.db, ~$*, .git, __pycache__")
	addLinks(s, &f.links)
}

// addBeside defines the flags for what is stored with a file besides its bytes.
func (f *copyFlags) addBeside(s *pflag.FlagSet) {
	s.BoolVar(&f.keepTimes, "keep-times", false, "store each file's modification time with it, as rclone "+
		"does (metadata mtime)")
	s.BoolVar(&f.putMD5, "put-md5", false, "store each file's MD5 with it (Content-MD5), for readers "+
		"who compare it")
}

// overwriteFlag is --overwrite: AzCopy's values, except those that need the right to read.
type overwriteFlag bool

// Set implements pflag.Value.
func (o *overwriteFlag) Set(text string) error {
	switch strings.ToLower(text) {
	case "true":
		*o = true
	case "false":
		*o = false
	case "prompt", "ifsourcenewer":
		return &usageError{"--overwrite=" + text + " would have to read the inbox, which an " +
			"upload token does not permit. Use --overwrite=true to replace files of the same " +
			"name, or --overwrite=false to skip yours."}
	default:
		return wanted("true or false")
	}
	return nil
}

// String implements pflag.Value. It is empty for the default.
func (o *overwriteFlag) String() string {
	if *o {
		return "true"
	}
	return ""
}

// Type implements pflag.Value.
func (o *overwriteFlag) Type() string { return "true|false" }

// scanOptions returns the options for reading the sources.
func (r *copyRun) scanOptions(to token.Inbox) scan.Options {
	own, err := r.stateDir()
	if err != nil {
		own = "" // then there is nothing in it either
	}
	o := scan.Options{
		Inbox: to, Recursive: r.recursive, NoDefaultExcludes: r.noDefaultExcludes,
		MinAge: r.minAge.Duration, EmptyFolders: r.emptyFolders,
		Include: splitLists(r.include), Exclude: splitLists(r.exclude), Own: own,
		FollowSymlinks: r.links.follow, FollowOutside: r.links.outside,
	}
	r.selection.apply(&o)
	return o
}

// splitLists splits patterns at semicolons as AzCopy does, but not within brackets or braces: [;]
// is a semicolon.
func splitLists(lists []string) []string {
	var patterns []string
	for _, list := range lists {
		start, depth := 0, 0
		for i := range len(list) {
			switch list[i] {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(depth-1, 0)
			case ';':
				if depth == 0 {
					patterns = appendPattern(patterns, list[start:i])
					start = i + 1
				}
			}
		}
		patterns = appendPattern(patterns, list[start:])
	}
	return patterns
}

func appendPattern(patterns []string, p string) []string {
	if p = strings.TrimSpace(p); p == "" {
		return patterns
	}
	return append(patterns, p)
}
