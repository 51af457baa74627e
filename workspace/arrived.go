package workspace

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"inboxuploader/internal/sums"
)

const (
	paperLimit  = 64 << 20  // bytes of one note or list that are read
	papersLimit = 256 << 20 // bytes of all of an inbox
)

// Arrived is what arrived with a token, in all.
type Arrived struct {
	Files, Bytes int64     // notes and lists included
	Last         time.Time // when the last file arrived, by the storage's clock; zero if none did
	Notes        []Note    // in the order of their names
	Lists        []File    // lists of checksums, by their names
	// Unread are files named like notes that are none, or are longer than what is read: 64 MiB of
	// one and 256 MiB of all.
	Unread []string
	read   int64
}

// Papers returns the names of the notes and lists.
func (a *Arrived) Papers() (all []string) {
	for _, n := range a.Notes {
		all = append(all, n.Name)
	}
	for _, l := range a.Lists {
		all = append(all, l.Name)
	}
	return all
}

// Complete returns what the senders' delivery notes say: known is whether there is one, complete
// whether each of them says that nothing failed.
func (a *Arrived) Complete() (complete, known bool) {
	complete = true
	for _, n := range a.Notes {
		complete = complete && n.Complete
	}
	return complete && len(a.Notes) > 0, len(a.Notes) > 0
}

// Arrived counts what arrived with a token, and reads the delivery notes among it.
func (w *Workspace) Arrived(ctx context.Context, tid int) (Arrived, error) {
	return w.Count(ctx, tid, w.Files(ctx, tid))
}

// Count is [Workspace.Arrived] of these files alone, such as those that [Workspace.Files] tells.
func (w *Workspace) Count(
	ctx context.Context, tid int, files iter.Seq2[File, error],
) (a Arrived, err error) {
	for f, err := range files {
		if err != nil {
			return a, err
		}
		a.Files++
		a.Bytes += f.Size
		if f.Arrived.After(a.Last) {
			a.Last = f.Arrived
		}
		switch {
		case isList(f.Name):
			a.Lists = append(a.Lists, f)
		case isNote(f.Name):
			text, err := w.readPaper(ctx, tid, f, &a.read)
			if err != nil {
				return a, err
			}
			if n, ok := parseNote(f.Name, text); ok {
				a.Notes = append(a.Notes, n)
			} else {
				a.Unread = append(a.Unread, f.Name)
			}
		}
	}
	return a, nil
}

// readPaper reads a note or a list. It returns nil for one that is too long or gone; errors are
// about more than it.
func (w *Workspace) readPaper(
	ctx context.Context, tid int, f File, read *int64,
) ([]byte, error) {
	if f.Size > paperLimit || *read+f.Size > papersLimit {
		return nil, nil
	}
	*read += f.Size
	var text bytes.Buffer
	err := w.download(ctx, w.container(tid), f, 0, &text)
	if e, ok := errors.AsType[*Error](err); ok && errors.Is(e, ErrFile) {
		return nil, nil
	}
	return text.Bytes(), err
}

// State adds what the inbox's own papers say: the delivery notes, and the lists of checksums, whose
// names are relative to them. Of two lists the one that arrived later counts, since what it names
// may have been sent again. unread are lists that make no sense or are too long, of which nothing
// is added.
func (w *Workspace) State(
	ctx context.Context, tid int, a *Arrived, to *Statements,
) (unread []string, err error) {
	for i := range a.Notes {
		a.Notes[i].State(to)
	}
	type sum struct {
		name string
		md5  bool
	}
	latest := map[sum]Statement{}
	lists := slices.Clone(a.Lists)
	slices.SortStableFunc(lists, func(a, b File) int { return a.Arrived.Compare(b.Arrived) })
	for _, f := range lists {
		text, err := w.readPaper(ctx, tid, f, &a.read)
		if err != nil {
			return unread, err
		}
		all, ok := parseList(text, folderOf(f.Name))
		if !ok || len(all) == 0 && f.Size > 0 {
			unread = append(unread, f.Name)
			continue
		}
		for _, s := range all {
			latest[sum{s.Name, s.MD5 != nil}] = s
		}
	}
	for _, s := range latest {
		to.Add(s)
	}
	return unread, nil
}

// parseList reads a list of checksums of files below a folder.
func parseList(text []byte, folder string) (all []Statement, ok bool) {
	for l, err := range sums.Read(bytes.NewReader(text)) {
		if err != nil {
			return nil, false
		}
		all = append(all, StatementOf(l, folder))
	}
	return all, true
}

// StatementOf returns what a line of a list of checksums says, of a file below a folder of the
// inbox, which ends with a slash or is empty.
func StatementOf(l sums.Line, folder string) Statement {
	s := Statement{Name: folder + l.Name, Size: -1}
	if l.IsMD5() {
		s.MD5 = l.Sum
	} else {
		s.SHA256 = l.Sum
	}
	return s
}
