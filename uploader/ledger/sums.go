package ledger

import "inboxuploader/uploader/source"

// Sums keeps hashes of files that are being delivered.
type Sums interface {
	// Keep is told the hashes of a job's file, whose CRC-64 is crc, just before the request that
	// delivers it, from any goroutine; where none were worked out they are empty. An error keeps
	// that request from being sent.
	Keep(job int64, crc uint64, s source.Sums) error
}

// NoSums keeps none.
type NoSums struct{}

// Keep implements [Sums].
func (NoSums) Keep(int64, uint64, source.Sums) error { return nil }

// Hashes returns which hashes of a job's file are worked out while it is read for sending.
func (x *Ledger) Hashes(j *Job) (of source.Hashes) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if t := x.transferOf(j.Transfer); t != nil {
		of = t.Options.Manifest
	}
	if j.PutMD5 {
		of |= source.MD5
	}
	return of
}
