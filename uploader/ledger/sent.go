package ledger

import (
	"cmp"
	"context"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"time"

	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
)

// deliveries is what the list knew, at one moment, to be in an inbox: the last delivery under each
// name. The jobs that delivered files are the record of it; they stay in the journal when they are
// removed from the list, until they are purged. It takes 40 bytes for each name.
type deliveries struct {
	path, all maphash.Seed
	of        []delivery // by file
}

// delivery is a delivered file. Hashes with secret seeds represent texts: a disk is more likely to
// return wrong bytes than two files are to share both hashes by chance.
type delivery struct {
	file    uint64 // hash of the source and its planned name
	version uint64 // hash of these and of the file's size and times, as sent
	job     int64  // that delivered it
	at      int64  // when, in seconds since 1970
	blob    uint64 // hash of the name in the inbox
}

// deliveries reads what is known to be in an inbox, from one transfer's jobs only unless only is 0.
// It blocks on the journal: a second for some millions of files.
func (x *Ledger) deliveries(ctx context.Context, inbox string, only int64) (*deliveries, error) {
	d := &deliveries{path: maphash.MakeSeed(), all: maphash.MakeSeed()}
	of := func(t *Entry) bool { return t.Inbox == inbox && (only == 0 || only == t.ID) }
	batches, jobs := x.deliveredBatches(of)
	all := make([]delivery, 0, jobs)
	err := x.Each(ctx, batches, func(b *Page) error {
		x.mu.Lock()
		defer x.mu.Unlock()
		for i := range b.jobs {
			if j := &b.jobs[i]; j.State.IsDelivered() {
				all = append(all, d.place(j))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b delivery) int {
		return cmp.Or(cmp.Compare(a.blob, b.blob), cmp.Compare(a.at, b.at),
			cmp.Compare(a.job, b.job))
	})
	d.of = all[:0] // reuse the memory: there may be millions
	for i := range all {
		if i+1 == len(all) || all[i+1].blob != all[i].blob { // the last one under its name, which replaced those before it
			d.of = append(d.of, all[i])
		}
	}
	slices.SortFunc(d.of, func(a, b delivery) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.at, b.at),
			cmp.Compare(a.job, b.job))
	})
	return d, nil
}

// deliveredBatches returns the ids of the wanted transfers' batches with jobs that delivered
// something, and the number of these jobs.
func (x *Ledger) deliveredBatches(wanted func(*Entry) bool) (ids []int64, jobs int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, b := range x.batches {
		if n := b.countDelivered(); n > 0 && wanted(b.transfer) {
			ids, jobs = append(ids, b.ID), jobs+n
		}
	}
	return ids, jobs
}

// countDelivered returns the number of jobs that delivered something.
func (t *Tally) countDelivered() int64 {
	return t.Files[Delivered] + t.Files[Cleared] + t.Files[Confirmed]
}

func (d *deliveries) place(j *Job) delivery {
	file, version := d.marks(j.Source, OriginalName(j.Blob, j.Copy), j.Size, j.ModTime, j.Changed)
	return delivery{file, version, j.ID, j.Answer.Date.Unix(), maphash.String(d.path, j.Blob)}
}

// marks returns the hash of a file under a planned name, and the hash of a version of it.
func (d *deliveries) marks(
	source, name string, size int64, modified, changed time.Time,
) (file, version uint64) {
	var buf [512]byte
	text := append(append(append(buf[:0], source...), 0), name...)
	file = maphash.Bytes(d.path, text)
	text = binary.LittleEndian.AppendUint64(append(text, 0), uint64(size))
	for _, t := range []time.Time{modified, changed} {
		text = binary.LittleEndian.AppendUint64(text, uint64(t.Unix()))
		text = binary.LittleEndian.AppendUint64(text, uint64(t.Nanosecond()))
	}
	return file, maphash.Bytes(d.all, text)
}

// find returns the delivery of a found file's present version, or else the last delivery of another
// version; nil if there is none.
func (d *deliveries) find(f *scan.Found) (of *delivery, same bool) {
	file, version := d.marks(f.Source, f.Blob.Blob, f.Size, f.ModTime, f.Changed)
	i, _ := slices.BinarySearchFunc(d.of, file,
		func(x delivery, file uint64) int { return cmp.Compare(x.file, file) })
	for ; i < len(d.of) && d.of[i].file == file; i++ {
		if of = &d.of[i]; of.version == version {
			return of, true
		}
	}
	return of, false
}

// Job returns a job in whatever state; ok is false if the list no longer has it. It blocks on the
// journal.
func (x *Ledger) Job(ctx context.Context, id int64) (j Job, ok bool, err error) {
	err = x.Each(ctx, []int64{id / BatchSize}, func(b *Page) error {
		x.mu.Lock()
		defer x.mu.Unlock()
		if i := int(id % BatchSize); i < len(b.jobs) {
			j, ok = b.jobs[i], true
		}
		return nil
	})
	return j, ok, err
}

// transferOfJob returns the id of a job's transfer, or 0 if the list does not have the job.
func (x *Ledger) transferOfJob(id int64) int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	if b, _ := x.batchOf(id); b != nil {
		return b.Transfer
	}
	return 0
}

// isAsSent reports whether a found file is what a job delivered, by all that is known of both.
func isAsSent(f *scan.Found, j *Job) bool {
	now := source.Version{Size: f.Size, ModTime: f.ModTime, ID: f.ID, Changed: f.Changed}
	switch {
	case !now.Same(j.Version()):
		return false
	case j.Changed.IsZero(): // delivered by a version of this program that did not keep it
		return !now.TouchedSince(j.Answer.Date)
	default:
		return f.Changed.IsZero() || f.Changed.Equal(j.Changed)
	}
}

// Sent is what the list knew, at one moment, to have been delivered to an inbox. The zero Sent
// knows nothing. It is for one goroutine.
type Sent struct {
	ledger   *Ledger
	known    *deliveries
	transfer int64  // that is being scanned; 0: none
	covered  jobSet // jobs that delivered files which need no new job
}

// Has reports whether a found file is unchanged since its delivery, so that a transfer that
// replaces nothing would not send it. It may block on the journal's disk, whose errors it returns.
func (s *Sent) Has(ctx context.Context, f *scan.Found) (bool, error) {
	what, _, err := s.compare(ctx, f)
	return what != unknown, err
}

// verdict says what is known of a found file.
type verdict uint8

const (
	unknown      verdict = iota // or changed since it was sent
	asSent                      // by another transfer
	asSentByThis                // by the transfer that is being scanned
)

// compare says what is known of a found file, and from which delivery; a delivery without a job is
// none. It may block on the journal.
func (s *Sent) compare(ctx context.Context, f *scan.Found) (verdict, delivery, error) {
	if f.Blob.Blob == "" || s.known == nil || len(s.known.of) == 0 {
		return unknown, delivery{}, nil
	}
	of, same := s.known.find(f)
	if of == nil {
		return unknown, delivery{}, nil
	}
	if !same {
		j, kept, err := s.ledger.Job(ctx, of.job)
		if err != nil {
			return unknown, delivery{}, err
		}
		if !kept {
			return unknown, delivery{}, nil
		}
		if !isAsSent(f, &j) {
			return unknown, *of, nil
		}
	}
	if s.ledger.transferOfJob(of.job) == s.transfer {
		return asSentByThis, *of, nil
	}
	return asSent, *of, nil
}

// Sent reads what the list knows to have been delivered to an inbox, named by its key. It blocks on
// the journal's disk: a second for some millions of files.
func (x *Ledger) Sent(ctx context.Context, inbox string) (*Sent, error) {
	known, err := x.deliveries(ctx, inbox, 0)
	return &Sent{ledger: x, known: known, covered: jobSet{}}, err
}

// SentBefore returns what is known of the inbox of a transfer that is being scanned. For a transfer
// that replaces files that is, in a rescan, only what it has delivered itself, else nothing. It
// blocks on the journal.
func (x *Ledger) SentBefore(ctx context.Context, t Transfer, again *KnownFiles) (*Sent, error) {
	s := &Sent{ledger: x, transfer: t.ID, covered: jobSet{}, known: &deliveries{}}
	only := int64(0)
	if t.Options.Replace {
		if only = t.ID; again == nil {
			return s, nil
		}
	}
	var err error
	s.known, err = x.deliveries(ctx, t.Inbox, only)
	return s, err
}

// NeedsJob reports whether a found file needs a job in the transfer being scanned, and which job
// delivered an earlier version of it, 0 if none. It counts unchanged files in of, the transfer as
// it will be. known has the files of a rescanned transfer.
func (s *Sent) NeedsJob(
	ctx context.Context, f *scan.Found, known *KnownFiles, of *Transfer,
) (yes bool, before int64, err error) {
	what, last, err := s.compare(ctx, f)
	switch {
	case err != nil:
		return false, 0, err
	case what == asSentByThis: // it has its job already
		if known.Has(last.job) { // it has been delivered since they were counted
			known.TakeAs(f.Source, f.Blob.Blob)
		}
		return false, 0, nil
	case known.TakeAs(f.Source, f.Blob.Blob):
		return false, 0, nil
	case what == asSent:
		s.covered.add(last.job)
		of.Unchanged.Add(f.Size, time.Unix(last.at, 0).UTC())
		return false, 0, nil
	default:
		return true, last.job, nil
	}
}

// Jobs returns the jobs that delivered the unchanged files, encoded for [Unchanged].
func (s *Sent) Jobs() string { return s.covered.encode() }
