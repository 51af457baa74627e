package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// copyFlags is what the flags of copy say.
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
	notes []string // what flags of AzCopy's lead to, for the person
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
		Short:   "Deliver files and folders into the inbox of an upload token",
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
	s.BoolVarP(&r.recursive, "recursive", "r", false, "send folders with all they contain")
	r.addPatterns(s)
	s.Var(&r.minAge, "min-age", "leave files for later that were modified within this time, such "+
		"as 10m: a program may still be writing them")
	r.selection.add(s)
	r.stream.add(s)
	s.Var(&r.overwrite, "overwrite", "true replaces files of the same name in the inbox, false "+
		"leaves them alone (default false)")
	s.BoolVar(&r.keepBoth, "keep-both", false, "send a file whose name is taken in the inbox as "+
		"“name (2)” beside it")
	r.addBeside(s)
	r.documents.add(s)
	s.BoolVar(&r.emptyFolders, "empty-folders", false, "send folders in which nothing is sent as what "+
		"AzCopy makes of folders: a blob without content, with the metadata hdi_isfolder=true")
	s.BoolVar(&r.dryRun, "dry-run", false, "list what would be sent under which name, and what "+
		"would not and why; send nothing")
	s.StringVar(&r.to, "to", "", "send to the inbox kept under this `NAME`, see: uploader inbox "+
		"add --help; all arguments are then sources")
	r.add(c)
	azcopyFlags(s, r.copyFlags)
	return c
}

// addPatterns defines the flags that say which files below the sources are meant.
func (f *copyFlags) addPatterns(s *pflag.FlagSet) {
	s.StringArrayVar(&f.include, "include", nil, "send only what matches this `PATTERN` "+
		"(repeatable; * any name, ** any folders; several with ; between them)")
	s.StringArrayVar(&f.exclude, "exclude", nil, "never send what matches this `PATTERN` "+
		"(repeatable, the same way; stronger than --include)")
	s.BoolVar(&f.noDefaultExcludes, "no-default-excludes", false, "also send what systems and "+
		"programs keep for themselves, such as .DS_Store, Thumbs.db, ~$*, .git, __pycache__")
	addLinks(s, &f.links)
}

// addBeside defines the flags of what is kept beside the bytes.
func (f *copyFlags) addBeside(s *pflag.FlagSet) {
	s.BoolVar(&f.keepTimes, "keep-times", false, "keep when each file was modified beside it in the "+
		"inbox, as rclone does (metadata mtime)")
	s.BoolVar(&f.putMD5, "put-md5", false, "keep each file's MD5 beside it in the inbox "+
		"(Content-MD5), for readers who compare it")
}

const copyHelp = `Deliver files and folders into the inbox of an upload token.

SOURCE is a file, a folder (with --recursive) or a pattern such as "data/**/*.csv". A folder keeps its own name in the
inbox, as with AzCopy, whose word order this is: an "azcopy copy" line works with "uploader" in azcopy's place, and a
whole line in quotes as the only argument works as well.

The token is the last argument, in quotes, since shells cut it at &. As an argument it can be seen by other users of
this machine in its list of processes while the program runs, and your shell may keep it in its history. To avoid both:
    uploader copy data --recursive - < token.txt        from standard input
    uploader copy data --recursive --token-file FILE    from a file
    UPLOADER_TOKEN=…                                    from the environment
    uploader copy data --recursive --to NAME            from the keyring (uploader inbox add)
With --token-file all arguments are sources. With UPLOADER_TOKEN and --to the last argument is a source as well, unless it
is - or contains "://" or "sig=": then it is the token. Given with --to, a token must lead to the inbox of that name.

The proxy is that of --proxy, else of UPLOADER_PROXY, else of HTTPS_PROXY and NO_PROXY, else of the system's settings:
http://HOST:PORT, https://… or socks5://…, with NAME:PASSWORD@ in front of HOST where it wants a sign-in (DOMAIN%5CNAME for a
Windows domain); pac+https://… or pac+file:///… for a script; "none" for no proxy. Where you have a Kerberos ticket, or are
signed in to Windows, no password is needed.

A file that changed within the last two minutes is read twice, some seconds apart, before it is delivered, so that it can't
be torn. What a program has not finished can't be known: files modified in the last minute are named, and --min-age 10m leaves
them for later ("too-young" in skipped_by), when the same command sends them.

A folder keeps its own name in the inbox. --contents leaves that out; --prefix project/run7 puts everything below that folder.
--files-from FILE sends of a folder only what FILE names; what is not there is named, and the exit code is 1.
--newer-than leaves older files out ("too-old" in skipped_by); where nothing is newer, that is no failure.

With --shard 1/4, 2/4, 3/4 and 4/4 four machines send a quarter of the files each. Which quarter follows from the file's path in the inbox,
without the token's folder and --prefix: it is the same in every run, on every system and in every version (the first eight bytes of the
path's SHA-256, as a number, modulo N, plus 1 is I). What belongs to other shards is counted in words and in skipped_by alone ("other-shard");
a shard without a file is no failure. "uploader plan" makes lists of equal size instead.

What another program writes is sent as it comes, of any length and without a file on this computer:
    producer | uploader copy - --name run7.tar "TOKEN"
    uploader copy --name run7.tar --from-command "TOKEN" -- tar -c run7
Of a pipe the end counts as the end, also where the producer failed; with --from-command nothing is delivered unless the command
exits with 0, and with --expect-size unless it is exactly so many bytes. An empty pipe is refused. Nothing of what was cut off is in
the inbox, and nothing of it can be continued: run the whole command again. Longer data than about 1.7 TiB needs more --memory.

Files that are already in the inbox are left alone unless --overwrite=true or --keep-both; that needs no right to read. Each block is
sent with its checksum; where the storage says that it compared all of them, so does the summary. Nothing is ever listed, read or deleted there.

The same line again sends what is new. A file that this computer has delivered there, and that has not changed since, costs no
request; what became of it in the inbox can't be seen. One that changed is named and left alone like others that are there.
--overwrite=true sends all of them. "uploader queue forget" forgets what was delivered.

With --receipt a file is written at the end that says what the storage confirmed of each file that was delivered, now or before: file, blob,
bytes, crc64, crc64_hex, etag, request_id, delivered_at, inbox, checked (whether the
storage compared its checksums) and modified_at (the file), as CSV, JSON or a page to print. It replaces an earlier receipt, and no other file; where nothing was delivered
it replaces none. Where it lies among the sources it is left out ("receipt" in skipped_by).

With --manifest sha256, md5 or both a list of what was delivered goes last, as SHA256SUMS or MD5SUMS, which sha256sum -c and md5sum -c
read: names as in the inbox, relative to the list. Hashes are worked out while files are read for sending; what was delivered before
is read again, unless its hash was kept. A file that has changed since it was delivered has no hash that could be told: it is
named, and the exit code is 1. Where the name is taken the list becomes “SHA256SUMS (2)”; one that says the same again is not sent.
With --shard 2/4 its name ends in .2-of-4.

With --check-manifest FILE, a list that sha256sum or md5sum wrote in SOURCE, only what it names is sent, and only if it is what it says:
files that are missing or additional are named first, each hash is compared before the request that delivers the file, and the exit code is 1 unless
all agree. What was delivered before and has not changed is not compared again.

With --note "MESSAGE" a delivery note goes last, delivery-TIME-RANDOM.json: the message, who it is --from, the time, this program's
version, each file with its size and checksums, what failed, and how many files were left out for which reason. Where nothing was delivered
none is sent. What was left out is not named, and nothing is said of the folders above the sources.

A link whose path ends in a file's name, as in an azcopy line that renames, gives one file that name; with a slash at
its end, without an extension, or for more than one file it is a folder.

With --json the last line of stdout is one object: state (complete, incomplete, nothing_matched, interrupted, token_refused,
token_unreadable, gave_up, dry_run), delivered, skipped, failed, pending, files_total, bytes_total, unchanged, bytes_sent, bytes_resent,
requests, retries, seconds, checked (whether the storage named the checksum of all that it confirmed), inboxes (a list, each with its inboxid, wsid, tid, storage, container and prefix, and the counts of
what went there), skipped_by, links_outside (followed) and not_delivered (source, blob, size, state, reason, message, code: each file that is not in the inbox as it is here,
that is skipped but for what a pattern or the default list left out, in need of attention, failed, cancelled or pending); where they apply also inbox
(where there is one alone), reason, message and code (why it ended early), log, and pending_not_listed (of the pending files
not_delivered names 1,000). documents (name, files, missing, unlisted) are manifest and note: name is empty where it is not
in the inbox, missing counts delivered files that it does not name. renamed (source, blob) lists what has another name in the inbox than on this computer, also by --keep-both, name_warnings
(source, blob, warnings) what Windows can't store under its name; renamed_not_listed and name_warnings_not_listed say how
many more there are than the 1,000 listed. unmatched_include and unmatched_exclude are patterns that matched nothing. Where a path
is no UTF-8, source_base64 has its bytes. changed_after_sent (source, blob) lists files that changed once they were delivered, for which
the exit code is 1, and modified_lately the first 1,000 that were modified in the minute before they were sent.
delivered + unchanged + skipped + failed + pending = files_total. "unchanged" is as it was delivered before, and not sent again.
"skipped" is what was already there and what was left out on purpose: excluded, system files, links, special files; a folder
left out as a whole counts once. Empty folders, which the storage does not know, and files of other shards are counted in skipped_by alone; with
--empty-folders, folders that are empty, or that hold nothing but what is excluded or a system's own, are sent, counted, kept in
receipts and left alone where their name is taken as files of 0 bytes are; where --include or --files-from chooses, only those that it
names. AzCopy's --include-directory-stub means the same here; there each folder gets such a blob, though its files show it anyway. With
--dry-run every file, but for those of other shards, comes before it, one object per line: action (send, unchanged, skip, refuse), source, blob, size, renamed,
name_warnings, modified_lately, reason, message; "pending" are those that would be sent.
Where the command line itself is wrong, nothing is printed there.

With --json-progress an object is written to stderr at once, every five seconds and at the end, one a line; lines that don't begin
with { are for people. It has the same fields as that of --json, as they are by then, and besides bytes_done (acknowledged by the
storage), bytes_per_second (over 10 to 30 seconds of sending; 0 while that can't be said) and seconds_left (null while that can't be
said). Until the last one state is sending, or waiting (for the network, the storage or a disk: reason and message say which, and it
goes on by itself), and what lists files lists none.

Exit codes: 0 all was delivered, now or before, 1 something was not (failed, or already there and left alone) or nothing matched, 2 wrong usage or no
readable token, 3 you must act before anything more can be sent: the token is expired, not yet valid or refused, its inbox is
gone, or a proxy's sign-in or a certificate stands in between ("reason" in JSON says which), or --give-up-after has ended it,
130 interrupted.

With --between 18:00-06:00 nothing is begun outside these hours, by this computer's clock: it waits, says until when, and goes on. A
request that is under way when they end is finished, and so is what comes by a pipe or from a command, which begins within them.

Without --give-up-after a storage or a network that fails is waited for without end; in a scheduler's job say how long, such as
--give-up-after 2h. It is counted from the last time that the storage confirmed something.`

// overwriteFlag is --overwrite: what AzCopy takes there, less what needs the right to read.
type overwriteFlag bool

// Set implements pflag.Value.
func (o *overwriteFlag) Set(text string) error {
	switch strings.ToLower(text) {
	case "true":
		*o = true
	case "false":
		*o = false
	case "prompt", "ifsourcenewer":
		return &usageError{"--overwrite=" + text + " would have to read what is in the inbox, " +
			"which an upload token does not permit. Use --overwrite=true to replace files of the " +
			"same name or --overwrite=false to leave them alone."}
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

// scanOptions returns how the sources are read.
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
