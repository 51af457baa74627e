package uploader

import "inboxuploader/uploader/source"

// locate gives a job the path by which its file is opened if an older version of this program found
// the file, which did not keep the path. It may block on the disk. Errors are ErrSource.
func (w *worker) locate(j *job) error {
	if j.At != (source.Path{}) {
		return nil
	}
	at, err := w.q.ledger.Locate(&j.Job)
	if err != nil {
		return source.Problem("open", j.Source, err)
	}
	w.q.mu.Lock()
	j.At = at
	w.q.mu.Unlock()
	return nil
}

// at returns the path of a job's file, as well as it is known.
func (j *job) at() source.Path {
	if j.At == (source.Path{}) {
		return source.Path{Root: j.Source}
	}
	return j.At
}
