package uploader

import (
	"errors"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
)

const (
	// askWork is the size in bytes up to which a file is sent without asking first: the question
	// is about as large.
	askWork = 512
	// Once a name was taken, one byte in dareShare may be wasted on taken names, and dareRun names
	// in a row must be free before the next file is sent without asking.
	dareShare = 100
	dareRun   = 10
)

// met counts what a transfer's small files have met since the first name that was taken. Until
// then each file costs one request. From then on the worker first asks whether the name is free,
// unless it probably is and little is lost if it isn't.
type met struct {
	sent   int64 // bytes of the files whose names were free
	risked int64 // bytes sent without asking: in transit or wasted
	free   int   // free names in a row
}

// dares reports whether a file of that size may be sent without asking.
func (m *met) dares(size int64) bool {
	return m.free >= dareRun && (m.risked+size)*dareShare <= m.sent
}

// askFirst asks whether a small file's name is free if other names of its transfer were taken; else
// the file might be sent in vain. It returns ErrExists if the name is taken, and the number of
// bytes at risk if it did not ask. It may block on the network.
func (w *worker) askFirst(u *unit) (stake int64, err error) {
	j := u.job
	if j.Replace || j.doubt != none || j.Earlier != 0 || j.Size <= askWork ||
		u.token.Rights.CreateOnly() {
		return 0, nil // an existing blob doesn't matter, is asked about later or can't be
	}
	if !w.q.metTaken.Load() {
		return 0, nil
	}
	w.q.mu.Lock()
	m := w.q.met[j.Transfer]
	dared := m != nil && m.dares(j.Size)
	if dared {
		m.risked += j.Size
	}
	w.q.mu.Unlock()
	switch {
	case m == nil:
		return 0, nil
	case dared:
		return j.Size, nil
	}
	return 0, w.ask(u, store.Condition{IfAbsent: true})
}

// learnName records whether a small file's name was free; stake is the number of bytes risked.
func (w *worker) learnName(j *job, stake int64, err error) {
	e, _ := errors.AsType[*problem.Error](err)
	taken := e != nil && e.Reason == problem.AlreadyThere
	if j.Replace || !taken && !w.q.metTaken.Load() {
		return
	}
	w.q.mu.Lock()
	defer w.q.mu.Unlock()
	m := w.q.met[j.Transfer]
	switch {
	case m == nil && taken: // files already in transit may be wasted, too
		w.q.met[j.Transfer] = &met{}
		w.q.metTaken.Store(true)
	case m == nil:
	case taken:
		m.free = 0
	default:
		m.risked -= stake
		if err == nil {
			m.sent += j.Size
			m.free++
		}
	}
}
