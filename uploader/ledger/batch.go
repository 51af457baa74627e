package ledger

import (
	"path/filepath"
	"strings"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
)

// BatchSize is the most jobs of a batch. Jobs are kept in batches because a million rows of one job
// each would take a database minutes and hundreds of megabytes: a batch costs one row, and counts
// by state make any page of a list cheap.
const BatchSize = 256

// Batch is up to BatchSize jobs that were found one after the other, as a [Journal] keeps them.
type Batch struct {
	BatchHead
	Facts  []byte // what was found: paths, names, sizes; never changes
	States []byte // where each job stands
}

// BatchHead is a batch without its jobs. The job at the place i has the id ID*BatchSize+i.
type BatchHead struct {
	ID       int64
	Transfer int64
	// Claimed is the first moment, on this computer's clock, at which a job of it may have been
	// sent; zero if none was. It has whole seconds.
	Claimed time.Time
	Totals  []byte // counts by state, encoded
}

// Tally counts jobs.
type Tally struct {
	Files, Bytes Counts // by state; bytes are the files' sizes
	Done         int64  // bytes acknowledged of jobs that have not ended
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

// unfinished returns how many jobs may still be sent by themselves.
func (t *Tally) unfinished() int64 { return t.Files[Waiting] + t.Files[Active] }

// shown returns how many jobs of the states there are; nil is any that is not removed.
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
	e := encoder{buf: make([]byte, 0, 48)}
	e.byte(batchFormat)
	e.uint(uint64(jobStates))
	for s := range t.Files {
		e.uint(uint64(t.Files[s]))
		e.uint(uint64(t.Bytes[s]))
	}
	e.uint(uint64(t.Done))
	e.uint(uint64(t.large))
	return e.buf
}

func (t *Tally) decode(data []byte) bool {
	*t = Tally{}
	d := decoder{buf: data}
	format, states := d.byte(), d.uint()
	if format != batchFormat || states > uint64(jobStates) {
		return false
	}
	for s := range states { // versions before this one knew fewer
		t.Files[s] = int64(d.uint())
		t.Bytes[s] = int64(d.uint())
	}
	t.Done = int64(d.uint())
	t.large = int64(d.uint())
	return d.end()
}

// batchFormat is the version of the encodings in this file, and factsFormat that of facts. Another
// one is for a migration, not for guessing.
const (
	batchFormat = 1
	factsFormat = 2 // 1 did not keep where files lie
)

// encodeFacts returns what never changes of the jobs. Paths and names are written as what differs
// from the one before.
func encodeFacts(jobs []Job) []byte {
	e := encoder{buf: make([]byte, 0, 64*len(jobs))}
	e.byte(factsFormat)
	e.uint(uint64(len(jobs)))
	var last Job
	for i := range jobs {
		j := &jobs[i]
		e.follow(last.Source, j.Source)
		e.at(&last, j)
		e.follow(last.Blob, j.Blob)
		e.version(j)
		last = *j
	}
	return e.buf
}

// DecodeFacts returns the jobs of a batch with what never changes of them. Its second result is
// false where the bytes are damaged.
func DecodeFacts(data []byte) ([]Job, bool) {
	d := decoder{buf: data}
	format := d.byte()
	if format != factsFormat && format != 1 {
		return nil, false
	}
	n := d.uint()
	if n > BatchSize {
		return nil, false
	}
	jobs := make([]Job, n)
	var last Job
	for i := range jobs {
		j := &jobs[i]
		j.Source = d.follow(last.Source)
		if format == factsFormat {
			d.at(&last, j)
		}
		j.Blob = d.follow(last.Blob)
		d.version(j)
		last = *j
		if d.bad {
			return nil, false
		}
	}
	return jobs, d.end()
}

// What is written of where a file lies: one of these numbers, or above them the length of its root,
// where the path is that by which the file was found.
const (
	atUnknown   = iota
	atElsewhere // through a link; the root and the way from there follow
	atSource
)

func (e *encoder) at(last, j *Job) {
	switch {
	case j.At == (source.Path{}):
		e.uint(atUnknown)
	case j.At.String() == j.Source:
		e.uint(atSource + uint64(len(j.At.Root)))
	default:
		e.uint(atElsewhere)
		e.follow(last.At.Root, j.At.Root)
		e.follow(last.At.Below, j.At.Below)
	}
}

func (d *decoder) at(last, j *Job) {
	switch n := d.uint(); {
	case n == atUnknown:
	case n == atElsewhere:
		j.At = source.Path{Root: d.follow(last.At.Root), Below: d.follow(last.At.Below)}
	case n-atSource > uint64(len(j.Source)):
		d.bad = true
	default:
		j.At = source.Path{Root: j.Source[:n-atSource], Below: strings.TrimPrefix(j.Source[n-atSource:], separator)}
	}
}

// separator stands between the parts of a path on this system.
const separator = string(filepath.Separator)

// What a job's entry in States begins with: its state and which parts follow.
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
	hasChange = 0x20 // of a delivered one: when its source had changed last follows
)

// encodeStates returns where the jobs stand. changed says of which the file is not the one that was
// found.
func encodeStates(jobs []Job, changed []bool) []byte {
	e := encoder{buf: make([]byte, 0, 64*len(jobs))}
	e.byte(batchFormat)
	e.uint(uint64(len(jobs)))
	for i := range jobs {
		e.state(&jobs[i], changed[i])
	}
	return e.buf
}

func (e *encoder) state(j *Job, changed bool) {
	state := j.State
	if state == Active {
		state = Waiting // who reads this later is not sending it
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
	if j.Copy > 0 {
		kind |= isCopy
	}
	if j.Earlier > 0 {
		kind |= isLater
	}
	if j.State.IsDelivered() && !j.Changed.IsZero() {
		kind |= hasChange
	}
	e.byte(flags)
	e.byte(kind)
	if j.Copy > 0 {
		e.uint(uint64(j.Copy))
	}
	if j.Earlier > 0 {
		e.uint(uint64(j.Earlier))
	}
	if changed {
		e.version(j)
	}
	if j.Problem != nil {
		e.problem(j.Problem, j.Source)
	}
	if planned {
		e.buf = append(e.buf, j.UploadID[:]...)
		e.uint(uint64(j.BlockSize))
		e.uint(uint64(j.Done))
	}
	if j.State.IsDelivered() {
		e.fixed(j.CRC64)
		e.string(j.Answer.ETag)
		e.string(j.Answer.RequestID)
		e.time(j.Answer.Date)
	}
	if kind&hasChange != 0 {
		e.int(int64(j.Changed.Sub(j.ModTime))) // mostly 0
	}
}

// decodeStates completes the jobs that DecodeFacts returned. changed is as in encodeStates; ok is
// false where the bytes are damaged.
func decodeStates(data []byte, jobs []Job) (changed []bool, ok bool) {
	d := decoder{buf: data}
	if d.byte() != batchFormat || d.uint() != uint64(len(jobs)) {
		return nil, false
	}
	changed = make([]bool, len(jobs))
	for i := range jobs {
		changed[i] = d.state(&jobs[i])
		if d.bad {
			return nil, false
		}
	}
	return changed, d.end()
}

func (d *decoder) state(j *Job) (changed bool) {
	flags, kind := d.byte(), d.byte()
	j.State = JobState(flags & stateMask)
	if j.State >= jobStates || j.State == Active {
		d.bad = true
		return false
	}
	if kind&isLarge != 0 {
		j.Class = Large
	}
	j.Replace, j.KeepBoth = kind&isReplace != 0, kind&keepsBoth != 0
	if kind&isCopy != 0 {
		n := d.uint()
		if n < 2 || n > maxCopies {
			d.bad = true
			return false
		}
		j.Copy = int(n)
		j.Blob = copyName(j.Blob, j.Copy)
	}
	if kind&isLater != 0 {
		j.Earlier = int64(d.uint())
	}
	if changed = flags&hasVersion != 0; changed {
		d.version(j)
	}
	if flags&hasProblem != 0 {
		j.Problem = d.problem(j.Source)
	}
	if flags&hasPlan != 0 {
		copy(j.UploadID[:], d.bytes(len(j.UploadID)))
		j.BlockSize = int64(d.uint())
		j.Done = int64(d.uint())
		if j.BlockSize < 1 || j.BlockSize > MaxBlockSize || j.Done < 0 || j.Done > j.Size || BlockCount(j.Size, j.BlockSize) > MaxBlocks {
			d.bad = true
		}
	}
	if flags&hasAnswer != 0 {
		j.CRC64 = d.fixed()
		j.Answer = Answer{ETag: d.string(), RequestID: d.string(), Date: d.time()}
		j.Done = j.Size
	}
	if kind&hasChange != 0 {
		j.Changed = j.ModTime.Add(time.Duration(d.int()))
	}
	return changed
}

// version writes what tells whether the file is still the same.
func (e *encoder) version(j *Job) {
	e.uint(uint64(j.Size))
	e.time(j.ModTime)
	e.uint(j.FileID.Device)
	e.uint(j.FileID.Index)
}

func (d *decoder) version(j *Job) {
	j.Size = int64(d.uint())
	j.ModTime = d.time()
	j.FileID = scan.FileID{Device: d.uint(), Index: d.uint()}
	if j.Size < 0 {
		d.bad = true
	}
}

func (e *encoder) problem(p *problem.Error, source string) {
	path := p.Path
	if path == source {
		path = "" // nearly always
	}
	for _, s := range []string{p.Op, path, string(p.Reason), p.Value, p.Code, p.RequestID, p.Cause} {
		e.string(s)
	}
	e.uint(uint64(p.Status))
	e.time(p.When)
	e.time(p.Date)
}

func (d *decoder) problem(source string) *problem.Error {
	op, path, reason := d.string(), d.string(), problem.Reason(d.string())
	if path == "" {
		path = source
	}
	p := problem.New(op, path, reason)
	p.Value, p.Code, p.RequestID, p.Cause = d.string(), d.string(), d.string(), d.string()
	p.Status = int(d.uint())
	p.When, p.Date = d.time(), d.time()
	return p
}
