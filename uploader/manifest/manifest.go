package manifest

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"inboxuploader/internal/crc64"
	"inboxuploader/internal/sums"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// Names are how the lists of hashes are called, as everywhere.
var Names = map[source.Hashes]string{source.MD5: "MD5SUMS", source.SHA256: "SHA256SUMS"}

// Deliveries hands over what was delivered, as the Delivered of a Queue does. It is called twice.
type Deliveries func(ctx context.Context, visit func(t ledger.Transfer, j ledger.Job) error) error

// replaced returns the jobs of which a later version of the file was delivered under their name.
func (of Deliveries) replaced(ctx context.Context) (map[int64]bool, error) {
	earlier := map[int64]bool{}
	err := of(ctx, func(_ ledger.Transfer, j ledger.Job) error {
		if j.Earlier != 0 {
			earlier[j.Earlier] = true
		}
		return nil
	})
	return earlier, err
}

// List is a list that is written.
type List struct {
	Of    source.Hashes // one of them
	To    io.Writer
	Files int64 // that it names
	// Content is the same for two lists of the same lines, in whatever order they stand.
	Content uint64
}

// Unlisted is a file that was delivered and that no list names, since its hashes are not known and
// it is no longer what was delivered, or can't be read.
type Unlisted struct {
	Source, Blob string
	Why          *problem.Error // why it can't be read; nil where it has changed
}

// mostUnlisted is how many of them are named.
const mostUnlisted = 1000

// Written is what came of [Write].
type Written struct {
	Again    int64      // files that were read again for their hashes
	Missing  int64      // files that no list names
	Unlisted []Unlisted // the first 1,000 of them
}

// Write writes lists of what was delivered, in the order of its delivery, and counts what each of
// them has. Files are called by their names in the inbox, relative to the folder below, which is
// empty or ends in a slash; of two versions of a file the later one is listed, and of folders none. Hashes are taken
// from what is known, else the file is read again and told to keeper. It blocks on the disk for as
// long as that takes. Errors are those of the writers, of the deliveries, and the context's cause.
func Write(
	ctx context.Context, lists []*List, below string, of Deliveries, known *Known, keeper *Keeper,
) (w Written, err error) {
	replaced, err := of.replaced(ctx)
	if err != nil {
		return w, err
	}
	var wanted source.Hashes
	out := make([]*bufio.Writer, len(lists))
	for i, l := range lists {
		wanted |= l.Of
		out[i] = bufio.NewWriter(l.To)
	}
	r := reader{buf: make([]byte, 1<<20), of: wanted}
	var text []byte
	if err := of(ctx, func(_ ledger.Transfer, j ledger.Job) error {
		if replaced[j.ID] || j.IsFolder() {
			return nil
		}
		s := known.of(j.ID, j.CRC64)
		if !has(s, wanted) {
			w.Again++
			var err error
			if s, err = r.read(ctx, &j); ctx.Err() != nil {
				return context.Cause(ctx)
			} else if err != nil {
				w.leave(&j, err)
				return nil
			}
			keeper.keep(j.ID, j.CRC64, s)
		}
		for i, l := range lists {
			sum := s.SHA256
			if l.Of == source.MD5 {
				sum = s.MD5
			}
			line := sums.Line{Sum: []byte(sum), Name: strings.TrimPrefix(j.Blob, below)}
			text = sums.Append(text[:0], line)
			if _, err := out[i].Write(text); err != nil {
				return fmt.Errorf("write manifest: %w", err)
			}
			l.count(text)
		}
		return nil
	}); err != nil {
		return w, err
	}
	for _, o := range out {
		if err := o.Flush(); err != nil {
			return w, fmt.Errorf("write manifest: %w", err)
		}
	}
	return w, nil
}

// leave notes a file that no list names.
func (w *Written) leave(j *ledger.Job, err error) {
	if w.Missing++; w.Missing > mostUnlisted {
		return
	}
	u := Unlisted{Source: j.Source, Blob: j.Blob}
	if !errors.Is(err, errChanged) && !errors.Is(err, problem.ErrSourceChanged) {
		u.Why = ledger.AsProblem(err)
	}
	w.Unlisted = append(w.Unlisted, u)
}

// Content returns what [List.Content] is of a list that was written before. Errors are the
// reader's, and a [*sums.LineError] for what is no list.
func Content(r io.Reader) (uint64, error) {
	var l List
	for line, err := range sums.Read(r) {
		if err != nil {
			return 0, err
		}
		l.count(sums.Append(nil, line))
	}
	return l.Content, nil
}

func (l *List) count(line []byte) {
	l.Files++
	l.Content += mixed(crc64.Checksum(line))
}

// mixed spreads a checksum, so that sums of several differ where they do.
func mixed(crc uint64) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], crc*0x9e3779b97f4a7c15)
	return crc64.Checksum(b[:]) ^ crc
}

// has reports whether these are all that are wanted.
func has(s source.Sums, wanted source.Hashes) bool {
	return (wanted&source.MD5 == 0 || s.MD5 != "") && (wanted&source.SHA256 == 0 || s.SHA256 != "")
}

// errChanged says that a file is no longer what was delivered.
var errChanged = errors.New("changed since it was delivered")

// reader reads files again that were delivered.
type reader struct {
	buf []byte
	of  source.Hashes
}

// read returns the hashes of a file, if it is still what was delivered.
func (r *reader) read(ctx context.Context, j *ledger.Job) (source.Sums, error) {
	at := j.At
	if at == (source.Path{}) {
		var err error
		if at, err = source.Resolve(j.Source); err != nil {
			return source.Sums{}, source.OpenProblem(j.Source, err)
		}
	}
	f, version, err := at.OpenFound(j.Source)
	if err != nil {
		return source.Sums{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	if version.Size != j.Size {
		return source.Sums{}, errChanged
	}
	crc, s, err := source.SumsOf(ctx, r.of, f, j.Size, r.buf)
	if err != nil {
		return source.Sums{}, err
	}
	if crc != j.CRC64 {
		return source.Sums{}, errChanged
	}
	return s, nil
}
