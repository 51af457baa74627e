package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"inboxuploader/internal/show"
	"inboxuploader/workspace"
)

// inboxFile is a file as --json shows it.
type inboxFile struct {
	Name     string `json:"name"`
	Bytes    int64  `json:"bytes"`
	Arrived  string `json:"arrived"` // RFC 3339 in UTC, by the storage's clock
	MD5      string `json:"md5"`     // hexadecimal; empty where the storage has none
	ETag     string `json:"etag"`
	Path     string `json:"path,omitempty"`
	CRC64    string `json:"crc64,omitempty"`     // as in the sender's receipt: base64
	CRC64Hex string `json:"crc64_hex,omitempty"` // the same as a number
	SHA256   string `json:"sha256,omitempty"`
	Fetched  *bool  `json:"fetched,omitempty"`
	Kept     bool   `json:"kept,omitempty"`     // an earlier fetch had brought it
	Compared *bool  `json:"compared,omitempty"` // with the MD5 that the storage has, and they agree
	Agrees   bool   `json:"agrees,omitempty"`   // with the checksums that its sender states
	Reason   string `json:"reason,omitempty"`
	Message  string `json:"message,omitempty"`
}

func describeFile(f workspace.File) inboxFile {
	return inboxFile{
		Name: f.Name, Bytes: f.Size, Arrived: f.Arrived.UTC().Format(time.RFC3339),
		MD5: hex.EncodeToString(f.MD5), ETag: f.ETag,
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
	// missing are files that are stated and were not there.
	missing []string
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
		if o.missing != nil {
			text, err := json.Marshal(o.missing)
			if err == nil {
				_, err = fmt.Fprintf(o.out, "\n],\n\"missing\": %s", show.JSON(string(text[:len(text)-1])))
			}
			if err != nil {
				return err
			}
		}
		_, err := fmt.Fprintf(o.out, "\n],\n\"files_total\": %d,\n\"bytes_total\": %d\n}\n",
			o.files, o.bytes)
		if err != nil {
			return err
		}
	}
	if !o.asJSON {
		for _, name := range o.missing {
			if _, err := fmt.Fprintf(o.out, "%15s  %-18s  %s\n", "MISSING", "-", show.Text(name)); err != nil {
				return err
			}
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
	for f, err := range o.choice.of(w.Files(ctx, tid), o.now()) {
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
	case out.files == 0 && o.choice.all():
		o.say("Nothing has arrived yet.")
	case out.files == 0:
		o.say("No file that arrived is among those that you chose.")
	default:
		o.say(fmt.Sprintf("%s, %s.", fileCount(out.files), humanize.Bytes(unsigned(out.bytes))))
	}
	return nil
}
