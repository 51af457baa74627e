package main

import (
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// azcopyFlag is one of AzCopy's flags, as pasted commands have them.
type azcopyFlag struct {
	name string
	word bool // takes a value; else it is true or false
	// set applies the flag. If it is nil, the flag changes nothing here, and a note says so.
	set func(f *copyFlags, value string) error
}

const errNumber = wanted("a number above 0")

// azcopyTable lists the flags of "azcopy copy" that this program understands besides its own, or
// refuses with an explanation.
var azcopyTable = []azcopyFlag{
	{"from-to", true, func(_ *copyFlags, v string) error {
		if !strings.EqualFold(v, "LocalBlob") {
			return &usageError{"--from-to=" + v + " is not possible: this program sends local " +
				"files to Blob storage only (LocalBlob)."}
		}
		return nil
	}},
	{"blob-type", true, func(_ *copyFlags, v string) error {
		if !strings.EqualFold(v, "BlockBlob") && !strings.EqualFold(v, "Detect") {
			return &usageError{"--blob-type=" + v + " is not possible: this program makes block " +
				"blobs only, which is what inboxes expect."}
		}
		return nil
	}},
	{"output-type", true, func(f *copyFlags, v string) error {
		f.asJSON = f.asJSON || strings.EqualFold(v, "json")
		return nil
	}},
	{"cap-mbps", true, func(f *copyFlags, v string) error {
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || n < 0 || n > math.MaxInt32 {
			return errNumber
		}
		if n == 0 {
			return nil // AzCopy's word for no limit
		}
		return f.rate.set(int64(n * 1e6 / 8))
	}},
	{"block-size-mb", true, func(f *copyFlags, v string) error {
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || n <= 0 || n > math.MaxInt32 {
			return errNumber
		}
		return f.block.set(int64(n * (1 << 20)))
	}},
	{
		"include-pattern", true,
		func(f *copyFlags, v string) error { f.include = append(f.include, v); return nil },
	},
	{
		"exclude-pattern", true,
		func(f *copyFlags, v string) error { f.exclude = append(f.exclude, v); return nil },
	},
	{"include-path", true, func(f *copyFlags, v string) error {
		f.include = append(f.include, pathPatterns(v)...)
		return nil
	}},
	{"exclude-path", true, func(f *copyFlags, v string) error {
		f.exclude = append(f.exclude, pathPatterns(v)...)
		return nil
	}},
	{"as-subdir", false, func(_ *copyFlags, v string) error {
		if v == "false" {
			return &usageError{"--as-subdir=false is not possible: a folder keeps its own name " +
				"in the inbox. To drop it, send what it contains: \"FOLDER/*\"."}
		}
		return nil
	}},
	{"preserve-last-modified-time", false, func(f *copyFlags, v string) error {
		return f.note(v, "--preserve-last-modified-time has no effect: the storage dates what "+
			"arrives itself. --keep-times stores the files' times with them.")
	}},
	{"hardlinks", true, func(_ *copyFlags, v string) error {
		if !strings.EqualFold(v, "follow") {
			return usagef("--hardlinks=%s is not possible: every name of a file is sent as a "+
				"file, as with --hardlinks=follow.", v)
		}
		return nil
	}},
	{name: "output-level", word: true},
	{name: "check-length"},
	{name: "check-md5", word: true},
	{name: "put-blob-size-mb", word: true},
	{name: "disable-auto-decoding"},
	{name: "skip-version-check"},
	{name: "check-version"},
	{name: "await-open"},
	{name: "await-continue"},
	{name: "cancel-from-stdin"},
	{name: "decompress"},
	{name: "force-if-read-only"},
	{name: "trailing-dot", word: true},
	{name: "preserve-owner"},
	{name: "exclude-blob-type", word: true},
	{name: "exclude-container", word: true},
	{name: "list-of-versions", word: true},
	{name: "s2s-preserve-access-tier"},
	{name: "s2s-preserve-blob-tags"},
	{name: "s2s-preserve-properties"},
	{name: "s2s-detect-source-changed"},
	{name: "s2s-get-properties-in-backend"},
	{name: "s2s-handle-invalid-metadata", word: true},
	refusedFlag("preserve-symlinks", "the inbox has no links. Omit it, or follow links with "+
		"--follow-symlinks"),
	refusedFlag("trusted-microsoft-suffixes", "name the storage's host with --allow-host instead"),
	refusedFlag("include-after", "select files with --newer-than"),
	refusedFlag("include-before", "select files with --include and --exclude, or name them"),
	refusedFlag("include-regex", "select files with the patterns of --include"),
	refusedFlag("exclude-regex", "select files with the patterns of --exclude"),
	refusedFlag("list-of-files", "name the list with --files-from"),
	refusedFlag("content-type", "the type follows from each file's name"),
	refusedFlag("no-guess-mime-type", "the type follows from each file's name"),
	refusedFlag("metadata", "the only metadata is a file's time, with --keep-times"),
	refusedFlag("blob-tags", "files are delivered without tags"),
	refusedFlag("block-blob-tier", "the workspace decides on the storage's tier"),
	refusedFlag("cpk-by-name", "the workspace decides on encryption"),
	refusedFlag("cpk-by-value", "the workspace decides on encryption"),
	refusedFlag("page-blob-tier", "this program makes block blobs only"),
	refusedFlag("cache-control", "files are delivered with a content type alone"),
	refusedFlag("content-disposition", "files are delivered with a content type alone"),
	refusedFlag("content-encoding", "files are delivered with a content type alone"),
	refusedFlag("content-language", "files are delivered with a content type alone"),
	refusedFlag("include-attributes", "select files with --include and --exclude"),
	refusedFlag("exclude-attributes", "select files with --include and --exclude"),
	{"include-directory-stub", false, func(f *copyFlags, v string) error {
		f.emptyFolders = v != "false"
		return f.note(v, "--include-directory-stub means --empty-folders: only folders in which "+
			"nothing is sent get a blob, because the files show the others.")
	}},
	refusedFlag("backup", "files are read with your own rights"),
	refusedFlag("preserve-info", "the inbox keeps no such properties"),
	refusedFlag("preserve-smb-permissions", "the inbox keeps no permissions"),
	refusedFlag("preserve-permissions", "the inbox keeps no permissions"),
	refusedFlag("preserve-posix-properties", "the inbox keeps no permissions"),
	refusedFlag("preserve-smb-info", "the inbox keeps no such properties"),
}

// refusedFlag is a flag for something that this program does not do.
func refusedFlag(name, instead string) azcopyFlag {
	return azcopyFlag{name, false, func(_ *copyFlags, v string) error {
		if v == "false" {
			return nil
		}
		return &usageError{"AzCopy's --" + name + " is not possible here: " + instead + "."}
	}}
}

func (f *copyFlags) note(value, sentence string) error {
	if value != "false" {
		f.notes = append(f.notes, sentence)
	}
	return nil
}

// allNotes are the notes, with one about all flags that change nothing.
func (f *copyFlags) allNotes() []string {
	if len(f.idle) == 0 {
		return f.notes
	}
	return append(f.notes,
		"These AzCopy options have no effect here: "+strings.Join(f.idle, ", ")+".")
}

// pathPatterns turns AzCopy's list of paths into patterns. A path means a file, or everything below
// a folder.
func pathPatterns(list string) []string {
	var patterns []string
	for path := range strings.SplitSeq(list, ";") {
		path = strings.Trim(strings.ReplaceAll(strings.TrimSpace(path), `\`, "/"), "/")
		if path == "" {
			continue
		}
		var b strings.Builder
		for _, r := range path {
			if strings.ContainsRune("*?{", r) {
				b.WriteString("[" + string(r) + "]")
			} else if r == '[' {
				b.WriteString("[[]")
			} else {
				b.WriteRune(r)
			}
		}
		patterns = append(patterns, b.String()+"/**")
	}
	return patterns
}

// azcopyFlags adds AzCopy's flags, which the help does not list.
func azcopyFlags(s *pflag.FlagSet, f *copyFlags) {
	for _, a := range azcopyTable {
		s.Var(&azcopyValue{a, f}, a.name, "")
		flag := s.Lookup(a.name)
		flag.Hidden = true
		if !a.word {
			flag.NoOptDefVal = "true"
		}
	}
}

// azcopyValue is one of AzCopy's flags on the command line.
type azcopyValue struct {
	azcopyFlag
	flags *copyFlags
}

// Set implements pflag.Value.
func (a *azcopyValue) Set(value string) error {
	if a.set == nil {
		if value != "false" {
			a.flags.idle = append(a.flags.idle, "--"+a.name)
		}
		return nil
	}
	return a.set(a.flags, value)
}

// String implements pflag.Value.
func (a *azcopyValue) String() string { return "" }

// Type implements pflag.Value.
func (a *azcopyValue) Type() string { return "AzCopy" }

// unwrapAzCopy removes "azcopy copy" from the arguments, whether they are separate words or a whole
// command pasted as one argument, whose flags it then reads. It returns other arguments unchanged.
func (r *copyRun) unwrapAzCopy(c *cobra.Command, args []string) ([]string, error) {
	if len(args) > 2 && isAzCopy(args[0]) && isCopyWord(args[1]) {
		return args[2:], nil
	}
	if len(args) != 1 {
		return args, nil
	}
	words := splitLine(args[0])
	if len(words) < 2 || !isAzCopy(words[0]) {
		return args, nil
	}
	if !isCopyWord(words[1]) {
		return nil, &usageError{"Of AzCopy's commands, only “copy” works here."}
	}
	for i, word := range words {
		// Before a flag's name, the dash that a word processor makes of two hyphens means them.
		flag := strings.TrimLeft(word, "–—")
		if name, _, _ := strings.Cut(flag, "="); flag != word && c.Flags().Lookup(name) != nil {
			words[i] = "--" + flag
		}
	}
	if err := c.ParseFlags(words[2:]); err != nil {
		return nil, c.FlagErrorFunc()(c, err)
	}
	r.notes = append(r.notes, "The AzCopy line is run as “uploader copy” with the same words.")
	return c.Flags().Args(), nil
}

// isAzCopy reports whether the word is AzCopy's name, with or without a path or Windows' ending.
func isAzCopy(word string) bool {
	word = strings.ToLower(word)
	word = word[strings.LastIndexAny(word, `/\`)+1:]
	return strings.TrimSuffix(word, ".exe") == "azcopy"
}

func isCopyWord(word string) bool {
	switch strings.ToLower(word) {
	case "copy", "cp", "c":
		return true
	}
	return false
}

// splitLine splits a command line into words. It removes quotes in the way on which sh, cmd and
// PowerShell agree. A backslash stays: it is far more often part of a path than an escape. At the
// end of a line, a backslash, a caret or a backtick continues the line.
func splitLine(line string) []string {
	for _, continued := range []string{"\\\r\n", "\\\n", "^\r\n", "^\n", "`\r\n", "`\n"} {
		line = strings.ReplaceAll(line, continued, " ")
	}
	var words []string
	var word strings.Builder
	inWord := false
	var quote rune
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, inWord = r, true
		case r == '“' || r == '”': // what a word processor makes of quotes
			quote, inWord = '”', true
		case unicode.IsSpace(r):
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words
}
