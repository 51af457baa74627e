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
	paperLimit  = 64 << 20  // longest note or list that is read, in bytes
	papersLimit = 256 << 20 // the same for all of an inbox together
)

// Arrived sums up the files that arrived with a token.
type Arrived struct {
	Files, Bytes int64     // including notes and lists
	Last         time.Time // when the last file arrived, by the storage's clock; zero if none did
	Notes        []Note    // sorted by name
	Lists        []File    // lists of checksums, sorted by name
	// Unread are files that are named like notes but are none, or exceed the limits: 64 MiB each and
	// 256 MiB together.
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

// Complete sums up the senders' delivery notes: known reports whether there is one, complete
// whether every note says that nothing failed.
func (a *Arrived) Complete() (complete, known bool) {
	complete = true
	for _, n := range a.Notes {
		complete = complete && n.Complete
	}
	return complete && len(a.Notes) > 0, len(a.Notes) > 0
}

// Arrived counts the files that arrived with a token, and reads the delivery notes among them.
func (w *Workspace) Arrived(ctx context.Context, tid int) (Arrived, error) {
	return w.Count(ctx, tid, w.Files(ctx, tid))
}

// Count is [Workspace.Arrived] for only these files, for example those of [Workspace.Files].
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

// readPaper reads a note or a list. It returns nil for one that is too long or gone; an error
// concerns more than this file.
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

// State adds the statements of the inbox's own papers: the delivery notes, and the lists of
// checksums, in which names are relative to the list. If two lists name a file, the one that
// arrived later counts, since the file may have been sent again. unread are lists that can't be
// parsed or are too long; State adds nothing from them.
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

// StatementOf returns the statement of a line in a list of checksums, about a file below a folder
// of the inbox. The folder ends with a slash or is empty.
func StatementOf(l sums.Line, folder string) Statement {
	s := Statement{Name: folder + l.Name, Size: -1}
	if l.IsMD5() {
		s.MD5 = l.Sum
	} else {
		s.SHA256 = l.Sum
	}
	return s
}
