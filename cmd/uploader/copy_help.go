package main

// copyHelp is the help of copy. Its headings are in capitals.
const copyHelp = `Deliver files and folders to the inbox of an upload token.

SOURCE is a file, a folder (with --recursive) or a pattern such as "data/**/*.csv". The word order
is AzCopy's: replace "azcopy" with "uploader" in an "azcopy copy" line, or pass the whole line in
quotes as the only argument.

TOKEN
Put the token last and in quotes, because shells cut it at &. While the program runs, other users
of this machine can see an argument in the list of processes, and your shell may keep it in its
history. These ways avoid both:
    uploader copy data --recursive - < token.txt        from standard input
    uploader copy data --recursive --token-file FILE    from a file
    UPLOADER_TOKEN=…                                    from the environment
    uploader copy data --recursive --to NAME            from the keyring (uploader inbox add)
With --token-file, all arguments are sources. With UPLOADER_TOKEN or --to the last argument is a
source too, unless it is - or contains "://" or "sig=". A token given with --to must lead to the
inbox of that name.

WHICH FILES
A folder keeps its own name in the inbox; --contents drops it. --prefix project/run7 puts
everything below that folder. --files-from FILE sends only what FILE lists; if something listed is
missing, it is named and the exit code is 1. --newer-than skips older files ("too-old" in
skipped_by); if nothing is newer, that is no failure.

A file that changed within the last two minutes is read twice, a few seconds apart, before it is
delivered, so it can't be torn. The program can't know whether another one is still writing: it
names files modified in the last minute, and --min-age 10m leaves them for the next run
("too-young" in skipped_by).

If the token's link ends in a file name, as in an azcopy line that renames, a single file gets that
name. With a slash at the end, without an extension, or for several files it is a folder.

--empty-folders sends folders in which nothing is sent, because they are empty or hold only
excluded or system files, as blobs of 0 bytes, as AzCopy's --include-directory-stub does. They are
counted, listed in receipts and skipped like files. With --include or --files-from, only folders
that these name are sent.

ALREADY IN THE INBOX
Files that are already in the inbox are skipped, unless you say --overwrite=true or --keep-both.
The right to read isn't needed: nothing is ever listed, read or deleted there.

Run the same line again to send what is new. A file that this computer delivered before and that
has not changed since costs no request; the program can't see what became of it in the inbox. If it
has changed, it is named and skipped. --overwrite=true sends all of them. "uploader queue forget"
forgets what was delivered.

OUTPUT OF ANOTHER PROGRAM
Data of any length can be sent as it is written, without a file on this computer:
    producer | uploader copy - --name run7.tar "TOKEN"
    uploader copy --name run7.tar --from-command "TOKEN" -- tar -c run7
A pipe gives no sign when its producer fails: its end counts as the end of the data. With
--from-command, the data is delivered only if the command exits with 0; with --expect-size, only if
it has exactly that many bytes. An empty pipe is refused. If the data is cut off, nothing of it is
in the inbox and it can't be continued: run the whole command again. More than about 1.7 TiB needs
more --memory.

SEVERAL MACHINES
With --shard 1/4, 2/4, 3/4 and 4/4, four machines send a quarter of the files each. A file's shard
follows from its path in the inbox without the token's folder and --prefix, so it is the same in
every run, system and version: take the first eight bytes of the path's SHA-256 as a number, modulo
N, plus 1. Files of other shards are counted only in the summary and in skipped_by ("other-shard").
A shard without files is no failure. "uploader plan" makes lists of equal size instead.

RECEIPT, MANIFEST, NOTE
Each block is sent with its checksum. The summary says so if the storage confirmed that it compared
all of them.

--receipt writes what the storage confirmed of each delivered file, now or earlier, as CSV, JSON or
a page to print: file, blob, bytes, crc64, crc64_hex, etag, request_id, delivered_at, inbox,
checked (whether the storage compared its checksums) and modified_at (of the file). It replaces an
earlier receipt but no other file, and only if something was delivered. A receipt among the sources
is skipped ("receipt" in skipped_by).

--manifest sha256, md5 or both sends a list of what was delivered last, SHA256SUMS or MD5SUMS, for
sha256sum -c and md5sum -c. Its names are relative to the list, as in the inbox. Hashes are
computed while files are read for sending; files delivered earlier are read again unless their hash
was kept. A file that has changed since it was delivered can't be listed: it is named, and the exit
code is 1. If the name is taken, the list becomes “SHA256SUMS (2)”; an identical list is not sent
again. With --shard 2/4 its name ends in .2-of-4.

--check-manifest FILE takes a list that sha256sum or md5sum wrote in SOURCE, and sends only the
files it lists, each only if its hash is right. Missing and additional files are named first. The
exit code is 0 only if everything agrees. Files delivered earlier and unchanged are not compared
again.

--note "MESSAGE" sends a delivery note last, delivery-TIME-RANDOM.json: your message, who it is
--from, the time, the program's version, each file with its size and checksums, what failed, and
how many files were skipped for which reason. It does not name skipped files, nor the folders above
your sources. If nothing was delivered, no note is sent.

HOURS AND PATIENCE
With --between 18:00-06:00 nothing is started outside these hours by this computer's clock; the
program says until when it waits, and continues then. A request in progress at the end is finished,
and so is data from a pipe or a command that began within the hours.

If the storage or the network fails, the program retries forever. In a scheduled job set a limit,
such as --give-up-after 2h. It counts from the last time the storage confirmed something.

PROXY
The first of these that is set: --proxy, UPLOADER_PROXY, HTTPS_PROXY with NO_PROXY, the system's
settings. Write http://HOST:PORT, https://… or socks5://…; NAME:PASSWORD@ goes before HOST if the
proxy needs a sign-in (DOMAIN%5CNAME for a Windows domain). pac+https://… or pac+file:///… is a
script, "none" means no proxy. With a Kerberos ticket or a Windows sign-in you need no password.

JSON
With --json the last line of stdout is one object:
    state                 complete, incomplete, nothing_matched, interrupted, token_refused,
                          token_unreadable, gave_up or dry_run
    delivered, unchanged, skipped, failed, pending, files_total
                          files; the first five add up to files_total
    bytes_total, bytes_sent, bytes_resent, requests, retries, seconds
    checked               whether the storage named the checksum of all it confirmed
    inboxes               each with inboxid, wsid, tid, storage, container, prefix and its counts;
                          inbox, if there is only one
    skipped_by            how many files were skipped for which reason
    links_outside         links followed out of the sources
    not_delivered         files that are not in the inbox as they are here: source, blob, size,
                          state, reason, message, code. Not those that a pattern or the default
                          list excluded. At most 1,000 are pending; pending_not_listed are more
    reason, message, code why it ended early
    log                   the log file
    documents             manifest and note: name (empty if not in the inbox), files, missing
                          (delivered, but not in the list), unlisted
    renamed               files with another name in the inbox than here: source, blob
    name_warnings         names that Windows can't store: source, blob, warnings
    renamed_not_listed, name_warnings_not_listed
                          how many there are beyond the first 1,000
    unmatched_include, unmatched_exclude
                          patterns that matched nothing
    changed_after_sent    files that changed after delivery: source, blob; the exit code is then 1
    modified_lately       files modified in the minute before they were sent; at most 1,000
    source_base64         the bytes of a path that is not UTF-8
"unchanged" files were delivered earlier and not sent again. "skipped" files were already there, or
are excluded, system files, links or special files; a folder skipped as a whole counts once. Empty
folders and files of other shards are counted in skipped_by only.

With --dry-run every file but those of other shards comes before that object, one object per line:
action (send, unchanged, skip, refuse), source, blob, size, renamed, name_warnings,
modified_lately, reason, message. "pending" counts what would be sent. If the command line itself
is wrong, stdout stays empty.

With --json-progress one object per line goes to stderr, at once, every five seconds and at the
end; lines that don't begin with { are for people. It has the fields of --json as they are then,
without the lists, plus bytes_done (acknowledged by the storage), bytes_per_second (over 10 to 30
seconds of sending; 0 while unknown) and seconds_left (null while unknown). Until the last one,
state is sending or waiting (for the network, the storage or a disk: see reason and message; it
continues by itself).

Exit codes:
    0    every file was delivered, now or earlier
    1    a file was not (it failed, or was already there and skipped), or nothing matched
    2    wrong usage, or no readable token
    3    you must act before anything more can be sent: the token has expired, is not valid yet or
         is refused, its inbox is gone, a proxy wants a sign-in, or a certificate is not trusted
         ("reason" in JSON says which); or --give-up-after ended it
    130  interrupted`
