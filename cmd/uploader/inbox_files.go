package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"

	"github.com/dustin/go-humanize"

	"inboxuploader/internal/show"
	"inboxuploader/workspace"
)

// inboxFile is a file as --json shows it.
type inboxFile struct {
	workspace.Listed
	Path     string `json:"path,omitempty"`
	CRC64    string `json:"crc64,omitempty"`     // as in the sender's receipt: base64
	CRC64Hex string `json:"crc64_hex,omitempty"` // the same as a number
	SHA256   string `json:"sha256,omitempty"`
	Fetched  *bool  `json:"fetched,omitempty"`
	Kept     bool   `json:"kept,omitempty"`     // an earlier fetch already saved it
	Compared *bool  `json:"compared,omitempty"` // agrees with the storage's MD5
	Agrees   bool   `json:"agrees,omitempty"`   // with the checksums that its sender states
	Reason   string `json:"reason,omitempty"`
	Message  string `json:"message,omitempty"`
}

// filesOutput writes files as they come, so that a million take no memory: as lines under a header
// or as one JSON object. It writes nothing before the first file or the end, so that a refusal
// leaves stdout empty.
type filesOutput struct {
	out    *bufio.Writer
	json   *workspace.JSONList // nil for lines
	header string
	begun  bool
	files  int64
	bytes  int64
	// missing are the files that a receipt or list states and the inbox does not have.
	missing []string
}

func (o *inboxList) output(w *workspace.Workspace, tid int, header string) *filesOutput {
	out := &filesOutput{out: bufio.NewWriter(o.stdout), header: header}
	if o.asJSON {
		out.json = workspace.NewJSONList(out.out, w.ID(), tid)
	}
	return out
}

// add writes a file: the line for a person, or the object.
func (o *filesOutput) add(f inboxFile, line string) (err error) {
	o.files++
	o.bytes += f.Bytes
	if o.json != nil {
		o.begun = true
		return o.json.Add(f, f.Bytes)
	}
	if !o.begun {
		line = o.header + "\n" + line
	}
	o.begun = true
	_, err = fmt.Fprintln(o.out, line)
	return err
}

// end writes what follows the files.
func (o *filesOutput) end() error {
	if o.json != nil {
		if err := o.json.End(o.missing); err != nil {
			return err
		}
		return o.out.Flush()
	}
	for _, name := range o.missing {
		if _, err := fmt.Fprintf(o.out, "%15s  %-18s  %s\n", "MISSING", "-", show.Text(name)); err != nil {
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
	for f, err := range o.choice.of(w.Files(ctx, tid), o.now()) {
		if err == nil {
			sum := orDash(hex.EncodeToString(f.MD5))
			err = out.add(
				inboxFile{Listed: f.Listed()},
				fmt.Sprintf("%15d  %-16s  %-32s  %s", f.Size, localTime(f.Arrived), sum,
					show.Text(f.Name)),
			)
		}
		if err != nil {
			_ = out.out.Flush() // the files so far; the error says that the list is incomplete
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
		o.say("No file that arrived matches what you chose.")
	default:
		o.say(fmt.Sprintf("%s, %s.", fileCount(out.files), humanize.Bytes(unsigned(out.bytes))))
	}
	return nil
}
