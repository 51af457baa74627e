package ui

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// found is what a review has counted so far. The scanning goroutine fills one and hands out copies.
type found struct {
	files, bytes, refused, skipped int64
	unchanged                      int64 // of the files: sent before as they are now
	junk                           int64
	renamed, warned                int64
	lately                         int64        // of the files: modified in the last minute
	young                          []scan.Found // the first of these
	// links that lead out of what was given and are followed
	outside  int64
	problems []scan.Found // the first of those that can't be sent
	left     []scan.Found // the first of those that are left out
	// the first of those that systems keep for themselves
	junkLeft             []scan.Found
	renames              []scan.Found // the first of those that get another name
	warnings             []scan.Found // the first of those whose name Windows can't have
	roots                []given      // those that are listed by name
	place                reviewPlace
	rootFiles, rootBytes [mostRoots + 1]int64
	done                 bool
	err                  error
}

// rootOf returns with which of the listed roots something was found, or -1. Roots may lie in each
// other.
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
			f.refused++
			if len(f.problems) < mostNamed {
				f.problems = append(f.problems, *x)
			}
		case x.Skip == scan.SkipJunk:
			f.junk++
			if len(f.junkLeft) < mostNamed {
				f.junkLeft = append(f.junkLeft, *x)
			}
		case x.Skip != "":
			f.skipped++
			if len(f.left) < mostNamed {
				f.left = append(f.left, *x)
			}
		default:
			f.files++
			f.bytes += x.Size
			if x.Blob.Renamed {
				f.renamed++
				if len(f.renames) < mostNamed {
					f.renames = append(f.renames, *x)
				}
			}
			if len(x.Blob.Warnings) > 0 {
				f.warned++
				if len(f.warnings) < mostNamed {
					f.warnings = append(f.warnings, *x)
				}
			}
			if x.ModifiedLately(now) {
				f.lately++
				if len(f.young) < mostNamed {
					f.young = append(f.young, *x)
				}
			}
		}
	}
}

func (f *found) copy() found {
	c := *f
	c.problems = f.problems[:len(f.problems):len(f.problems)]
	c.left = f.left[:len(f.left):len(f.left)]
	c.junkLeft = f.junkLeft[:len(f.junkLeft):len(f.junkLeft)]
	c.renames = f.renames[:len(f.renames):len(f.renames)]
	c.warnings = f.warnings[:len(f.warnings):len(f.warnings)]
	c.young = f.young[:len(f.young):len(f.young)]
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
		sent = nil // nothing is known, and sending finds out
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

// know counts what was sent before as it is now; sent is nil where nothing is known.
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
