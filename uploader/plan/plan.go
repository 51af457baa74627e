package plan

import (
	"strings"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// Limits of the service for x-ms-version 2019-12-12 and later:
// https://learn.microsoft.com/rest/api/storageservices/understanding-block-blobs--append-blobs--and-page-blobs
const (
	maxPutBlob  = 5000 << 20 // bytes of a blob sent in one request
	maxBlobSize = ledger.MaxBlocks * int64(ledger.MaxBlockSize)
)

const (
	// DefaultBlockSize is also the size up to which a file is sent in one request: above 4 MiB a
	// block takes the service's high-throughput path, and a lost connection costs at most this much
	// per connection.
	DefaultBlockSize = 8 << 20
	// MinBlockSize is the smallest block size that a person may ask for, in bytes.
	MinBlockSize = 64 << 10
)

// BlockSize returns the block size in bytes for a file: the preferred one (0 for the default) or,
// if that would need more than 50,000 blocks, the smallest whole number of MiB that does not.
func BlockSize(size, preferred int64) int64 {
	if preferred == 0 {
		preferred = DefaultBlockSize
	}
	if least := (size + ledger.MaxBlocks - 1) / ledger.MaxBlocks; least > preferred {
		return (least + 1<<20 - 1) >> 20 << 20
	}
	return preferred
}

// Class returns how a file is sent: in one request up to the size whole, in bytes. With a
// create-only token it is always one request, since that can't stage blocks.
func Class(size, whole int64, rights token.Rights) ledger.Class {
	if size <= BlockSize(size, whole) || rights.CreateOnly() {
		return ledger.Small
	}
	return ledger.Large
}

// valueLargest replaces {value} if a file is larger than a blob can be: 50,000 blocks of 4,000 MiB.
const valueLargest = "about 190 TiB"

// TooLarge returns why a file of this size in bytes can't be sent with these rights, or nil. It
// needs no network; the queue checks the same before it sends.
func TooLarge(path string, size int64, rights token.Rights) *problem.Error {
	switch {
	case rights.CreateOnly() && size > maxPutBlob:
		return problem.New("plan", path, problem.TooLargeCreateOnly)
	case size > maxBlobSize:
		e := problem.New("plan", path, problem.TooLarge)
		e.Value = valueLargest
		return e
	}
	return nil
}

// Job plans one found file, which is sent in one request up to the size whole, in bytes. A file
// that can't be sent becomes a job that needs a person, so that it is shown.
func Job(f *scan.Found, whole int64, rights token.Rights, o ledger.AddOptions) ledger.Job {
	j := ledger.Job{
		Source: f.Source, Blob: f.Blob.Blob, Size: f.Size, ModTime: f.ModTime, FileID: f.ID,
		At:    f.At,
		Class: Class(f.Size, whole, rights), Replace: o.Replace,
		KeepBoth: o.KeepBoth && !f.IsFolder(), // a folder is there whoever made it
		KeepTime: o.KeepTimes, PutMD5: o.PutMD5,
		Problem: f.Err,
	}
	if j.Problem == nil {
		j.Problem = TooLarge(f.Source, f.Size, rights)
	}
	if j.Problem != nil {
		j.State = ledger.Attention
	}
	return j
}

// Rename gives a job its name in another inbox.
func Rename(j *ledger.Job, from, to token.Inbox, several *bool) {
	if j.Blob == "" {
		return // it could not have a name in the old one either
	}
	j.Blob, j.Copy = ledger.OriginalName(j.Blob, j.Copy), 0
	if to.Blob != "" {
		if *several {
			j.Blob, j.State, j.Problem = "", ledger.Attention,
				problem.New("redirect", j.Source, problem.OneFileOnly)
			return
		}
		*several = true
		j.Blob = to.Blob
		return
	}
	rel := j.Blob
	if from.Prefix != "" {
		rel = strings.TrimPrefix(rel, from.Prefix+"/")
	}
	name, err := scan.PlanName(to.Prefix, rel)
	if err != nil {
		j.Blob, j.State, j.Problem = "", ledger.Attention, asProblem(err, j.Source)
		return
	}
	j.Blob = name.Blob
}

// RenameNotes returns the notes with the files' names in another inbox.
func RenameNotes(notes []ledger.NameNote, from, to token.Inbox) []ledger.NameNote {
	renamed := make([]ledger.NameNote, len(notes))
	for i, n := range notes {
		j, several := ledger.Job{Source: n.Source, Blob: n.Blob}, false
		Rename(&j, from, to, &several)
		n.Blob = j.Blob
		renamed[i] = n
	}
	return renamed
}

func asProblem(err error, path string) *problem.Error {
	e := ledger.AsProblem(err)
	e.Path = path
	return e
}
