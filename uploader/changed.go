package uploader

import (
	"errors"
	"os"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/store"
)

// errUnchanged says that a file was touched after its delivery but has the same content.
var errUnchanged = errors.New("unchanged")

// earlier returns the job that delivered the same source before; ok is false if the list no longer
// has it. It may block on the journal.
func (w *worker) earlier(j *job) (before ledger.Job, ok bool, err error) {
	before, ok, err = w.q.ledger.Job(w.q.ctx, j.Earlier)
	return before, ok && before.State.IsDelivered(), err
}

// isAs copies into a job what an earlier job delivered, and returns errUnchanged.
func (j *job) isAs(before *ledger.Job) error {
	j.Blob, j.Copy, j.CRC64, j.Answer = before.Blob, before.Copy, before.CRC64, before.Answer
	if before.State == ledger.Confirmed {
		j.Earlier = before.Earlier
	}
	return errUnchanged
}

// compareSmall checks whether a small file whose time has changed since its delivery has new
// content too. If so, it asks whether the name is free by now, so that nothing is sent in vain.
// body is the file.
func (w *worker) compareSmall(u *unit, body *store.Body) error {
	j := u.job
	before, known, err := w.earlier(j)
	switch {
	case err != nil || !known || j.Replace || before.IsFolder() != j.IsFolder():
		return err
	case before.Size == body.Len() && before.CRC64 == body.CRC64():
		return j.isAs(&before)
	case body.Len() > askWork && j.doubt == none && !u.token.Rights.CreateOnly():
		return w.ask(u, store.Condition{IfAbsent: true})
	}
	return nil
}

// compareLarge is compareSmall for a large file, which it reads only if the size is the same.
// prepare asks anyway whether the name is free.
func (w *worker) compareLarge(j *job, f *os.File, now source.Version) error {
	before, known, err := w.earlier(j)
	if err != nil || !known || j.Replace || before.Size != now.Size {
		return err
	}
	crc, err := w.hash(f, 0, now.Size)
	if err != nil || crc != before.CRC64 {
		return err
	}
	j.Changed = now.Kept()
	return j.isAs(&before)
}

// valueSameSize replaces {value} if a file has changed but not its size.
const valueSameSize = "its content is another, its size the same"

// orChanged adds to an AlreadyThere error that this program delivered the file before, and how the
// file differs since.
func (w *worker) orChanged(j *job, err error) error {
	e, ok := errors.AsType[*problem.Error](err)
	if !ok || e.Reason != problem.AlreadyThere || j.Earlier == 0 || j.Replace || j.KeepBoth {
		return err
	}
	before, known, unread := w.earlier(j)
	if unread != nil || !known {
		return err
	}
	c := *e
	c.Reason, c.When = problem.ChangedSinceSent, before.Answer.Date
	if c.Value = valueSameSize; before.Size != j.Size {
		c.Value = show.TwoSizes(before.Size, j.Size)
	}
	return &c
}
