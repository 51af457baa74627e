package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/manifest"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/token"
)

const (
	// documentsName is the folder, in the state folder, of what goes with deliveries.
	documentsName = "uploader-documents"
	// longestNote is how long a message to the workspace may be, in characters.
	longestNote = 10000
)

// documentFlags are what goes last into the inbox, beside the files.
type documentFlags struct {
	manifest manifestFlag
	note     ledger.Note
	check    string // the manifest that files are compared with; once it is prepared, its copy

	expected   *manifest.Expected // what it says
	additional int64              // files that it does not name
}

func (f *documentFlags) add(s *pflag.FlagSet) {
	s.Var(&f.manifest, "manifest", "finally send a list of the files' hashes, SHA256SUMS or "+
		"MD5SUMS: sha256, md5 or both")
	s.StringVar(&f.note.Text, "note", "", "finally send this `MESSAGE` to the workspace, in a delivery "+
		"note that also lists what was delivered and what was not")
	s.StringVar(&f.check, "check-manifest", "", "send only files whose hash agrees with this `FILE`, "+
		"which sha256sum or md5sum wrote in SOURCE; name the others")
	s.StringVar(&f.note.From, "from", "", "with --note: `WHO` the note is from")
}

// checkToken refuses what can't be sent with a token, or said.
func (f *documentFlags) checkToken(t token.Token) error {
	switch {
	case f.note.Text == "" && f.note.From != "":
		return &usageError{"--from needs --note. Nothing was sent."}
	case utf8.RuneCountInString(f.note.Text) > longestNote,
		utf8.RuneCountInString(f.note.From) > longestNote:
		return usagef("A note has at most %s characters. Nothing was sent. Send longer words as a "+
			"file of their own.", humanize.Comma(longestNote))
	case carriesSecret(f.note.Text), carriesSecret(f.note.From):
		return &usageError{"There is a token in the note, and a note is read by others. Nothing " +
			"was sent. Leave the token out."}
	case t.Inbox.Blob != "" && (f.manifest.of != 0 || f.note.Text != ""):
		return &usageError{"This token is for one file alone, so neither a manifest nor a note can " +
			"go with it. Nothing was sent. Leave out --manifest and --note."}
	}
	return nil
}

// manifestFlag is --manifest.
type manifestFlag struct{ of source.Hashes }

// manifestKinds are what --manifest takes.
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

// document is a manifest or a delivery note, and what became of it.
type document struct {
	path string // here; empty where it could not be written

	name     string // in the inbox, complete; empty while it is not there
	files    int64  // that it names
	missing  int64  // delivered files that it does not name
	unlisted []manifest.Unlisted
}

// lacks reports whether something is missing in it, or it is not in the inbox.
func (d document) lacks() bool { return d.name == "" || d.missing > 0 }

// documentsDir is the folder of what goes with deliveries, in the state folder; empty where there is
// none: a folder that others can reach, too, is no place for it.
func (s *stateFolder) documentsDir() string {
	dir, err := s.stateDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, documentsName)
}

// sendDocuments sends what goes with a delivery once nothing of it is pending. wait waits until
// nothing can go on by itself, as its error does. A document that could not be written or sent is
// among those of the delivery all the same.
func (r *delivery) sendDocuments(
	ctx context.Context, q *uploader.Queue, wait func() error,
) error {
	for _, t := range q.StatusOf(r.transfers...).Transfers {
		of, note := r.manifest, r.note
		if of == 0 && note.Text == "" {
			of, note = t.Options.Manifest, t.Options.Note
		}
		if of == 0 && note.Text == "" || !t.Finished() ||
			t.Files[ledger.Delivered]+t.UnchangedFiles() == 0 {
			continue
		}
		if err := r.compose(ctx, q, t, of, note); err != nil {
			return err
		}
	}
	if len(r.documentTransfers) == 0 {
		return nil
	}
	err := wait()
	return errors.Join(err, r.findDocuments(context.WithoutCancel(ctx), q))
}

// compose writes the documents of a transfer and hands them to the queue.
func (r *delivery) compose(
	ctx context.Context, q *uploader.Queue, t ledger.TransferStatus, of source.Hashes,
	note ledger.Note,
) error {
	c := &composing{delivery: r, queue: q, transfer: t}
	documents, err := c.write(ctx, of, note)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		r.log.Error("documents", "error", err)
		r.documents = append(r.documents, documents...)
		return nil
	}
	var paths []string
	for _, d := range documents {
		if d.files > 0 {
			paths = append(paths, d.path)
		}
	}
	if len(paths) > 0 {
		o := ledger.AddOptions{KeepBoth: true, Scan: scan.Options{
			Folder: t.Options.Scan.Folder, NoDefaultExcludes: true,
		}}
		id, err := q.Add(ctx, t.Options.Scan.Inbox, paths, o)
		if err != nil {
			return err
		}
		r.documentTransfers = append(r.documentTransfers, id)
	}
	r.documents = append(r.documents, documents...)
	return nil
}

// findDocuments finds out under which names documents are in the inbox.
func (r *delivery) findDocuments(ctx context.Context, q *uploader.Queue) error {
	return q.Delivered(ctx, r.documentTransfers, func(_ ledger.Transfer, j ledger.Job) error {
		for i := range r.documents {
			if d := &r.documents[i]; d.path == j.Source {
				d.name = j.Blob
			}
		}
		return nil
	})
}

// composing is the writing of what goes with a transfer.
type composing struct {
	*delivery
	queue    *uploader.Queue
	transfer ledger.TransferStatus
}

// folder is where in the container documents get: empty, or with a slash at its end.
func (c *composing) folder() string {
	o := c.transfer.Options.Scan
	folder := strings.Trim(o.Inbox.Prefix+"/"+o.Folder, "/")
	if folder != "" {
		folder += "/"
	}
	return folder
}

// share is what the name of a list ends in that has one shard's files alone.
func (c *composing) share() string {
	s := c.transfer.Options.Scan.Shard
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf(".%d-of-%d", s.Number, s.Of)
}

// dir makes the folder for the documents of all transfers of the same things to the same place, so
// that a list that has not changed is not sent twice.
func (c *composing) dir() (string, error) {
	key := sha256.New()
	for _, part := range append([]string{c.transfer.Inbox, c.folder()}, c.transfer.Roots...) {
		key.Write(fmt.Appendf(nil, "%d:%s", len(part), part))
	}
	dir := c.program.documentsDir()
	if dir == "" {
		return "", errors.New("there is no state folder")
	}
	dir = filepath.Join(dir, fmt.Sprintf("%x", key.Sum(nil)[:16]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make folder for documents: %w", err)
	}
	return dir, nil
}

// delivered hands over what the transfer delivered.
func (c *composing) delivered(
	ctx context.Context, visit func(ledger.Transfer, ledger.Job) error,
) error {
	return c.queue.Delivered(ctx, []int64{c.transfer.ID}, visit)
}

// write writes the documents. Those that it returns with an error could not be.
func (c *composing) write(
	ctx context.Context, of source.Hashes, note ledger.Note,
) (all []document, err error) {
	dir, err := c.dir()
	if err != nil {
		return []document{{}}, err
	}
	removeOldDocuments(c.program.documentsDir(), c.program.now())
	known, err := manifest.Load(c.program.documentsDir())
	if err != nil {
		return []document{{}}, err
	}
	defer func() { _ = known.Close() }() // it was only read
	if of != 0 {
		if all, err = c.lists(ctx, dir, of, known); err != nil {
			return all, err
		}
	}
	// A note goes with what it tells of: not again where nothing was delivered.
	if note.Text != "" && c.transfer.Files[ledger.Delivered] > 0 {
		d, err := c.note(ctx, dir, note, known)
		all = append(all, d)
		return all, err
	}
	return all, nil
}

// lists writes the manifests.
func (c *composing) lists(
	ctx context.Context, dir string, of source.Hashes, known *manifest.Known,
) (all []document, err error) {
	var lists []*manifest.List
	var files []*os.File
	defer func() {
		for _, f := range files {
			_ = f.Close()
			_ = os.Remove(f.Name()) // unless it has its name by now
		}
	}()
	for _, kind := range []source.Hashes{source.SHA256, source.MD5} {
		if of&kind == 0 {
			continue
		}
		f, err := os.CreateTemp(dir, ".manifest-*.part")
		if err != nil {
			return []document{{}}, fmt.Errorf("write manifest: %w", err)
		}
		files = append(files, f)
		lists = append(lists, &manifest.List{Of: kind, To: f})
	}
	if again := c.transfer.UnchangedFiles(); again > 0 {
		c.program.say("Working out the manifest. What was delivered before is read again, unless " +
			"its hash was kept.")
	}
	written, err := manifest.Write(ctx, lists, c.folder(), c.delivered, known, c.hashes)
	if err != nil {
		return []document{{}}, err
	}
	for i, l := range lists {
		d := document{
			path: filepath.Join(dir, manifest.Names[l.Of]+c.share()), files: l.Files,
			missing: written.Missing, unlisted: written.Unlisted,
		}
		all = append(all, d)
		if l.Files == 0 {
			continue
		}
		if err := keepNewList(files[i], d.path, l.Content); err != nil {
			return all, err
		}
	}
	return all, nil
}

// keepNewList gives a list its name, unless what has it says the same: then that stays as it is and
// need not be sent again.
func keepNewList(f *os.File, path string, content uint64) error {
	if before, err := os.Open(path); err == nil {
		same, err := manifest.Content(before)
		_ = before.Close() // it was only read
		if err == nil && same == content {
			return nil
		}
	}
	if err := errors.Join(f.Sync(), f.Close(), os.Rename(f.Name(), path)); err != nil {
		return fmt.Errorf("keep manifest: %w", err)
	}
	return nil
}

// note writes the delivery note.
func (c *composing) note(
	ctx context.Context, dir string, words ledger.Note, known *manifest.Known,
) (document, error) {
	now := c.program.now()
	d := document{
		path:  filepath.Join(dir, manifest.NoteName(now)),
		files: c.transfer.Files[ledger.Delivered] + c.transfer.UnchangedFiles(),
	}
	n := manifest.Note{Message: words.Text, From: words.From, Version: version(), Time: now}
	n.Exclude(&c.transfer.Transfer)
	f := ledger.Filter{Transfer: c.transfer.ID, States: []ledger.JobState{
		ledger.LeftAlone, ledger.Attention, ledger.Failed, ledger.Cancelled,
	}}
	if err := eachRow(ctx, c.queue, f, func(j ledger.Job) error {
		n.Fail(&j)
		return nil
	}); err != nil {
		return d, err
	}
	file, err := os.OpenFile(d.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return d, fmt.Errorf("write note: %w", err)
	}
	err = n.Write(ctx, file, c.folder(), c.delivered, known)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return d, errors.Join(err, os.Remove(d.path))
	}
	return d, nil
}

// removeOldDocuments removes what no upload can need any more. What can't be removed stays.
func removeOldDocuments(dir string, now time.Time) {
	entries, _ := os.ReadDir(dir) // the next one finds what this one can't
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > listsLast {
			_ = os.RemoveAll(path)
		}
	}
}

// documentWords says what became of the documents.
func documentWords(all []document) (lines []string) {
	for i, d := range all {
		name := filepath.Base(d.path)
		switch {
		case d.path == "":
			lines = append(lines, "", "What was to go with the files, a manifest or a note, could not "+
				"be written on this computer, and was not sent. The files are delivered. Make room on "+
				"the disk of the state folder, then run the same command again.")
			continue
		case d.name == "" && d.files > 0:
			lines = append(lines, "", "“"+show.Text(name)+"” was to go with the files, and is not in "+
				"the inbox. To send it: uploader resume")
			continue
		case d.files > 0:
			lines = append(lines, fmt.Sprintf("“%s” is in the inbox, too. It names %s.",
				show.Text(d.name), fileCount(d.files)))
		}
		if d.missing == 0 || i > 0 && all[i-1].missing == d.missing {
			continue // or both manifests lack the same
		}
		lines = append(lines, "", fmt.Sprintf("Delivered, and not in the manifest: %s. What is "+
			"here is no longer what was delivered, or can't be read, so it has no hash that could "+
			"be told.", fileCount(d.missing)))
		for _, u := range d.unlisted[:min(len(d.unlisted), mostNamed)] {
			lines = append(lines, "  "+shownPath(u.Source))
		}
		if more := d.missing - mostNamed; more > 0 {
			lines = append(lines, fmt.Sprintf("  and %s more", humanize.Comma(more)))
		}
	}
	return lines
}

// documentInJSON is a document in the object of --json.
type documentInJSON struct {
	Name     string   `json:"name"` // in the inbox; empty where it is not there
	Files    int64    `json:"files"`
	Missing  int64    `json:"missing"`            // delivered, and not named by it
	Unlisted []string `json:"unlisted,omitempty"` // the first of those, by their names in the inbox
}

func documentsInJSON(all []document) (list []documentInJSON) {
	for _, d := range all {
		in := documentInJSON{Name: d.name, Files: d.files, Missing: d.missing}
		for _, u := range d.unlisted {
			in.Unlisted = append(in.Unlisted, u.Blob)
		}
		list = append(list, in)
	}
	return list
}
