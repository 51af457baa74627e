package main

import (
	"encoding/base64"
	"errors"
	"math"
	"unicode/utf8"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// summary is the object that --json ends with. The help of copy describes it.
type summary struct {
	State     string `json:"state"`
	Delivered int64  `json:"delivered"`
	Skipped   int64  `json:"skipped"`
	Failed    int64  `json:"failed"`
	Pending   int64  `json:"pending"` // not sent because the copy ended early

	FilesTotal  int64   `json:"files_total"`
	BytesTotal  int64   `json:"bytes_total"` // of the files to be sent, whatever became of them
	Unchanged   int64   `json:"unchanged"`   // as they were delivered before, so not sent
	BytesSent   int64   `json:"bytes_sent"`  // handed to the network, what was sent twice included
	BytesResent int64   `json:"bytes_resent"`
	Requests    int64   `json:"requests"`
	Retries     int64   `json:"retries"`
	Seconds     float64 `json:"seconds"`
	// The storage named the checksum of each block that it confirmed.
	Checked bool `json:"checked"`

	Inbox   *summaryInbox `json:"inbox,omitempty"` // where there is one alone
	Inboxes []inboxCounts `json:"inboxes"`
	Reason  string        `json:"reason,omitempty"`  // why it ended early
	Message string        `json:"message,omitempty"` // the same for a person
	Code    string        `json:"code,omitempty"`    // the service's
	Log     string        `json:"log,omitempty"`

	SkippedBy    map[string]int64 `json:"skipped_by"`
	LinksOutside int64            `json:"links_outside"` // that were followed out of the sources
	NotDelivered []summaryFile    `json:"not_delivered"`
	// PendingNotListed is how many of the pending files are left out of NotDelivered, which names
	// the first ones.
	PendingNotListed int64 `json:"pending_not_listed,omitempty"`

	namesInJSON

	Additional int64            `json:"additional,omitempty"` // in the folder and not in --check-manifest's
	Documents  []documentInJSON `json:"documents,omitempty"`  // what went last, beside the files

	// They count as delivered, and the inbox has them as they were.
	ChangedAfterSent []sentFile `json:"changed_after_sent"`
	// The first of those modified in the minute before they were sent.
	ModifiedLately []sentFile `json:"modified_lately"`
}

// jsonSource is the path of a file in JSON.
type jsonSource struct {
	Source string `json:"source"`
	// SourceBase64 has the path's bytes where they are no UTF-8. JSON can't hold those: two such
	// paths may look the same in Source.
	SourceBase64 string `json:"source_base64,omitempty"`
}

func sourceInJSON(path string) jsonSource {
	s := jsonSource{Source: path}
	if !utf8.ValidString(path) {
		s.SourceBase64 = base64.StdEncoding.EncodeToString([]byte(path))
	}
	return s
}

// summaryFile is one that was not delivered.
type summaryFile struct {
	jsonSource
	Blob    string `json:"blob"`
	Size    int64  `json:"size"`
	State   string `json:"state"` // skipped, attention, failed or pending
	Reason  string `json:"reason"`
	Message string `json:"message"`
	Code    string `json:"code,omitempty"`
}

// newSummary returns the object for an outcome.
func newSummary(o *outcome) summary {
	s := summary{
		State: o.state, Delivered: o.delivered(), Skipped: o.skipped(), Failed: o.failed(),
		Pending:    o.pending(),
		FilesTotal: o.total(), BytesTotal: o.status.BytesTotal(), Unchanged: o.unchanged(),
		BytesSent: o.status.BytesSent, BytesResent: o.status.BytesResent,
		Requests: o.status.Requests, Retries: o.status.Retries,
		Seconds: math.Round(o.took.Seconds()*1000) / 1000, Checked: o.status.Checked(),
		Log: o.log, SkippedBy: map[string]int64{}, NotDelivered: []summaryFile{},
	}
	s.LinksOutside = o.outside()
	s.Documents, s.Additional = documentsInJSON(o.documents), o.additional
	s.Inboxes = o.inboxCounts()
	s.ChangedAfterSent, s.ModifiedLately = sentFiles(o.young.Changed), sentFiles(o.young.Named)
	if len(s.Inboxes) == 1 {
		s.Inbox = &s.Inboxes[0].summaryInbox
	}
	if o.stopped != nil && o.state != stateInterrupted {
		e := asError(o.stopped)
		s.Reason, s.Message, s.Code = string(e.Reason), explain(e).String(), e.Code
	}
	for reason, n := range o.leftOut() {
		s.SkippedBy[string(reason)] = n
	}
	for _, j := range o.problems {
		e := asError(j.Problem)
		if j.State == ledger.LeftAlone {
			s.SkippedBy[string(e.Reason)]++
		}
		s.NotDelivered = append(s.NotDelivered, summaryFile{
			sourceInJSON(j.Source), j.Blob, j.Size, j.State.String(), string(e.Reason),
			explain(e).String(), e.Code,
		})
	}
	for _, t := range o.status.Transfers {
		for _, p := range t.SkippedPaths {
			if p.Reason.IsCounted() && !p.Reason.ByName() {
				s.NotDelivered = append(
					s.NotDelivered,
					summaryFile{
						jsonSource: sourceInJSON(p.Source), State: "skipped",
						Reason: string(p.Reason), Message: p.Reason.Why(),
					},
				)
			}
		}
	}
	for _, j := range o.waiting {
		s.NotDelivered = append(
			s.NotDelivered,
			summaryFile{
				jsonSource: sourceInJSON(j.Source), Blob: j.Blob, Size: j.Size,
				State: "pending", Reason: "not-sent",
				Message: "It was not sent, because the copy ended early.",
			},
		)
	}
	s.namesInJSON = newNames(o)
	s.PendingNotListed = o.pending() - int64(len(o.waiting))
	return s
}

// asError returns err's *uploader.Error, or one that says that it was not expected.
func asError(err error) *problem.Error {
	if e, ok := errors.AsType[*problem.Error](err); ok && e != nil {
		return e
	}
	return problem.New("copy", "", problem.Unexpected)
}

// printSummary writes the object as one line.
func (c *console) printSummary(o outcome) error {
	return c.printJSON(newSummary(&o))
}
