package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/workspace"
)

// inboxFile is a file as --json shows it.
type inboxFile struct {
	Name     string `json:"name"`
	Bytes    int64  `json:"bytes"`
	Arrived  string `json:"arrived"` // RFC 3339 in UTC, by the storage's clock
	MD5      string `json:"md5"`     // hexadecimal; empty where the storage has none
	Path     string `json:"path,omitempty"`
	CRC64    string `json:"crc64,omitempty"`     // as in the sender's receipt: base64
	CRC64Hex string `json:"crc64_hex,omitempty"` // the same as a number
	SHA256   string `json:"sha256,omitempty"`
	Fetched  *bool  `json:"fetched,omitempty"`
	Kept     bool   `json:"kept,omitempty"` // an earlier fetch had brought it
	Reason   string `json:"reason,omitempty"`
	Message  string `json:"message,omitempty"`
}

func describeFile(f workspace.File) inboxFile {
	return inboxFile{
		Name: f.Name, Bytes: f.Size, Arrived: f.Arrived.UTC().Format(time.RFC3339),
		MD5: hex.EncodeToString(f.MD5),
	}
}

// filesOutput writes files as they come, so that a million take no memory: lines under a header, or
// one JSON object. Nothing is written before the first file or the end, so that a refusal leaves
// stdout empty.
type filesOutput struct {
	out    *bufio.Writer
	asJSON bool
	wsid   string
	tid    int
	header string
	begun  bool
	files  int64
	bytes  int64
}

func (o *inboxList) output(w *workspace.Workspace, tid int, header string) *filesOutput {
	return &filesOutput{
		out: bufio.NewWriter(o.stdout), asJSON: o.asJSON, wsid: w.ID(), tid: tid, header: header,
	}
}

func (o *filesOutput) begin() (err error) {
	if o.begun {
		return nil
	}
	o.begun = true
	if o.asJSON {
		_, err = fmt.Fprintf(o.out, "{\n\"tid\": \"%d\",\n\"wsid\": %q,\n\"container\": "+
			"\"%s-%d\",\n\"files\": [", o.tid, o.wsid, o.wsid, o.tid)
	} else {
		_, err = fmt.Fprintln(o.out, o.header)
	}
	return err
}

// add writes a file: the line for a person, or the object.
func (o *filesOutput) add(f inboxFile, line string) error {
	err := o.begin()
	if err != nil {
		return err
	}
	if o.asJSON {
		separator := ",\n"
		if o.files == 0 {
			separator = "\n"
		}
		var text []byte
		if text, err = json.Marshal(f); err == nil {
			_, err = o.out.WriteString(separator + show.JSON(string(text)))
		}
	} else {
		_, err = fmt.Fprintln(o.out, line)
	}
	o.files++
	o.bytes += f.Bytes
	return err
}

// end writes what stands behind the files.
func (o *filesOutput) end() error {
	if o.asJSON {
		if err := o.begin(); err != nil {
			return err
		}
		_, err := fmt.Fprintf(o.out, "\n],\n\"files_total\": %d,\n\"bytes_total\": %d\n}\n",
			o.files, o.bytes)
		if err != nil {
			return err
		}
	}
	return o.out.Flush()
}

func (o *inboxList) arrived(ctx context.Context, tid int) error {
	w, err := o.account().open(ctx, o.keyFile)
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // idle connections, as the program ends
	out := o.output(w, tid,
		fmt.Sprintf("%15s  %-16s  %-32s  %s", "BYTES", "ARRIVED", "MD5", "NAME"))
	for f, err := range w.Files(ctx, tid) {
		if err == nil {
			sum := orDash(hex.EncodeToString(f.MD5))
			err = out.add(
				describeFile(f),
				fmt.Sprintf("%15d  %-16s  %-32s  %s", f.Size, localTime(f.Arrived), sum,
					show.Text(f.Name)),
			)
		}
		if err != nil {
			_ = out.out.Flush() // what is known so far; the error says that it is not all
			return err
		}
	}
	if err := out.end(); err != nil {
		return fmt.Errorf("list inbox: %w", err)
	}
	switch {
	case o.asJSON:
	case out.files == 0:
		o.say("Nothing has arrived yet.")
	default:
		o.say(fmt.Sprintf("%s, %s.", fileCount(out.files), humanize.Bytes(unsigned(out.bytes))))
	}
	return nil
}

// inboxFetchCommand brings what arrived with a token.
func inboxFetchCommand(p *program) *cobra.Command {
	o := inboxList{program: p}
	c := &cobra.Command{
		Use:   "fetch NUMBER DIR",
		Short: "Fetch what arrived with an upload token of your own storage account",
		Long: `Fetch what arrived with an upload token into the folder DIR, or below it into the destination folder that the token was created
with. Each file is shown with its CRC64, which is what the sender's receipt states (crc64_hex); --json has SHA-256 too. A file gets its name
when it is complete, and agrees with the MD5 checksum if the storage has one.

Nothing is overwritten, and nothing is removed from the inbox. Fetching again into the same folder brings what is missing.

Exit codes: 0 all was fetched, 1 something was not, 2 wrong usage, 3 the account's key is refused, 130 interrupted.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return &usageError{"A token's number and a folder are needed, as in: uploader " +
					"inbox fetch 7 arrived. “uploader token list” shows the numbers."}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			tid, err := number(args[0])
			if err != nil {
				return err
			}
			return o.fetch(c.Context(), tid, args[1])
		},
	}
	c.Flags().BoolVar(&o.asJSON, "json", false, "print one JSON object: tid, wsid, container, "+
		"files (name, bytes, arrived, md5, path, crc64, crc64_hex, sha256, fetched, kept, reason, "+
		"message), files_total, bytes_total")
	keyFileFlag(c, &o.keyFile)
	return c
}

func (o *inboxList) fetch(ctx context.Context, tid int, dir string) error {
	w, err := o.account().open(ctx, o.keyFile)
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // idle connections, as the program ends
	out := o.output(w, tid, fmt.Sprintf("%15s  %-18s  %s", "BYTES", "CRC64", "NAME"))
	var failed, kept int64
	var printing error
	err = w.Fetch(ctx, tid, dir, func(f workspace.Fetched) {
		d, line := describeFetched(f)
		switch {
		case f.Err != nil:
			failed++
		case f.Kept:
			kept++
		}
		if printing == nil {
			printing = out.add(d, line)
		}
		if printing == nil && !o.asJSON {
			printing = out.out.Flush() // a person watches
		}
	})
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
	words := fmt.Sprintf("Fetched %s (%s)", fileCount(out.files-failed),
		humanize.Bytes(unsigned(out.bytes)))
	if kept > 0 {
		words += fmt.Sprintf(", of which %s had been there", humanize.Comma(kept))
	}
	o.say(words + ".")
	if failed > 0 {
		o.say(fmt.Sprintf("Not fetched: %s.", fileCount(failed)))
		return exit(exitNotDelivered)
	}
	return nil
}

// describeFetched returns a file as JSON shows it and as a line.
func describeFetched(f workspace.Fetched) (inboxFile, string) {
	d := describeFile(f.File)
	fetched := f.Err == nil
	d.Fetched = &fetched
	if f.Err != nil {
		d.Bytes = 0 // so that the total is of what was fetched
		d.Reason, d.Message = string(f.Err.Reason), explain(f.Err).String()
		return d, fmt.Sprintf("%15s  %-18s  %s: %s", "NOT FETCHED", "-", show.Text(f.Name),
			d.Message)
	}
	d.Path, d.Kept = f.Path, f.Kept
	d.CRC64 = base64.StdEncoding.EncodeToString(binary.LittleEndian.AppendUint64(nil, f.CRC64))
	d.CRC64Hex, d.SHA256 = fmt.Sprintf("0x%016x", f.CRC64), hex.EncodeToString(f.SHA256[:])
	return d, fmt.Sprintf("%15d  %s  %s", f.Size, d.CRC64Hex, show.Text(f.Path))
}
