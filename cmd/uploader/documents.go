package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/documents"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/manifest"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/token"
)

// documentsName is the folder for manifests and notes within the state folder.
const documentsName = "uploader-documents"

// documentFlags are the flags for what goes into the inbox last, after the files.
type documentFlags struct {
	manifest manifestFlag
	note     ledger.Note
	check    string // the manifest to compare files with; its copy once keepManifest has run

	expected   *manifest.Expected // its content
	additional int64              // files that it does not name
}

func (f *documentFlags) add(s *pflag.FlagSet) {
	f.addManifest(s)
	s.StringVar(&f.note.Text, "note", "", "finally send this `MESSAGE` to the workspace, in a delivery "+
		"note that also lists what was delivered and what was not")
	s.StringVar(&f.check, "check-manifest", "", "send only files whose hash agrees with this `FILE`, "+
		"which sha256sum or md5sum wrote in SOURCE; name the others")
	s.StringVar(&f.note.From, "from", "", "with --note: `WHO` the note is from")
}

func (f *documentFlags) addManifest(s *pflag.FlagSet) {
	s.Var(&f.manifest, "manifest", "finally send a list of the files' hashes, SHA256SUMS or "+
		"MD5SUMS: sha256, md5 or both")
}

// checkToken refuses --from without --note, a note that is too long or holds a secret, and
// documents that the token can't send.
func (f *documentFlags) checkToken(t token.Token) error {
	switch {
	case f.note.Text == "" && f.note.From != "":
		return &usageError{"--from needs --note. Nothing was sent."}
	case documents.TooLong(f.note):
		return usagef("A note has at most %s characters. Nothing was sent. Send longer text as "+
			"a file of its own.", humanize.Comma(documents.LongestNote))
	case carriesSecret(f.note.Text), carriesSecret(f.note.From):
		return &usageError{"The note contains a token, and others will read it. Nothing was " +
			"sent. Remove the token."}
	case t.Inbox.Blob != "" && (f.manifest.of != 0 || f.note.Text != ""):
		return &usageError{"This token is for a single file, so neither a manifest nor a note " +
			"can go with it. Nothing was sent. Omit --manifest and --note."}
	}
	return nil
}

// manifestFlag is --manifest.
type manifestFlag struct{ of source.Hashes }

// manifestKinds are the values of --manifest.
var manifestKinds = map[string]source.Hashes{
	"sha256": source.SHA256, "md5": source.MD5, "both": source.MD5 | source.SHA256,
}

// Set implements pflag.Value.
func (m *manifestFlag) Set(text string) error {
	of, ok := manifestKinds[strings.ToLower(text)]
	if !ok {
		return wanted("sha256, md5 or both")
	}
	m.of = of
	return nil
}

// String implements pflag.Value.
func (m *manifestFlag) String() string {
	for text, of := range manifestKinds {
		if of == m.of {
			return text
		}
	}
	return ""
}

// Type implements pflag.Value.
func (m *manifestFlag) Type() string { return "HASH" }

// documentsDir is the folder for manifests and notes within the state folder; empty if there is no
// state folder, since a folder that others can reach is no place for them.
func (s *stateFolder) documentsDir() string {
	dir, err := s.stateDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, documentsName)
}

// sendDocuments sends the manifest and note of each finished transfer. wait blocks until nothing
// can continue by itself, and sendDocuments returns its error. A document that could not be written
// or sent is still among those of the delivery.
func (r *delivery) sendDocuments(
	ctx context.Context, q *uploader.Queue, wait func() error,
) error {
	c := r.composer(q)
	for _, t := range q.StatusOf(r.transfers...).Transfers {
		of, note := r.manifest, r.note
		if of == 0 && note.Text == "" {
			of, note = t.Options.Manifest, t.Options.Note
		}
		if of == 0 && note.Text == "" || !t.Finished() || t.InInbox() == 0 {
			continue
		}
		id, all, err := c.Send(ctx, []ledger.TransferStatus{t}, of, note)
		r.documents = append(r.documents, all...)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			r.log.Error("documents", "error", err)
		case id != 0:
			r.documentTransfers = append(r.documentTransfers, id)
		}
	}
	if len(r.documentTransfers) == 0 {
		return nil
	}
	err := wait()
	return errors.Join(err, c.Find(context.WithoutCancel(ctx), r.documentTransfers, r.documents))
}

// composer returns what writes the manifests and notes of a delivery.
func (r *delivery) composer(q *uploader.Queue) *documents.Composer {
	return &documents.Composer{
		Queue: q, Dir: r.program.documentsDir(), Now: r.program.now, Version: version(),
		Hashes: r.hashes,
		Again: func() {
			r.program.say("Writing the manifest. Files delivered earlier are read again, unless " +
				"their hash was kept.")
		},
	}
}

// documentWords says which documents are in the inbox and which are not.
func documentWords(all []documents.Document) (lines []string) {
	for i, d := range all {
		name := filepath.Base(d.Path)
		switch {
		case d.Path == "":
			lines = append(lines, "", "What was to go with the files, a manifest or a note, could not "+
				"be written on this computer, and was not sent. The files are delivered. Make room on "+
				"the disk of the state folder. To send it then: uploader resume")
			continue
		case d.Name == "" && d.Files > 0:
			lines = append(lines, "", "“"+show.Text(name)+"” should go with the files, but is "+
				"not in the inbox yet. To send it: uploader resume")
			continue
		case d.Files > 0:
			lines = append(lines, fmt.Sprintf("“%s” is in the inbox too. It lists %s.",
				show.Text(d.Name), fileCount(d.Files)))
		}
		if d.Missing == 0 || i > 0 && all[i-1].Missing == d.Missing {
			continue // or both manifests lack the same
		}
		lines = append(lines, "", fmt.Sprintf("Delivered, but not in the manifest: %s. The "+
			"files here have changed since, or can't be read, so their hashes are unknown.",
			fileCount(d.Missing)))
		for _, u := range d.Unlisted[:min(len(d.Unlisted), mostNamed)] {
			lines = append(lines, "  "+shownPath(u.Source))
		}
		if more := d.Missing - mostNamed; more > 0 {
			lines = append(lines, fmt.Sprintf("  and %s more", humanize.Comma(more)))
		}
	}
	return lines
}

// documentInJSON is a document in the object of --json.
type documentInJSON struct {
	Name     string   `json:"name"` // in the inbox; empty if it is not there
	Files    int64    `json:"files"`
	Missing  int64    `json:"missing"`            // delivered, but not listed in it
	Unlisted []string `json:"unlisted,omitempty"` // the first of those, by their names in the inbox
}

func documentsInJSON(all []documents.Document) (list []documentInJSON) {
	for _, d := range all {
		in := documentInJSON{Name: d.Name, Files: d.Files, Missing: d.Missing}
		for _, u := range d.Unlisted {
			in.Unlisted = append(in.Unlisted, u.Blob)
		}
		list = append(list, in)
	}
	return list
}
