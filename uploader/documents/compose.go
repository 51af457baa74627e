package documents

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/manifest"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/token"
)

// keptFor is for how long documents are kept: no upload can need them any more then, since tokens
// last thirty days.
const keptFor = 60 * 24 * time.Hour

// Queue is what documents need of the engine, which [uploader.Queue] has.
type Queue interface {
	Add(ctx context.Context, to token.Inbox, roots []string, o ledger.AddOptions) (int64, error)
	Delivered(ctx context.Context, transfers []int64, visit func(t ledger.Transfer,
		j ledger.Job) error) error
	Rows(ctx context.Context, f ledger.Filter, from, n int) ([]ledger.Job, error)
}

// Composer writes documents, and hands them to a queue. Its methods block on the disk, and for as
// long as it takes to read files again whose hashes nobody has kept.
type Composer struct {
	Queue   Queue
	Dir     string // a folder for them, which is made; empty: there is none, and Send fails
	Now     func() time.Time
	Version string // of the program, for notes
	// Dated gives lists a name with the time in UTC, where one place gets more of them than can be
	// told apart by a number.
	Dated bool
	// Hashes keeps those of files that are read again. Nil: nobody does.
	Hashes *manifest.Keeper
	// Again hears that files are read again. Nil: nobody does.
	Again func()

	tried map[int64]int64 // by Due: of a transfer, how many files it had
}

// Due returns the transfers that are owed documents, see [Owed], and that are wanted (nil: all), if
// there is more to tell of them than when it last returned them: what could not be written is tried
// again by the next Composer. It must not be called concurrently.
func (c *Composer) Due(
	transfers []ledger.TransferStatus, wanted func(ledger.TransferStatus) bool,
) (due []ledger.TransferStatus) {
	for _, t := range Owed(transfers) {
		if c.tried[t.ID] >= t.InInbox() || wanted != nil && !wanted(t) {
			continue
		}
		if c.tried == nil {
			c.tried = map[int64]int64{}
		}
		c.tried[t.ID] = t.InInbox()
		due = append(due, t)
	}
	return due
}

// Document is a list or a note, and what became of it.
type Document struct {
	Path     string // here; empty where it could not be written
	Name     string // in the inbox, complete; empty while it is not there
	Files    int64  // that it names
	Missing  int64  // delivered files that it does not name
	Unlisted []manifest.Unlisted
}

// Lacks reports whether something is missing in it, or it is not in the inbox.
func (d *Document) Lacks() bool { return d.Name == "" || d.Missing > 0 }

// Send writes the documents of transfers that lead to one place, and hands them to the queue as a
// transfer of their own, whose id it returns; 0 where nothing is to be sent. Those that are returned
// with an error could not be written.
func (c *Composer) Send(
	ctx context.Context, of []ledger.TransferStatus, hashes source.Hashes, note ledger.Note,
) (id int64, all []Document, err error) {
	w := &writing{Composer: c, of: of}
	if all, err = w.write(ctx, hashes, note); err != nil {
		return 0, all, err
	}
	var paths []string
	for _, d := range all {
		if d.Files > 0 {
			paths = append(paths, d.Path)
		}
	}
	if len(paths) == 0 {
		return 0, all, nil
	}
	first := &of[0].Options.Scan
	o := ledger.AddOptions{KeepBoth: true, Scan: scan.Options{
		Folder: first.Folder, NoDefaultExcludes: true,
	}}
	for i := range of {
		o.Accompanies = append(o.Accompanies,
			ledger.Accompanied{Transfer: of[i].ID, Files: of[i].InInbox()})
	}
	id, err = c.Queue.Add(ctx, first.Inbox, paths, o)
	return id, all, err
}

// Find finds out under which names documents are in the inbox that these transfers sent.
func (c *Composer) Find(ctx context.Context, transfers []int64, all []Document) error {
	return c.Queue.Delivered(ctx, transfers, func(_ ledger.Transfer, j ledger.Job) error {
		for i := range all {
			if d := &all[i]; d.Path == j.Source {
				d.Name = j.Blob
			}
		}
		return nil
	})
}

// folder is where in the container the documents of a transfer get: empty, or with a slash at its
// end.
func folder(t *ledger.TransferStatus) string {
	o := &t.Options.Scan
	folder := strings.Trim(o.Inbox.Prefix+"/"+o.Folder, "/")
	if folder != "" {
		folder += "/"
	}
	return folder
}

// writing is the writing of documents.
type writing struct {
	*Composer
	of []ledger.TransferStatus // one at least
}

func (w *writing) folder() string { return folder(&w.of[0]) }

// name is what a list is called.
func (w *writing) name(of source.Hashes) string {
	name := manifest.Names[of]
	if w.Dated {
		name += w.Now().UTC().Format("-20060102T150405Z")
	}
	if s := w.of[0].Options.Scan.Shard; s.Of > 0 { // it has the files of one shard alone
		name += fmt.Sprintf(".%d-of-%d", s.Number, s.Of)
	}
	return name
}

// makeDir makes the folder for the documents of all transfers of the same things to the same place,
// so that a list that has not changed is not sent twice.
func (w *writing) makeDir() (string, error) {
	if w.Dir == "" {
		return "", errors.New("there is no folder for documents")
	}
	key := sha256.New()
	for _, part := range append([]string{w.of[0].Inbox, w.folder()}, w.of[0].Roots...) {
		key.Write(fmt.Appendf(nil, "%d:%s", len(part), part))
	}
	dir := filepath.Join(w.Dir, fmt.Sprintf("%x", key.Sum(nil)[:16]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make folder for documents: %w", err)
	}
	return dir, nil
}

// delivered hands over what the transfers delivered.
func (w *writing) delivered(
	ctx context.Context, visit func(ledger.Transfer, ledger.Job) error,
) error {
	var ids []int64
	for i := range w.of {
		ids = append(ids, w.of[i].ID)
	}
	return w.Queue.Delivered(ctx, ids, visit)
}

// count adds up what the transfers say.
func (w *writing) count(of func(*ledger.TransferStatus) int64) (n int64) {
	for i := range w.of {
		n += of(&w.of[i])
	}
	return n
}

// write writes the documents. Those that it returns with an error could not be.
func (w *writing) write(
	ctx context.Context, hashes source.Hashes, note ledger.Note,
) (all []Document, err error) {
	dir, err := w.makeDir()
	if err != nil {
		return []Document{{}}, err
	}
	removeOld(w.Dir, w.Now())
	known, err := manifest.Load(w.Dir)
	if err != nil {
		return []Document{{}}, err
	}
	defer func() { _ = known.Close() }() // it was only read
	if hashes != 0 {
		if all, err = w.lists(ctx, dir, hashes, known); err != nil {
			return all, err
		}
	}
	// A note goes with what it tells of: not again where nothing was delivered.
	if note.Text != "" && w.count(func(t *ledger.TransferStatus) int64 {
		return t.Files[ledger.Delivered]
	}) > 0 {
		d, err := w.note(ctx, dir, note, known)
		all = append(all, d)
		return all, err
	}
	return all, nil
}

// lists writes the manifests.
func (w *writing) lists(
	ctx context.Context, dir string, of source.Hashes, known *manifest.Known,
) (all []Document, err error) {
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
			return []Document{{}}, fmt.Errorf("write manifest: %w", err)
		}
		files = append(files, f)
		lists = append(lists, &manifest.List{Of: kind, To: f})
	}
	if w.Again != nil && w.count((*ledger.TransferStatus).UnchangedFiles) > 0 {
		w.Again()
	}
	keeper := cmp.Or(w.Hashes, manifest.NewKeeper(""))
	written, err := manifest.Write(ctx, lists, w.folder(), w.delivered, known, keeper)
	if err != nil {
		return []Document{{}}, err
	}
	for i, l := range lists {
		d := Document{
			Path: filepath.Join(dir, w.name(l.Of)), Files: l.Files,
			Missing: written.Missing, Unlisted: written.Unlisted,
		}
		all = append(all, d)
		if l.Files == 0 {
			continue
		}
		if err := keepNewList(files[i], d.Path, l.Content); err != nil {
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
func (w *writing) note(
	ctx context.Context, dir string, words ledger.Note, known *manifest.Known,
) (Document, error) {
	now := w.Now()
	d := Document{
		Path: filepath.Join(dir, manifest.NoteName(now)), Files: w.count((*ledger.TransferStatus).InInbox),
	}
	n := manifest.Note{Message: words.Text, From: words.From, Version: w.Version, Time: now}
	for i := range w.of {
		n.Exclude(&w.of[i].Transfer)
		f := ledger.Filter{Transfer: w.of[i].ID, States: []ledger.JobState{
			ledger.LeftAlone, ledger.Attention, ledger.Failed, ledger.Cancelled,
		}}
		if err := ledger.EachRow(ctx, w.Queue, f, func(j ledger.Job) error {
			n.Fail(&j)
			return nil
		}); err != nil {
			return d, err
		}
	}
	file, err := os.OpenFile(d.Path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return d, fmt.Errorf("write note: %w", err)
	}
	err = n.Write(ctx, file, w.folder(), w.delivered, known)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return d, errors.Join(err, os.Remove(d.Path))
	}
	return d, nil
}

// removeOld removes what no upload can need any more. What can't be removed stays.
func removeOld(dir string, now time.Time) {
	entries, _ := os.ReadDir(dir) // the next one finds what this one can't
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > keptFor {
			_ = os.RemoveAll(path)
		}
	}
}
