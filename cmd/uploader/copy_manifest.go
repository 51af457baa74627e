package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"inboxuploader/internal/show"
	"inboxuploader/internal/sums"
	"inboxuploader/uploader/manifest"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/token"
)

// hashes returns the kinds of hash to compare files by.
func (f *documentFlags) hashes() source.Hashes {
	if f.expected == nil {
		return 0
	}
	return f.expected.Hashes()
}

// keepManifest limits the upload to the files of --check-manifest, each of which is compared before
// it is sent. It keeps a copy of the manifest in the state folder for later runs, and says first
// which files are missing and which are additional.
func (r *copyRun) keepManifest(ctx context.Context, to token.Token, sources []string) error {
	f := &r.documents
	if f.check == "" {
		return nil
	}
	if r.selection.list != "" {
		return &usageError{"--files-from and --check-manifest both say what to send. Nothing " +
			"was sent. Choose one of them."}
	}
	info, err := os.Stat(sources[0])
	if len(sources) > 1 || err != nil || !info.IsDir() {
		return &usageError{"--check-manifest works on one folder. Nothing was sent. Name that " +
			"folder as the only source."}
	}
	text, err := os.ReadFile(f.check)
	if err == nil { // compare with the copy, even if the file changes meanwhile
		f.expected, err = manifest.ParseExpected(bytes.NewReader(text))
	}
	if err != nil {
		return manifestUnreadable(f.check, err)
	}
	if f.expected.Len() == 0 {
		return usagef("“%s” lists no files. Nothing was sent.", show.Text(f.check))
	}
	if f.check, err = r.writeList(string(text)); err != nil {
		return err
	}
	options := r.scanOptions(to.Inbox)
	names := slices.Sorted(f.expected.Names())
	if r.selection.list, err = r.writeList(strings.Join(names, "\x00") + "\x00"); err != nil {
		return err
	}
	return r.compareNames(ctx, sources[0], options)
}

// manifestUnreadable says why --check-manifest can't be used.
func manifestUnreadable(path string, err error) error {
	if line, ok := errors.AsType[*sums.LineError](err); ok {
		return usagef("Line %d of “%s” is not a hash and a name as sha256sum and md5sum write "+
			"them. Nothing was sent.", line.Line, show.Text(path))
	}
	return usagef("The manifest “%s” can't be read. Nothing was sent. Check that it exists and "+
		"that you may read it.", show.Text(path))
}

// compareNames says which files of a manifest are missing from the folder, and which files of the
// folder the manifest does not name.
func (r *copyRun) compareNames(ctx context.Context, root string, o scan.Options) error {
	expected := r.documents.expected
	missing, additional := map[string]bool{}, []string(nil)
	for name := range expected.Names() {
		missing[name] = true
	}
	o.Contents, o.Folder, o.Local, o.Receipt = true, "", true, r.receipt
	_, err := scan.Files(ctx, []string{root}, o, func(found []scan.Found) error {
		for i := range found {
			f := &found[i]
			if f.Skip != "" || f.Err != nil {
				continue
			}
			delete(missing, f.Rel)
			if expected.Has(f.Rel) {
				continue
			}
			if r.documents.additional++; len(additional) < mostNamed {
				additional = append(additional, f.Rel)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.sayNames("In the manifest, but not in the folder", slices.Sorted(maps.Keys(missing)),
		int64(len(missing)))
	r.sayNames("In the folder, but not in the manifest, so not sent", additional,
		r.documents.additional)
	return nil
}

// sayNames says how many files of a kind there are, and names the first ones.
func (r *copyRun) sayNames(kind string, names []string, n int64) {
	if n == 0 {
		return
	}
	r.say(fmt.Sprintf("%s: %s", kind, fileCount(n)))
	for _, name := range names[:min(len(names), mostNamed)] {
		r.say("  " + show.Text(name))
	}
	if rest := n - mostNamed; rest > 0 {
		r.say("  and " + humanize.Comma(rest) + " more")
	}
}
