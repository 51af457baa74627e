//go:build unix && !race

package sim

import (
	"slices"
	"strings"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/uplink"
)

// look is what must hold after every event.
func (w *world) look() {
	for _, p := range w.alive {
		if p == nil || p.dead.Load() {
			continue
		}
		s := p.queue.Status()
		if share := s.Share(); share < 0 || share > 1 || s.BytesLeft() < 0 ||
			s.BytesSent < s.BytesResent ||
			s.Busy < 0 {
			w.breaks(1, "process %d says impossible things: %+v", p.n, s)
		}
		if !w.plan.config.checksums && s.Checked() {
			w.breaks(1, "the storage is said to have compared all, and named no checksum")
		}
		if of := p.queue.StatusOf(p.lastUpload()); of.FilesTotal() > s.FilesTotal() && w.alive[1] == nil {
			w.breaks(1, "one upload has %d files, all have %d", of.FilesTotal(), s.FilesTotal())
		}
		if share := s.Share(); share == 1 && s.FilesLeft() > 0 {
			w.breaks(
				1,
				"process %d says that all is done, and %d files are left",
				p.n,
				s.FilesLeft(),
			)
		}
		if w.alive[1] == nil {
			rows := w.agree(p)
			w.waits(&s)
			w.stays(rows)
			w.pages(p, rows)
		}
	}
}

// waits looks whether what waits is told alike, by inbox and in all, and how long it takes.
func (w *world) waits(s *uploader.Status) {
	files := int64(0)
	for _, b := range s.Backlogs() {
		files += b.Files
	}
	others := slices.ContainsFunc(s.Transfers, func(t ledger.TransferStatus) bool {
		return t.Owner == ledger.Elsewhere // as far as this process knows
	})
	if left := s.FilesLeft(); files != left && !others {
		w.breaks(1, "%d files wait by inbox, %d in all", files, left)
	}
	for i := range s.Inboxes {
		t, now := s.Inboxes[i].Token, time.Now()
		fit := uplink.FitFor(t, s.BytesLeft(), 20_000, now)
		if ends := now.Add(fit.Needs); fit.Known && fit.Fits && ends.After(t.ValidTo) &&
			t.ValidFrom.Before(now) {
			w.breaks(6, "a token is said to last, and ends %v too early", ends.Sub(t.ValidTo))
		}
	}
}

// stays looks whether what a person was told is delivered still is.
func (w *world) stays(rows []ledger.Job) {
	if rows == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := map[int64]ledger.JobState{}
	for i := range rows {
		j := &rows[i]
		now[j.ID] = j.State
		if j.State == ledger.Delivered {
			w.delivered[j.ID] = j.Blob
		}
	}
	for id, blob := range w.delivered {
		state, there := now[id]
		if there && state != ledger.Delivered || !there && !w.forgot {
			w.breaks(6, "%q was delivered, and is %v now (in the list: %v)", blob, state, there)
		}
	}
}

// pages looks whether parts of the list are parts of the whole: a page, what a search finds, and
// one upload.
func (w *world) pages(p *process, rows []ledger.Job) {
	if len(rows) == 0 {
		return
	}
	x := w.steps
	from, n := x%len(rows), 1+x%7
	wanted := func(f ledger.Filter) (ids []int64) {
		text := strings.ToLower(f.Text)
		for i := range rows {
			j := &rows[i]
			if (f.States == nil || slices.Contains(f.States, j.State)) &&
				(f.Transfer == 0 || f.Transfer == j.Transfer) &&
				(strings.Contains(strings.ToLower(j.Source), text) ||
					strings.Contains(strings.ToLower(j.Blob), text)) {
				ids = append(ids, j.ID)
			}
		}
		return ids
	}
	for _, f := range []ledger.Filter{
		{},
		{Text: []string{"CSV", "deep", "nothing has this", "e"}[x%4]},
		{Transfer: rows[from].Transfer},
		{States: []ledger.JobState{rows[from].State, ledger.Waiting}},
		{States: []ledger.JobState{rows[from].State}, Transfer: rows[from].Transfer, Text: "run"},
	} {
		all := wanted(f)
		at := min(from, len(all))
		all = all[at:min(at+n, len(all))]
		page, err := p.queue.Rows(p.ctx, f, at, n)
		if err != nil {
			return
		}
		var got []int64
		for i := range page {
			got = append(got, page[i].ID)
		}
		if !slices.Equal(got, all) {
			w.breaks(1, "rows %d to %d of %+v are %v, and should be %v", at, at+n, f, got, all)
		}
	}
}

// agree looks whether totals are those of the rows.
func (w *world) agree(p *process) []ledger.Job {
	rows, err := p.queue.Rows(p.ctx, ledger.Filter{}, 0, 10_000)
	if err != nil {
		return nil
	}
	s := p.queue.Status()
	var files, sizes ledger.Counts
	for i := range rows {
		files[rows[i].State]++
		sizes[rows[i].State] += rows[i].Size
	}
	var of ledger.Counts
	for i := range s.Transfers {
		for state, n := range s.Transfers[i].Files {
			of[state] += n
		}
	}
	for state := range files {
		if x := ledger.JobState(state); !x.Hidden() &&
			(files[state] != s.Files[state] || of[state] != s.Files[state]) {
			w.breaks(
				1,
				"%d files are %v by the rows, %d by the totals, %d by the uploads'",
				files[state],
				x,
				s.Files[state],
				of[state],
			)
		} else if !x.Hidden() && sizes[state] != s.Bytes[state] {
			w.breaks(1, "files that are %v have %d bytes by the rows, %d by the totals",
				x, sizes[state], s.Bytes[state])
		}
	}
	return rows
}
