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
	// KeepBoth sends a file whose name is taken under another: "name (2).ext". Replace goes first.
	KeepBoth bool
	// KeepTimes has the storage keep when each file was modified, as rclone does.
	KeepTimes bool
	// PutMD5 has the storage keep the MD5 of each file.
	PutMD5 bool
	// Manifest are the hashes that a manifest of what was delivered will list.
	Manifest source.Hashes
	// Check is the absolute path of a manifest; a file below the root whose hash is not the one that
	// this lists is not sent. CheckHashes are those that it lists. Empty: none is compared.
	Check       string
	CheckHashes source.Hashes
	// Note is what goes with a delivery note when all is delivered; zero for none.
	Note Note
	// Accompanies are the transfers whose documents these files are: lists of hashes, or a note.
	Accompanies []Accompanied
	// Review is the scan of these roots that a person looked at, finished or not; nil where there
	// was none. What it finds is sent, and the roots are not read again, where it is of the same
	// roots with the same options. A journal does not keep it: after a restart before all of it is
	// in the list, the roots are read.
	Review *scan.Record
}

// Note is a message from whoever sends to whoever receives.
type Note struct {
	Text, From string
}

// Accompanied is a transfer that documents tell of.
type Accompanied struct {
	Transfer int64 // its id
	Files    int64 // of it that were in the inbox when the documents were written
}

// Same reports whether a transfer is what Add would start with these arguments.
func (t *Transfer) Same(to token.Inbox, roots []string, o AddOptions) bool {
	o.Scan.Inbox = to
	return t.Inbox == to.Key() && reflect.DeepEqual(t.Roots, roots) &&
		reflect.DeepEqual(normal(t.Options), normal(o))
}

// normal makes options comparable that went through a journal, which does not tell nil from empty.
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

// KeepDates keeps with a transfer when its token is valid.
func (t *Transfer) KeepDates(of token.Token) { t.ValidFrom, t.ValidTo = of.ValidFrom, of.ValidTo }

// Note adds what a scan came across to what a person is told of it: what was left out, and names.
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

// Copy returns a Transfer that does not change any more. SkippedPaths and NameNotes only grow, so
// their prefixes can be shared.
func (t *Transfer) Copy() Transfer {
	c := *t
	c.Skipped = maps.Clone(t.Skipped)
	c.SkippedPaths = t.SkippedPaths[:len(t.SkippedPaths):len(t.SkippedPaths)]
	c.NameNotes = t.NameNotes[:len(t.NameNotes):len(t.NameNotes)]
	return c
}
