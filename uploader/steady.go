package uploader

import (
	"errors"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// Reading a file while a program writes it in place may give a mixture that nobody wrote, and the
// file's times need not show it. They are coarse, a system sets them when a write begins, and pages
// mapped into memory that were written before take further writes silently until the system has
// brought them to the disk. So a reading soon after a change counts only if a second one, begun
// after the first ended, finds the same: then the whole file was as read at a moment in between.
// Some time passes between the two, so that neither coarse times nor a program in the middle of its
// work can fake that.

// restsAfter is how long after its last change a file is at rest. Linux brings written pages to the
// disk after 35 s. Tests replace it.
var restsAfter = 2 * time.Minute

// defaultSteady is Config.Steady's: longer than FAT's times step and shares remember times.
const defaultSteady = 2500 * time.Millisecond

// reading is what a file was when it was read as a whole.
type reading struct {
	version source.Version
	crc64   uint64
	ended   time.Time
}

// is reports whether two readings found the same.
func (r *reading) is(o *reading) bool {
	return r.crc64 == o.crc64 && r.version.Same(o.version) &&
		r.version.Changed.Equal(o.version.Changed)
}

// errUnsteady says that a unit must wait for unit.rest before its file is read again.
var errUnsteady = errors.New("may be changing")

// pause is how long a job's file is left alone between two readings. It grows with each change, to
// give the writing program time.
func (q *Queue) pause(j *job) time.Duration { return q.config.Steady * time.Duration(1+j.replans) }

// steady makes sure of a file that was read in one go and may be changing: now is what was read,
// begun when that began, and surprising that the file was not the one that was planned. It returns
// nil, errUnsteady, or that the file has changed.
func (w *worker) steady(u *unit, now reading, begun time.Time, surprising bool) error {
	j := u.job
	before := j.seen
	switch {
	case before == nil && !surprising && (!begun.Before(
		now.version.RestsFrom(j.Source, begun, restsAfter)) || w.q.ledger.IsDocument(&j.Job)):
		return nil
	case before != nil && before.is(&now):
		if u.rest = w.q.pause(j) - begun.Sub(before.ended); u.rest > 0 {
			return errUnsteady
		}
		return nil
	}
	j.seen, u.rest = &now, w.q.pause(j)
	if before == nil {
		return errUnsteady
	}
	return problem.New("read", j.Source, problem.SourceChanged)
}

// restBegins records the moment from which a large file, opened just now, is at rest. The caller
// holds the lock.
func (j *job) restBegins(now source.Version, surprising bool) {
	j.rests = now.RestsFrom(j.Source, time.Now(), restsAfter)
	if sure := time.Now().Add(restsAfter); surprising && j.rests.Before(sure) {
		j.rests = sure // it changed lately, whatever its times say
	}
}

// noteRead keeps that a block was read while its file may have been changing. The caller holds the
// lock.
func (j *job) noteRead(block int, begun time.Time) {
	if begun.Before(j.rests) {
		j.unsure, j.unsureAt = append(j.unsure, block), time.Now()
	}
}

// compare reads those blocks of a large file once more that were read while it may have been
// changing. Nil says that the acknowledged blocks are the file as it was at one moment. Else the
// error is errUnsteady, or that the file has changed.
func (w *worker) compare(u *unit) error {
	j := u.job
	if len(j.unsure) == 0 {
		return nil
	}
	if u.rest = w.q.pause(j) - time.Since(j.unsureAt); u.rest > 0 {
		return errUnsteady
	}
	f, now, err := j.At.OpenFound(j.Source)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	if err := j.unchanged(now); err != nil {
		return err
	}
	for _, n := range j.unsure {
		crc, err := w.hash(f, int64(n)*j.BlockSize, j.blockLen(n))
		if err != nil {
			return err
		}
		if crc != j.crcs[n] {
			j.suspect = true
			return problem.New("compare", j.Source, problem.SourceChanged)
		}
	}
	if now, err = j.At.LookAgain(j.Source); err != nil {
		return err
	}
	if err := j.unchanged(now); err != nil {
		return err
	}
	j.unsure = nil
	return nil
}

// unchanged returns nil if a large file is still the one whose blocks are acknowledged, or that it
// has changed.
func (j *job) unchanged(now source.Version) error {
	if !now.Same(j.Version()) || now.TouchedSince(j.changed) {
		return problem.New("commit", j.Source, problem.SourceChanged)
	}
	return nil
}
