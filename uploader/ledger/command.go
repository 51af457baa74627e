package ledger

import (
	"errors"
	"slices"

	"inboxuploader/uploader/problem"
)

// Verb is what a person may do with jobs. The journal keeps its text for the process that owns the
// jobs.
type Verb string

// The verbs, and the jobs that they concern; they leave others as they are.
const (
	Pause   Verb = "pause"   // waiting or active jobs; requests in flight are finished first
	Resume  Verb = "resume"  // paused jobs
	Cancel  Verb = "cancel"  // jobs that have not ended; the service discards what was sent of them
	Retry   Verb = "retry"   // jobs that failed, need a person or were cancelled
	Replace Verb = "replace" // files already there: sends them again and replaces the blob of the planned name
	Rename  Verb = "rename"  // files already there, or with a blocked name: sends them under another name if the token permits one
	Remove  Verb = "remove"  // removes jobs from the list and cancels those that have not ended
	First   Verb = "first"   // before all others
	Last    Verb = "last"    // behind all others
	Clear   Verb = "clear"   // removes delivered jobs from the list; their delivery stays known
	Purge   Verb = "purge"   // forgets all jobs, deliveries included, and cancels those that have not ended
)

// Command is a person's command about some jobs.
type Command struct {
	Verb     Verb
	Transfer int64   // of this transfer; 0: of all
	Jobs     []int64 // these; nil: all of the transfer
}

// means reports whether a job is one of the command's, whose ids are sorted.
func (c *Command) means(job int64) bool {
	if c.Jobs == nil {
		return true
	}
	_, found := slices.BinarySearch(c.Jobs, job)
	return found
}

// transitions says which states a verb concerns and what they become.
var transitions = map[Verb]struct {
	from []JobState
	to   JobState
}{
	Pause:      {[]JobState{Waiting, Active}, Paused},
	Resume:     {[]JobState{Paused}, Waiting},
	Cancel:     {[]JobState{Waiting, Active, Paused}, Cancelled},
	Retry:      {[]JobState{Attention, Failed, Cancelled}, Waiting},
	Replace:    {[]JobState{LeftAlone, Attention}, Waiting},
	Rename:     {[]JobState{LeftAlone, Attention}, Waiting},
	FoundAgain: {[]JobState{Attention}, Waiting},
	Remove:     {[]JobState{Waiting, Active, Paused, Delivered, LeftAlone, Attention, Failed, Cancelled, Confirmed}, Removed},
	Clear:      {[]JobState{Delivered, Confirmed}, Removed},
	Purge:      {[]JobState{Waiting, Active, Paused, Delivered, LeftAlone, Attention, Failed, Cancelled, Cleared, Confirmed}, Removed},
}

// Of returns the new state of a job in state s, which the verb concerns. A delivery stays known
// until it is purged.
func (v Verb) Of(s JobState) JobState {
	if to := transitions[v].to; to != Removed || v == Purge || s != Delivered {
		return to
	}
	return Cleared
}

// From returns the states that a verb concerns, or nil for a verb that reorders jobs.
func (v Verb) From() []JobState { return transitions[v].from }

// To returns the new state of a job that has not been delivered; see [Verb.Of].
func (v Verb) To() JobState { return transitions[v].to }

// Forgets reports whether a verb removes jobs from the list.
func (v Verb) Forgets() bool { return transitions[v].to == Removed && transitions[v].from != nil }

// concerns reports whether a verb concerns a job.
func (v Verb) concerns(j *Job) bool {
	switch {
	case !slices.Contains(transitions[v].from, j.State):
		return false
	case v == Retry:
		return j.Blob != "" // a file without a name can't be sent
	case v == Replace && problem.ReasonOf(j.Problem) == problem.WrittenOtherwise:
		return false
	case v == FoundAgain:
		return j.Blob != "" && j.Problem != nil && errors.Is(j.Problem, problem.ErrSource)
	case v == Replace, v == Rename:
		return j.Blob != "" && j.Problem != nil && errors.Is(j.Problem, problem.ErrExists)
	default:
		return true
	}
}

// MayHave reports whether a transfer has jobs in one of the states, nil for any, or may yet get
// some.
func (x *Ledger) MayHave(transfer int64, states []JobState) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := x.transferOf(transfer)
	return t != nil && (!t.Scanned || t.shown(states) > 0)
}

// obey applies a verb to a job that it concerns.
func (j *Job) obey(v Verb) {
	j.Become(v.Of(j.State))
	switch v {
	case Replace:
		j.Replace = true
		j.TakeOwnName()
	case Rename:
		j.Replace, j.KeepBoth = false, true
		if !j.TakeNextName() {
			j.TakeOwnName()
		}
	}
}

// Become puts a job into a state that a person wants.
func (j *Job) Become(s JobState) {
	j.State, j.Problem = s, nil
	if s == Cancelled {
		j.Problem = problem.New("cancel", j.Source, problem.GivenUp)
	}
}

// FoundAgain is the verb for files that could not be read at their old place and may be readable
// now.
const FoundAgain Verb = "found"

// OwnedCommand is a command about one transfer.
type OwnedCommand struct {
	Command
	Owner Owner
}

// Split divides a command by transfer and sorts the jobs of each part.
func (x *Ledger) Split(c Command) (parts []OwnedCommand) {
	x.mu.Lock()
	defer x.mu.Unlock()
	jobs := map[int64][]int64{}
	for _, id := range c.Jobs {
		if b, _ := x.batchOf(id); b != nil {
			jobs[b.Transfer] = append(jobs[b.Transfer], id)
		}
	}
	for _, ids := range jobs {
		slices.Sort(ids)
	}
	for _, t := range x.transfers {
		if c.Transfer != 0 && c.Transfer != t.ID || c.Jobs != nil && jobs[t.ID] == nil ||
			t.IsCleared() && c.Verb != Purge {
			continue
		}
		parts = append(parts, OwnedCommand{Command{c.Verb, t.ID, jobs[t.ID]}, t.Owner})
	}
	return parts
}
