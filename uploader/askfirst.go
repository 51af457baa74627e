package uploader

import (
	"errors"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
)

const (
	// askWork is the size up to which a file is sent rather than asked for: the question is about
	// as large.
	askWork = 512
	// dareShare is of how many bytes one may go out for nothing, and dareRun how many names in a
	// row have to be free before any is dared again, once a name was taken.
	dareShare = 100
	dareRun   = 10
)

// met is what a transfer's small files have met since the first of them whose name was taken.
// Before that, each is one request. From then on the name is asked for first, unless it is likely
// to be free and little is lost if it is not.
type met struct {
	sent   int64 // bytes of the files whose names were free
	risked int64 // bytes that were sent without asking: under way, or for nothing
	free   int   // names in a row that were free
}

// dares reports whether a file of that size may be sent without asking.
func (m *met) dares(size int64) bool {
	return m.free >= dareRun && (m.risked+size)*dareShare <= m.sent
}

// askFirst finds out whether a small file's name is free where other files of its transfer had
// names that were taken, without which it would be sent for nothing: ErrExists says that it is not.
// It returns how many bytes are risked by not asking. It may block on the network.
func (w *worker) askFirst(u *unit) (stake int64, err error) {
	j := u.job
	if j.Replace || j.doubt != none || j.Earlier != 0 || j.Size <= askWork ||
		u.token.Rights.CreateOnly() {
		return 0, nil // what is there does not matter, is asked about anyway, or can't be
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

// learnName keeps whether a small file's name was free, and what was risked for it.
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
	case m == nil && taken: // what is under way meanwhile may go out for nothing, too
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
