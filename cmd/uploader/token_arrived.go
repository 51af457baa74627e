package main

import (
	"context"

	"github.com/dustin/go-humanize"
	"golang.org/x/sync/errgroup"

	"inboxuploader/internal/crash"
	"inboxuploader/internal/show"
	"inboxuploader/workspace"
)

// arrivedWith is what arrived with a token, as --json shows it.
type arrivedWith struct {
	Files       int64        `json:"files"`
	Bytes       int64        `json:"bytes"`
	LastArrived string       `json:"last_arrived"` // RFC 3339 in UTC, by the storage's clock; empty if nothing did
	Complete    *bool        `json:"complete"`     // null where no delivery note says so
	Notes       []listedNote `json:"notes"`
}

// listedNote is a delivery note as --json shows it: the sender's own words.
type listedNote struct {
	Name         string `json:"name"`
	Message      string `json:"message"`
	From         string `json:"from"`
	Time         string `json:"time"` // RFC 3339 in UTC, by the sender's clock
	Version      string `json:"version"`
	Files        int64  `json:"files"`
	Bytes        int64  `json:"bytes"`
	NotDelivered int64  `json:"not_delivered"`
	Complete     bool   `json:"complete"`
}

// describeArrived returns what arrived as JSON shows it.
func describeArrived(a workspace.Arrived) *arrivedWith {
	d := &arrivedWith{
		Files: a.Files, Bytes: a.Bytes, LastArrived: show.UTC(a.Last), Notes: describeNotes(a.Notes),
	}
	if complete, known := a.Complete(); known {
		d.Complete = &complete
	}
	return d
}

func describeNotes(notes []workspace.Note) []listedNote {
	all := make([]listedNote, len(notes))
	for i, n := range notes {
		all[i] = listedNote{
			Name: n.Name, Message: n.Message, From: n.From, Time: show.UTC(n.Written),
			Version: n.Version, Files: n.Files, Bytes: n.Bytes, NotDelivered: n.NotDelivered,
			Complete: n.Complete,
		}
	}
	return all
}

// inboxesAtOnce is how many inboxes are looked into at once.
const inboxesAtOnce = 8

// arrivedWithEach looks into the inbox of each token.
func arrivedWithEach(
	ctx context.Context, w *workspace.Workspace, grants []workspace.Grant,
) ([]workspace.Arrived, error) {
	all := make([]workspace.Arrived, len(grants))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inboxesAtOnce)
	for i, g := range grants {
		group.Go(func() (err error) {
			defer crash.Catch()
			all[i], err = w.Arrived(ctx, g.TID)
			return err
		})
	}
	return all, group.Wait()
}

// arrivedHead are the columns of what arrived.
var arrivedHead = []string{"FILES", "SIZE", "LAST ARRIVED", "COMPLETE"}

func arrivedCells(a workspace.Arrived) []string {
	last, complete := "-", ""
	if !a.Last.IsZero() {
		last = localTime(a.Last)
	}
	if yes, known := a.Complete(); known {
		complete = yesOrNo(yes)
	}
	return []string{
		humanize.Comma(a.Files), humanize.Bytes(unsigned(a.Bytes)), last, complete,
	}
}

func yesOrNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
