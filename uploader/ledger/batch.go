package ledger

import (
	"time"

	"inboxuploader/internal/pack"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// BatchSize is the most jobs in a batch. A database would need minutes and hundreds of megabytes
// for a million rows of one job each. A batch costs one row, and its counts by state make any page
// of a list cheap.
const BatchSize = 256

// Batch is up to BatchSize jobs found one after the other, as a [Journal] keeps them.
type Batch struct {
	BatchHead
	Facts  []byte // as found: paths, names, sizes; never changes
	States []byte // the state of each job
}

// BatchHead is a batch without its jobs. The job at index i has the id ID*BatchSize+i.
type BatchHead struct {
	ID       int64
	Transfer int64
	// Claimed is the first moment, on this computer's clock, at which one of its jobs may have been
	// sent; zero if none was. It has whole seconds.
	Claimed time.Time
	Totals  []byte // counts by state, encoded
}

// Tally counts jobs.
type Tally struct {
	Files, Bytes Counts // by state; bytes are the files' sizes
	Done         int64  // acknowledged bytes of jobs that have not ended
	large        int64  // of the waiting jobs, those of class Large
}

// count adds the job n times, which may be -1.
func (t *Tally) count(j *Job, n int64) {
	t.Files[j.State] += n
	t.Bytes[j.State] += n * j.Size
	if !j.State.Ended() {
		t.Done += n * j.Done
	}
	if j.State == Waiting && j.Class == Large {
		t.large += n
	}
}

// add adds another tally n times.
func (t *Tally) add(o *Tally, n int64) {
	for s := range t.Files {
		t.Files[s] += n * o.Files[s]
		t.Bytes[s] += n * o.Bytes[s]
	}
	t.Done += n * o.Done
	t.large += n * o.large
}

// copy returns a copy, or nil for nil.
func (t *Tally) copy() *Tally {
	if t == nil {
		return nil
	}
	c := *t
	return &c
}

// unfinished returns the number of jobs that may still be sent without a person.
func (t *Tally) unfinished() int64 { return t.Files[Waiting] + t.Files[Active] }

// shown returns the number of jobs in these states; nil means every state that the list shows.
func (t *Tally) shown(states []JobState) (n int64) {
	if states == nil {
		return t.Files.Total()
	}
	for _, s := range states {
		n += t.Files[s]
	}
	return n
}

func (t *Tally) encode() []byte {
	e := encoder{pack.Writer{Buf: make([]byte, 0, 48)}}
	e.Byte(batchFormat)
	e.Uint(uint64(jobStates))
	for s := range t.Files {
		e.Uint(uint64(t.Files[s]))
		e.Uint(uint64(t.Bytes[s]))
	}
	e.Uint(uint64(t.Done))
	e.Uint(uint64(t.large))
	return e.Buf
}

func (t *Tally) decode(data []byte) bool {
	*t = Tally{}
	d := decoder{pack.Reader{Buf: data}}
	format, states := d.Byte(), d.Uint()
	if format != batchFormat || states > uint64(jobStates) {
		return false
	}
	for s := range states { // older versions knew fewer
		t.Files[s] = int64(d.Uint())
		t.Bytes[s] = int64(d.Uint())
	}
	t.Done = int64(d.Uint())
	t.large = int64(d.Uint())
	return d.End()
}

// batchFormat is the version of the encodings in this file, except facts, whose version is
// factsFormat. Any other version needs a migration, not a guess.
const (
	batchFormat = 1
	factsFormat = 2 // 1 did not keep where files lie
)

// encoder and decoder write and read batches and the job sets of [Unchanged].
type (
	encoder struct{ pack.Writer }
	decoder struct{ pack.Reader }
)

// encodeFacts encodes the unchanging part of the jobs. It writes only what differs between a path
// or name and the one before.
func encodeFacts(jobs []Job) []byte {
	e := encoder{pack.Writer{Buf: make([]byte, 0, 64*len(jobs))}}
	e.Byte(factsFormat)
	e.Uint(uint64(len(jobs)))
	var last Job
	for i := range jobs {
		j := &jobs[i]
		e.Follow(last.Source, j.Source)
		source.PackPath(&e.Writer, last.At, j.At, j.Source)
		e.Follow(last.Blob, j.Blob)
		j.Version().Pack(&e.Writer)
		last = *j
	}
	return e.Buf
}

// DecodeFacts returns the jobs of a batch with only their unchanging part. Its second result is
// false if the bytes are damaged.
func DecodeFacts(data []byte) ([]Job, bool) {
	d := decoder{pack.Reader{Buf: data}}
	format := d.Byte()
	if format != factsFormat && format != 1 {
		return nil, false
	}
	n := d.Uint()
	if n > BatchSize {
		return nil, false
	}
	jobs := make([]Job, n)
	var last Job
	for i := range jobs {
		j := &jobs[i]
		j.Source = d.Follow(last.Source)
		if format == factsFormat {
			j.At = source.UnpackPath(&d.Reader, last.At, j.Source)
		}
		j.Blob = d.Follow(last.Blob)
		d.version(j)
		last = *j
		if d.Bad {
			return nil, false
		}
	}
	return jobs, d.End()
}

// The first two bytes of a job's entry in States: its state, and flags for the parts that follow.
const (
	stateMask  = 0x0f
	hasVersion = 0x10 // the file changed since it was found
	hasProblem = 0x20
	hasPlan    = 0x40
	hasAnswer  = 0x80

	isLarge   = 0x01
	isReplace = 0x02
	keepsBoth = 0x04
	isCopy    = 0x08 // its number follows
	isLater   = 0x10 // the number of the earlier job follows
	keepsTime = 0x40
	putsMD5   = 0x80
	hasChange = 0x20 // delivered: the last change of its source follows
)

// encodeStates encodes the states of the jobs. changed says which files differ from those found.
func encodeStates(jobs []Job, changed []bool) []byte {
	e := encoder{pack.Writer{Buf: make([]byte, 0, 64*len(jobs))}}
	e.Byte(batchFormat)
	e.Uint(uint64(len(jobs)))
	for i := range jobs {
		e.state(&jobs[i], changed[i])
	}
	return e.Buf
}

func (e *encoder) state(j *Job, changed bool) {
	state := j.State
	if state == Active {
		state = Waiting // a later reader is not sending it
	}
	flags := byte(state)
	planned := j.UploadID != [16]byte{} && !j.State.IsDelivered()
	for _, f := range []struct {
		set bool
		bit byte
	}{{changed, hasVersion}, {j.Problem != nil, hasProblem}, {planned, hasPlan}, {j.State.IsDelivered(), hasAnswer}} {
		if f.set {
			flags |= f.bit
		}
	}
	kind := byte(0)
	if j.Class == Large {
		kind |= isLarge
	}
	if j.Replace {
		kind |= isReplace
	}
	if j.KeepBoth {
		kind |= keepsBoth
	}
	if j.KeepTime {
		kind |= keepsTime
	}
	if j.PutMD5 {
		kind |= putsMD5
	}
	if j.Copy > 0 {
		kind |= isCopy
	}
	if j.Earlier > 0 {
		kind |= isLater
	}
	if j.State.IsDelivered() && !j.Changed.IsZero() {
		kind |= hasChange
	}
	e.Byte(flags)
	e.Byte(kind)
	if j.Copy > 0 {
		e.Uint(uint64(j.Copy))
	}
	if j.Earlier > 0 {
		e.Uint(uint64(j.Earlier))
	}
	if changed {
		j.Version().Pack(&e.Writer)
	}
	if j.Problem != nil {
		e.problem(j.Problem, j.Source)
	}
	if planned {
		e.Buf = append(e.Buf, j.UploadID[:]...)
		e.Uint(uint64(j.BlockSize))
		e.Uint(uint64(j.Done))
	}
	if j.State.IsDelivered() {
		e.Fixed(j.CRC64)
		e.Text(j.Answer.ETag)
		e.Text(j.Answer.RequestID)
		e.Time(j.Answer.Date)
	}
	if kind&hasChange != 0 {
		e.Int(int64(j.Changed.Sub(j.ModTime))) // mostly 0
	}
}

// decodeStates completes the jobs that DecodeFacts returned. changed is as in encodeStates; ok is
// false if the bytes are damaged.
func decodeStates(data []byte, jobs []Job) (changed []bool, ok bool) {
	d := decoder{pack.Reader{Buf: data}}
	if d.Byte() != batchFormat || d.Uint() != uint64(len(jobs)) {
		return nil, false
	}
	changed = make([]bool, len(jobs))
	for i := range jobs {
		changed[i] = d.state(&jobs[i])
		if d.Bad {
			return nil, false
		}
	}
	return changed, d.End()
}

func (d *decoder) state(j *Job) (changed bool) {
	flags, kind := d.Byte(), d.Byte()
	j.State = JobState(flags & stateMask)
	if j.State >= jobStates || j.State == Active {
		d.Bad = true
		return false
	}
	if kind&isLarge != 0 {
		j.Class = Large
	}
	j.Replace, j.KeepBoth = kind&isReplace != 0, kind&keepsBoth != 0
	j.KeepTime, j.PutMD5 = kind&keepsTime != 0, kind&putsMD5 != 0
	if kind&isCopy != 0 {
		n := d.Uint()
		if n < 2 || n > maxCopies {
			d.Bad = true
			return false
		}
		j.Copy = int(n)
		j.Blob = copyName(j.Blob, j.Copy)
	}
	if kind&isLater != 0 {
		j.Earlier = int64(d.Uint())
	}
	if changed = flags&hasVersion != 0; changed {
		d.version(j)
	}
	if flags&hasProblem != 0 {
		j.Problem = d.problem(j.Source)
	}
	if flags&hasPlan != 0 {
		copy(j.UploadID[:], d.Bytes(len(j.UploadID)))
		j.BlockSize = int64(d.Uint())
		j.Done = int64(d.Uint())
		if j.BlockSize < 1 || j.BlockSize > MaxBlockSize || j.Done < 0 || j.Done > j.Size ||
			BlockCount(j.Size, j.BlockSize) > MaxBlocks {
			d.Bad = true
		}
	}
	if flags&hasAnswer != 0 {
		j.CRC64 = d.Fixed()
		j.Answer = Answer{ETag: d.Text(), RequestID: d.Text(), Date: d.Time()}
		j.Done = j.Size
	}
	if kind&hasChange != 0 {
		j.Changed = j.ModTime.Add(time.Duration(d.Int()))
	}
	return changed
}

func (d *decoder) version(j *Job) {
	v := source.UnpackVersion(&d.Reader)
	j.Size, j.ModTime, j.FileID = v.Size, v.ModTime, v.ID
}

func (e *encoder) problem(p *problem.Error, source string) {
	path := p.Path
	if path == source {
		path = "" // nearly always
	}
	for _, s := range []string{p.Op, path, string(p.Reason), p.Value, p.Code, p.RequestID, p.Cause} {
		e.Text(s)
	}
	e.Uint(uint64(p.Status))
	e.Time(p.When)
	e.Time(p.Date)
}

func (d *decoder) problem(source string) *problem.Error {
	op, path, reason := d.Text(), d.Text(), problem.Reason(d.Text())
	if path == "" {
		path = source
	}
	p := problem.New(op, path, reason)
	p.Value, p.Code, p.RequestID, p.Cause = d.Text(), d.Text(), d.Text(), d.Text()
	p.Status = int(d.Uint())
	p.When, p.Date = d.Time(), d.Time()
	return p
}
