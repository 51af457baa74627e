package ledger

import (
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// Reading is a file as it was read, just before the request that delivers it.
type Reading struct {
	Job   *Job     // must not be changed or kept
	Roots []string // of its transfer, at their present places
	Check string   // its transfer's AddOptions.Check
	CRC64 uint64
	Sums  source.Sums // the hashes that were asked for
}

// Sums receives the hashes of files that are being delivered.
type Sums interface {
	// Keep is called from any goroutine, even if no hashes were computed. An error keeps the
	// request from being sent and becomes the job's.
	Keep(r Reading) error
}

// NoSums keeps no hashes. It refuses files that must be compared.
type NoSums struct{}

// Keep implements [Sums].
func (NoSums) Keep(r Reading) error {
	if r.Check != "" {
		return problem.New("check", r.Job.Source, problem.ManifestDiffers)
	}
	return nil
}

// Hashes returns which hashes to compute of a job's file while it is read for sending.
func (x *Ledger) Hashes(j *Job) (of source.Hashes) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if t := x.transferOf(j.Transfer); t != nil {
		of = t.Options.Manifest | t.Options.CheckHashes
	}
	if j.PutMD5 {
		of |= source.MD5
	}
	return of
}

// IsDocument reports whether a job's file is a document about a delivery. Nobody writes to such a
// file any more: it gets its name when it is complete, in this program's own folder.
func (x *Ledger) IsDocument(j *Job) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := x.transferOf(j.Transfer)
	return t != nil && len(t.Options.Accompanies) > 0
}

// Keep passes the hashes of a job's file to by, which compares them if the transfer says so.
func (x *Ledger) Keep(by Sums, j *Job, crc uint64, s source.Sums) error {
	r := Reading{Job: j, CRC64: crc, Sums: s}
	x.mu.Lock()
	if t := x.transferOf(j.Transfer); t != nil {
		r.Roots, r.Check = t.Roots, t.Options.Check
	}
	x.mu.Unlock()
	return by.Keep(r)
}
