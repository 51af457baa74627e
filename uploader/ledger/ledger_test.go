package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
)

// model is what a list of jobs should be after the same operations: a plain list in the queue's
// order.
type model struct {
	jobs []Job
}

func (m *model) at(id int64) int {
	return slices.IndexFunc(m.jobs, func(j Job) bool { return j.ID == id })
}

func (m *model) rows(f Filter, from, n int) (rows []int64) {
	for _, j := range m.jobs {
		if !f.matches(&j) || f.Transfer != 0 && f.Transfer != j.Transfer || !f.contains(&j) {
			continue
		}
		if from > 0 {
			from--
			continue
		}
		if len(rows) < n {
			rows = append(rows, j.ID)
		}
	}
	return rows
}

// An index shows the same jobs in the same order as a plain list would, whatever was added,
// claimed, ended, moved, unplugged or removed, and also when it is read anew from its journal.
func TestIndexIsAListOfJobs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		journal := NewMemoryJournal()
		open := func() *Ledger {
			x := New(journal, func() {})
			if err := x.Load(ctx); err != nil {
				t.Fatal(err)
			}
			return x
		}
		x := open()
		var m model
		var transfers []*Entry
		states := func() []JobState {
			return rapid.SliceOfN(rapid.SampledFrom([]JobState{Waiting, Active, Paused, Delivered, Attention, Failed, Cancelled}), 0, 3).Draw(t, "states")
		}
		claimed := map[int64]bool{}
		type place struct {
			transfer int64
			device   uint64
		}
		away := map[place]bool{}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				if len(transfers) < 3 && rapid.Bool().Draw(t, "new") || len(transfers) == 0 {
					tr, err := x.AddTransfer(ctx, Transfer{Inbox: "a", Scanned: true})
					if err != nil {
						t.Fatal(err)
					}
					transfers = append(transfers, tr)
				}
				tr := rapid.SampledFrom(transfers).Draw(t, "transfer")
				if now := x.transferOf(tr.ID); now == nil || now.Owner != Here {
					return // forgotten with its last job, or not taken over, since nothing of it was open
				}
				n := rapid.SampledFrom([]int{1, 3, 255, 256, 300, 600}).Draw(t, "n")
				jobs := make([]Job, n)
				id := scan.FileID{Device: rapid.Uint64Range(0, 2).Draw(t, "device")}
				for i := range jobs {
					jobs[i] = Job{Source: fmt.Sprintf("/s/%d/%d", len(m.jobs), i), Blob: fmt.Sprintf("b/%d", i), Size: int64(i), Class: Class(i % 2), FileID: id}
				}
				if err := x.AddJobs(ctx, tr, jobs); err != nil {
					t.Fatal(err)
				}
				m.jobs = append(m.jobs, jobs...)
			},
			"claim": func(t *rapid.T) {
				class := Class(rapid.IntRange(0, 1).Draw(t, "class"))
				n := rapid.IntRange(1, 300).Draw(t, "n")
				got, err := x.Claim(ctx, "a", class, n, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				var want, have []int64
				for _, j := range m.jobs {
					if j.State == Waiting && j.Class == class && !claimed[j.ID] &&
						!away[place{j.Transfer, j.FileID.Device}] && len(want) < n {
						want = append(want, j.ID)
					}
				}
				for _, c := range got {
					have = append(have, c.ID)
					claimed[c.ID] = true
				}
				if diff := cmp.Diff(want, have); diff != "" {
					t.Fatal("claimed (-want +got):\n", diff)
				}
				if left := x.Free("a")[class]; len(have) < n && left != 0 {
					t.Fatalf("%d jobs are said to be free", left)
				}
			},
			"unplug": func(t *rapid.T) {
				if len(transfers) == 0 {
					return
				}
				p := place{rapid.SampledFrom(transfers).Draw(t, "transfer").ID, rapid.Uint64Range(0, 2).Draw(t, "device")}
				var why *problem.Error
				if !away[p] {
					why = problem.New("read", "", problem.SourceAway)
				}
				if x.SetAway(p.transfer, source.Disk{Device: p.device}, why) {
					away[p] = why != nil
				}
			},
			"end": func(t *rapid.T) {
				state := rapid.SampledFrom([]JobState{Waiting, Delivered, Failed, Attention}).Draw(t, "state")
				n := rapid.IntRange(0, 200).Draw(t, "n")
				for i := range m.jobs {
					j := &m.jobs[i]
					if !claimed[j.ID] || n == 0 {
						continue
					}
					n--
					delete(claimed, j.ID)
					if j.State = state; state == Delivered {
						j.Done = j.Size
					}
					x.Unclaim(*j, true)
				}
			},
			"command": func(t *rapid.T) {
				c := Command{Verb: rapid.SampledFrom([]Verb{Pause, Resume, Cancel, Retry, Remove, Clear}).Draw(t, "verb")}
				c.Jobs = pick(t, m.jobs, func(j Job) bool { return !claimed[j.ID] })
				if c.Jobs == nil {
					return
				}
				n := 0
				for _, part := range x.Split(c) {
					if err := x.Each(ctx, x.Concerned(part.Command), func(b *Page) error {
						k, _ := x.CarryOut(b, part.Command, func(int64) bool { return false })
						n += k
						return nil
					}); err != nil {
						t.Fatal(err)
					}
					x.Prune(part.Transfer, false)
				}
				if err := x.Commit(ctx, true); err != nil {
					t.Fatal(err)
				}
				want := 0
				for _, id := range c.Jobs {
					if j := &m.jobs[m.at(id)]; c.Verb.concerns(j) {
						j.State = transitions[c.Verb].to
						want++
					}
				}
				m.jobs = slices.DeleteFunc(m.jobs, func(j Job) bool { return j.State == Removed })
				if n != want {
					t.Fatalf("%s concerned %d jobs, want %d", c.Verb, n, want)
				}
			},
			"move": func(t *rapid.T) {
				v := rapid.SampledFrom([]Verb{First, Last}).Draw(t, "verb")
				ids := pick(t, m.jobs, func(Job) bool { return true })
				if ids == nil {
					return
				}
				n, err := x.Reorder(ctx, v, ids)
				if err != nil {
					t.Fatal(err)
				}
				ids = slices.DeleteFunc(ids,
					func(id int64) bool { return m.jobs[m.at(id)].State == Delivered })
				if n != len(ids) {
					t.Fatalf("%s moved %d jobs, want %d", v, n, len(ids))
				}
				if n > 0 {
					m.move(v, ids)
				}
			},
			"reopen": func(t *rapid.T) {
				if len(claimed) > 0 {
					return
				}
				if err := errors.Join(x.Commit(ctx, true), journal.Close()); err != nil {
					t.Fatal(err)
				}
				x = open()
				clear(away)
				ids := []int64{}
				for _, s := range x.Statuses(nil) {
					ids = append(ids, s.ID)
				}
				if _, err := x.Adopt(ctx, ids, false); err != nil {
					t.Fatal(err)
				}
				for i, tr := range transfers {
					if now := x.transferOf(tr.ID); now != nil {
						transfers[i] = now
					}
				}
			},
			"": func(t *rapid.T) {
				f := Filter{States: states()}
				if len(f.States) == 0 {
					f.States = nil
				}
				if len(transfers) > 0 && rapid.Bool().Draw(t, "one transfer") {
					f.Transfer = transfers[0].ID
				}
				f.Text = rapid.SampledFrom([]string{"", "", "7", "B/1"}).Draw(t, "text")
				from, n := rapid.IntRange(0, 700).Draw(t, "from"),
					rapid.IntRange(0, 60).Draw(t, "rows")
				got, err := x.Rows(ctx, f, from, n)
				if err != nil {
					t.Fatal(err)
				}
				var ids []int64
				for _, j := range got {
					ids = append(ids, j.ID)
				}
				low := f
				low.Text = map[string]string{"B/1": "b/1"}[f.Text]
				if low.Text == "" {
					low.Text = f.Text
				}
				if diff := cmp.Diff(m.rows(low, from, n), ids); diff != "" {
					t.Fatalf("rows %+v from %d (-want +got):\n%s", f, from, diff)
				}
				var sum Tally
				for i := range m.jobs {
					sum.count(&m.jobs[i], 1)
				}
				have := x.Totals(nil)
				for s := range Removed {
					if have.Files[s] != sum.Files[s] || have.Bytes[s] != sum.Bytes[s] {
						t.Fatalf("%d files of %d bytes are %v, want %d of %d", have.Files[s],
							have.Bytes[s], s, sum.Files[s], sum.Bytes[s])
					}
				}
			},
		})
	})
}

func pick(t *rapid.T, jobs []Job, may func(Job) bool) (ids []int64) {
	if len(jobs) == 0 {
		return nil
	}
	for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(jobs)-1), 1, min(4, len(jobs)),
		rapid.ID[int]).Draw(t, "jobs") {
		if may(jobs[i]) {
			ids = append(ids, jobs[i].ID)
		}
	}
	return ids
}

// move gives jobs other places in the list.
func (m *model) move(v Verb, ids []int64) {
	var moved, rest []Job
	for _, j := range m.jobs {
		if slices.Contains(ids, j.ID) {
			moved = append(moved, j)
		} else {
			rest = append(rest, j)
		}
	}
	if v == First {
		m.jobs = append(moved, rest...)
	} else {
		m.jobs = append(rest, moved...)
	}
}
