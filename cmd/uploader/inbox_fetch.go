package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/workspace"
)

// inboxFetch is one run of "inbox fetch".
type inboxFetch struct {
	inboxList
	papers papers
}

// inboxFetchCommand downloads the files that arrived with a token.
func inboxFetchCommand(p *program) *cobra.Command {
	o := inboxFetch{inboxList: inboxList{program: p}}
	c := &cobra.Command{
		Use:   "fetch NUMBER DIR",
		Short: "Download what arrived with an upload token of your own storage account",
		Long: `Download what arrived with an upload token into the folder DIR, or below it into the destination
folder that the token was created with. Each file is shown with its CRC64, which the sender's
receipt states as crc64_hex; --json has SHA-256 too. A file gets its name when it is complete and
agrees with the storage's MD5 checksum, if there is one; the last line says how many files have
none. With --receipt or --manifest each file is also compared with what its sender states: a file
that differs is not fetched, and missing files are named.

Nothing is overwritten, and nothing is removed from the inbox. Run it again into the same folder to
fetch what is missing; a file of 64 MiB or more that was cut off continues where it stopped.
--include and --since choose files, --sort orders them.

Exit codes:
    0    everything was fetched
    1    something was not fetched, or is missing
    2    wrong usage
    3    the account's key is refused
    130  interrupted`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return &usageError{"Give a token's number and a folder, as in: uploader inbox " +
					"fetch 7 arrived. “uploader token list” shows the numbers."}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			tid, err := number(args[0])
			if err != nil {
				return err
			}
			if err := o.choice.check(); err != nil {
				return err
			}
			return o.fetch(c.Context(), tid, args[1])
		},
	}
	c.Flags().BoolVar(&o.asJSON, "json", false, "print one JSON object: tid, wsid, container, "+
		"files (name, bytes, arrived, md5, etag, path, crc64, crc64_hex, sha256, fetched, kept, "+
		"compared, agrees, reason, message), missing, files_total, bytes_total")
	o.choice.add(c.Flags(), "fetch")
	o.papers.add(c.Flags())
	keyFileFlag(c, &o.keyFile)
	return c
}

func (o *inboxFetch) fetch(ctx context.Context, tid int, dir string) error {
	w, err := o.account().open(ctx, o.keyFile)
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // closes only idle connections, and the program is ending
	if err := o.papers.read(fmt.Sprintf("%s-%d", w.ID(), tid)); err != nil {
		return err
	}
	out := o.output(w, tid, fmt.Sprintf("%15s  %-18s  %s", "BYTES", "CRC64", "NAME"))
	var failed, kept, compared, agree int64
	var printing error
	files := o.choice.of(w.Files(ctx, tid), o.now())
	stop := o.sayNowAndThen(func() string {
		return "Received so far: " + humanize.Bytes(unsigned(w.Received())) + "."
	})
	err = w.Fetch(ctx, tid, dir, files, &o.papers.stated, func(f workspace.Fetched) {
		d, line := describeFetched(f)
		switch {
		case f.Err != nil:
			failed++
		case f.Kept:
			kept++
		}
		if f.Compared {
			compared++
		}
		if f.Agrees {
			agree++
		}
		if printing == nil {
			printing = out.add(d, line)
		}
		if printing == nil && !o.asJSON {
			printing = out.out.Flush() // a person watches
		}
	})
	stop()
	if err == nil && o.choice.all() { // an unchosen file is not missing
		out.missing = o.papers.stated.Missing()
	}
	if err == nil || out.begun {
		printing = cmp.Or(printing, out.end())
	}
	switch {
	case err != nil:
		if out.files > 0 {
			o.say(fmt.Sprintf("Fetched %s before it stopped.", fileCount(out.files-failed)))
		}
		return err
	case printing != nil:
		return fmt.Errorf("fetch: %w", printing)
	}
	fetched := out.files - failed
	words := fmt.Sprintf("Fetched %s (%s)", fileCount(fetched),
		humanize.Bytes(unsigned(out.bytes)))
	if kept > 0 {
		words += fmt.Sprintf(", %s of them already there", humanize.Comma(kept))
	}
	o.say(words + ".")
	switch {
	case fetched == 0:
	case o.papers.given():
		o.say(agreeWords(agree) + " with the sender's checksums.")
		if agree < fetched {
			o.say(fmt.Sprintf("Not compared, because no checksum is stated: %s.",
				fileCount(fetched-agree)))
		}
	default:
		o.say(comparedWords(fetched, compared, tid))
	}
	if failed > 0 {
		o.say(fmt.Sprintf("Not fetched: %s.", fileCount(failed)))
	}
	if n := len(out.missing); n > 0 {
		o.say(fmt.Sprintf("Stated, but not in the inbox: %s.", fileCount(int64(n))))
	}
	if failed > 0 || len(out.missing) > 0 {
		return exit(exitNotDelivered)
	}
	return nil
}

// comparedWords says how many fetched files were compared, with what, and how to compare the rest.
func comparedWords(fetched, compared int64, tid int) string {
	const rest = "To compare them with the sender's receipt, add --receipt FILE here, or: uploader " +
		"inbox verify %d --receipt FILE --deep"
	switch compared {
	case fetched:
		return "All agree with the storage's MD5 checksums."
	case 0:
		return fmt.Sprintf("The storage has no MD5 checksums of them, so only their sizes were "+
			"compared. "+rest, tid)
	default:
		return fmt.Sprintf("%s with the storage's MD5 checksum; it has none of %s, so only "+
			"their sizes were compared. "+rest, agreeWords(compared), fileCount(fetched-compared), tid)
	}
}

// agreeWords says how many files agree.
func agreeWords(n int64) string {
	if n == 1 {
		return "1 file agrees"
	}
	return fileCount(n) + " agree"
}

// describeFetched returns a file as JSON shows it and as a line.
func describeFetched(f workspace.Fetched) (inboxFile, string) {
	d := inboxFile{Listed: f.Listed()}
	fetched := f.Err == nil
	d.Fetched = &fetched
	if f.Err != nil {
		d.Bytes = 0 // so that the total is of what was fetched
		d.Reason, d.Message = string(f.Err.Reason), explain(f.Err).String()
		return d, fmt.Sprintf("%15s  %-18s  %s: %s", "NOT FETCHED", "-", show.Text(f.Name),
			d.Message)
	}
	d.Path, d.Kept, d.Compared, d.Agrees = f.Path, f.Kept, &f.Compared, f.Agrees
	d.CRC64 = base64.StdEncoding.EncodeToString(binary.LittleEndian.AppendUint64(nil, f.CRC64))
	d.CRC64Hex, d.SHA256 = fmt.Sprintf("0x%016x", f.CRC64), hex.EncodeToString(f.SHA256[:])
	return d, fmt.Sprintf("%15d  %s  %s", f.Size, d.CRC64Hex, show.Text(f.Path))
}
