package ledger

import (
	"maps"
	"reflect"

	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/token"
)

// AddOptions says how a transfer's files are found and sent.
type AddOptions struct {
	Scan    scan.Options // its Inbox is set by Add
	Replace bool         // replace blobs of the same name; otherwise they are left alone
	// KeepBoth sends a file whose name is taken under another: "name (2).ext". Replace takes
	// precedence.
	KeepBoth bool
	// KeepTimes makes the storage keep each file's modification time, as rclone does.
	KeepTimes bool
	// PutMD5 makes the storage keep the MD5 of each file.
	PutMD5 bool
	// Manifest says which hashes the manifest of the delivered files will list.
	Manifest source.Hashes
	// Check is the absolute path of a manifest: a file below the root whose hash differs from the
	// listed one is not sent. CheckHashes are the kinds of hashes listed. Empty: no comparison.
	Check       string
	CheckHashes source.Hashes
	// Note is the text of a delivery note to send after the files; zero for none.
	Note Note
	// Accompanies are the transfers whose documents these files are: lists of hashes, or a note.
	Accompanies []Accompanied
	// Review is the scan of these roots that a person looked at, finished or not; nil if there was
	// none. If it has the same roots and options, its files are sent and the roots are not read
	// again. A journal does not keep it: after a restart before all of it is in the list, the roots
	// are read.
	Review *scan.Record
}

// Note is a message from the sender to the recipient.
type Note struct {
	Text, From string
}

// Accompanied is a transfer that documents are about.
type Accompanied struct {
	Transfer int64 // its id
	Files    int64 // its files in the inbox when the documents were written
}

// Same reports whether Add would start the same transfer with these arguments.
func (t *Transfer) Same(to token.Inbox, roots []string, o AddOptions) bool {
	o.Scan.Inbox = to
	return t.Inbox == to.Key() && reflect.DeepEqual(t.Roots, roots) &&
		reflect.DeepEqual(normal(t.Options), normal(o))
}

// normal makes options comparable with those from a journal, which does not tell nil from empty.
func normal(o AddOptions) AddOptions {
	if len(o.Scan.Include) == 0 {
		o.Scan.Include = nil
	}
	if len(o.Scan.Exclude) == 0 {
		o.Scan.Exclude = nil
	}
	if len(o.Accompanies) == 0 {
		o.Accompanies = nil
	}
	o.Scan.NewerThan = o.Scan.NewerThan.UTC()
	o.Scan.Receipt, o.Scan.Local = "", false // are no journal's
	o.Manifest, o.Note = 0, Note{}           // change nothing about what is sent of the files
	o.Scan.Inbox.Wider = false               // was not kept by earlier versions
	return o
}

// KeepDates records when a transfer's token is valid.
func (t *Transfer) KeepDates(of token.Token) { t.ValidFrom, t.ValidTo = of.ValidFrom, of.ValidTo }

// Note records what a person should know about a found file: that it was left out, or its name.
func (t *Transfer) Note(f *scan.Found) {
	n := &f.Blob
	switch {
	case f.Err != nil:
		return
	case f.Skip != "":
		t.Skipped[f.Skip]++
		if f.Skip != scan.SkipJunk && f.Skip != scan.SkipOtherShard &&
			len(t.SkippedPaths) < MaxSkippedPaths {
			t.SkippedPaths = append(t.SkippedPaths, SkippedPath{f.Source, f.Skip})
		}
		return
	case !n.Renamed && n.Warnings == nil:
		return
	}
	if n.Renamed {
		t.Renamed++
	}
	if n.Warnings != nil {
		t.Warned++
	}
	if len(t.NameNotes) < MaxSkippedPaths {
		t.NameNotes = append(t.NameNotes, NameNote{f.Source, n.Blob, n.Renamed, n.Warnings})
	}
}

// Copy returns a copy that no longer changes. SkippedPaths and NameNotes only grow, so
// their prefixes can be shared.
func (t *Transfer) Copy() Transfer {
	c := *t
	c.Skipped = maps.Clone(t.Skipped)
	c.SkippedPaths = t.SkippedPaths[:len(t.SkippedPaths):len(t.SkippedPaths)]
	c.NameNotes = t.NameNotes[:len(t.NameNotes):len(t.NameNotes)]
	return c
}
