package main

import (
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/problem"
)

// The states of an unfinished upload in --json-progress.
const (
	stateSending = "sending"
	stateWaiting = "waiting" // for the network, the storage or a disk; it continues by itself
)

// progressObject is a line of --json-progress. The help of copy describes it.
type progressObject struct {
	summary
	BytesDone int64   `json:"bytes_done"` // acknowledged by the storage
	Speed     float64 `json:"bytes_per_second"`
	Left      *int64  `json:"seconds_left"` // null while unknown
}

// newProgress returns the line for a running upload. Lists of files are only in the last line.
func newProgress(o outcome) progressObject {
	o.state = stateSending
	if e := troubleOf(&o.status); e != nil {
		o.state, o.stopped = stateWaiting, e
	}
	p := progressOf(&o)
	p.NotDelivered, p.PendingNotListed = []summaryFile{}, 0
	p.namesInJSON = newNames(&outcome{})
	return p
}

// lastProgress returns the line for an upload that has ended.
func lastProgress(o *outcome) progressObject {
	p := progressOf(o)
	if o.state == stateComplete {
		p.Left = new(int64)
	}
	return p
}

func progressOf(o *outcome) progressObject {
	p := progressObject{
		summary: newSummary(o), BytesDone: o.status.BytesDone, Speed: float64(int64(o.status.Speed)),
	}
	if o.status.Left > 0 {
		p.Left = new(int64(o.status.Left.Round(time.Second).Seconds()))
	}
	return p
}

// troubleOf returns the trouble that an upload is waiting out, or nil. The upload then continues by
// itself.
func troubleOf(s *uploader.Status) *problem.Error {
	if s.Journal != nil {
		return s.Journal
	}
	for _, in := range s.Inboxes {
		switch {
		case in.Unfinished == 0:
		case in.Trouble != nil:
			return in.Trouble
		case in.Hold != nil && in.Hold.Reason == problem.OutsideHours:
			return in.Hold
		}
	}
	for i := range s.Transfers {
		if e := s.Transfers[i].Away; e != nil && !s.Transfers[i].Finished() {
			return e
		}
	}
	return nil
}
