package ui

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// found is what a review has counted so far. The scanning goroutine fills one and hands out copies.
type found struct {
	files, bytes int64
	unchanged    int64 // of the files: sent before and not changed since
	renamed      some  // of the files: get another name
	warned       some  // of the files: their names can't exist on Windows
	lately       some  // of the files: modified in the last minute
	refused      some  // can't be sent
	skipped      some  // skipped, apart from the next two
	junk         some  // the system's own files
	empty        some  // empty folders
	// followed links out of the given files and folders
	outside              int64
	roots                []given // the ones listed by name
	place                reviewPlace
	rootFiles, rootBytes [mostRoots + 1]int64
	done                 bool
	err                  error
}

// some counts items and keeps the first [mostNamed].
type some struct {
	n     int64
	first []scan.Found
}

func (s *some) add(x *scan.Found) {
	if s.n++; len(s.first) < mostNamed {
		s.first = append(s.first, *x)
	}
}

// rootOf returns the index of the listed root of an item, or -1. Roots may lie inside one another.
func (f *found) rootOf(x *scan.Found) int {
	for i, g := range f.roots {
		root := g.path
		rest, below := strings.CutPrefix(x.Source, root)
		if !below || rest != "" && rest[0] != filepath.Separator && !strings.HasSuffix(root,
			string(filepath.Separator)) {
			continue
		}
		if len(x.Source)-len(x.Rel) == len(root)-f.place.relLength(g) {
			return i
		}
	}
	return -1
}

func (f *found) add(batch []scan.Found, now time.Time) {
	for i := range batch {
		x := &batch[i]
		if r := f.rootOf(x); r >= 0 && x.Err == nil && x.Skip == "" {
			f.rootFiles[r]++
			f.rootBytes[r] += x.Size
		}
		switch {
		case x.Err != nil:
			f.refused.add(x)
		case x.Skip == scan.SkipJunk:
			f.junk.add(x)
		case x.Skip == scan.SkipEmptyFolder:
			f.empty.add(x)
		case x.Skip != "":
			f.skipped.add(x)
		default:
			f.files++
			f.bytes += x.Size
			if x.Blob.Renamed {
				f.renamed.add(x)
			}
			if len(x.Blob.Warnings) > 0 {
				f.warned.add(x)
			}
			if x.ModifiedLately(now) {
				f.lately.add(x)
			}
		}
	}
}

// copy returns a copy that does not change any more. It can share the lists, which only grow.
func (f *found) copy() found {
	c := *f
	for _, s := range []*some{
		&c.renamed, &c.warned, &c.lately, &c.refused, &c.skipped, &c.junk, &c.empty,
	} {
		s.first = slices.Clip(s.first)
	}
	return c
}

// scan counts, and shows the counts while they grow.
func (d *reviewDialog) scan(ctx context.Context) {
	f := found{roots: d.given[:len(d.sizes)], place: d.place}
	begun := make(chan token.Inbox, 1)
	d.do(func() {
		o := d.scanOptions()
		d.record = scan.NewRecord(d.paths, o)
		begun <- o.Inbox
	})
	var inbox token.Inbox
	select {
	case inbox = <-begun:
	case <-ctx.Done():
		return
	}
	sent, err := d.config.Queue.Sent(ctx, inbox.Key())
	if err != nil {
		sent = nil // unknown here; sending finds out
	}
	last := time.Time{}
	totals, err := d.record.Files(ctx, func(batch []scan.Found) error {
		if f.know(ctx, sent, batch) != nil {
			sent = nil
		}
		f.add(batch, time.Now())
		if now := time.Now(); now.Sub(last) > 5*sampleEvery {
			last = now
			c := f.copy()
			d.do(func() { d.show(c) })
		}
		return nil
	})
	if ctx.Err() != nil {
		return
	}
	f.done, f.err, f.outside = true, err, totals.Outside
	c := f.copy()
	d.do(func() { d.show(c) })
}

// know counts files that were sent before and have not changed since; a nil sent counts none.
func (f *found) know(ctx context.Context, sent *ledger.Sent, batch []scan.Found) error {
	if sent == nil {
		return nil
	}
	for i := range batch {
		same, err := sent.Has(ctx, &batch[i])
		if err != nil {
			return err
		}
		if same {
			f.unchanged++
		}
	}
	return nil
}
