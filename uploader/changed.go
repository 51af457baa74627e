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

// errUnchanged says that a file was touched since it was delivered, and that its content is what it
// was then.
var errUnchanged = errors.New("unchanged")

// earlier returns the job that delivered a job's source before; ok is false where it is not known
// any more. It may block on the journal.
func (w *worker) earlier(j *job) (before ledger.Job, ok bool, err error) {
	before, ok, err = w.q.ledger.Job(w.q.ctx, j.Earlier)
	return before, ok && before.State.IsDelivered(), err
}

// isAs makes a job say what an earlier one delivered, and returns errUnchanged.
func (j *job) isAs(before *ledger.Job) error {
	j.Blob, j.Copy, j.CRC64, j.Answer = before.Blob, before.Copy, before.CRC64, before.Answer
	if before.State == ledger.Confirmed {
		j.Earlier = before.Earlier
	}
	return errUnchanged
}

// compareSmall finds out whether a small file that has another time than when it was delivered has
// another content too. Before that is sent for nothing it asks whether the name is free by now.
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

// compareLarge is compareSmall for a large file, which it reads where its size is as it was.
// Whether the name is free is asked anyway.
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

// valueSameSize is what stands for {value} where a file has changed and is as long as before.
const valueSameSize = "its content is another, its size the same"

// orChanged says of a file that is there already that this program has delivered it, and how it
// differs from then.
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
