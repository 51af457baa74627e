package uploadertest

import (
	"slices"
	"sync"
	"time"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/ledger"
)

// adopt adopts transfers and checks which ones it got, and that they belong to the journal now.
func (s *journalSuite) adopt(j ledger.Journal, transfers []int64, want ...int64) []ledger.Transfer {
	s.Helper()
	got, err := j.Adopt(s.Context(), transfers)
	s.ok(err)
	var ids []int64
	for _, t := range got {
		ids = append(ids, t.ID)
		if t.Owner != ledger.Here {
			s.Errorf("adopted transfer %d has owner %d", t.ID, t.Owner)
		}
	}
	slices.Sort(ids)
	s.same("adopted", ids, want)
	return got
}

// owned checks whose a transfer is, as a journal sees it.
func (s *journalSuite) owned(j ledger.Journal, id int64, want ledger.Owner) ledger.Transfer {
	s.Helper()
	for _, t := range s.load(j).Transfers {
		if t.ID == id {
			if t.Owner != want {
				s.Errorf("transfer %d has owner %d, want %d", id, t.Owner, want)
			}
			return t
		}
	}
	s.Errorf("no transfer %d", id)
	return ledger.Transfer{}
}

func (s *journalSuite) ownTransfers() {
	id := s.transfer()
	s.adopt(s.j, []int64{id, id + 1000})
	s.owned(s.j, id, ledger.Here)
}

func (s *journalSuite) releases() {
	a, b := s.transfer(), s.transfer()
	s.ok(s.j.Release(s.Context(), []int64{a, a + 1000}))
	s.owned(s.j, a, ledger.Nobody)
	s.owned(s.j, b, ledger.Here)
	got := s.adopt(s.j, []int64{a, b}, a)
	want := sampleTransfer()
	want.ID, want.Owner, want.Seen = a, ledger.Here, got[0].Seen
	s.same("adopted transfer", got[0], want)
	s.owned(s.j, a, ledger.Here)
}

func (s *journalSuite) closes() {
	j := s.j
	s.transfer()
	s.ok(j.Close())
	s.ok(j.Close())
}

func (s *journalSuite) reopens() {
	id := s.transfer()
	all := s.add(id, 3)
	s.fill(all)
	s.ok(s.Records(s.j).PutInbox(s.Context(), inboxes.Record{ID: "k", Name: "n"}))
	s.ok(s.j.Close())
	s.j = s.open()
	for _, b := range all {
		s.there(b)
	}
	kept, err := s.Records(s.j).Inboxes(s.Context())
	s.ok(err)
	s.same("inboxes", kept, []inboxes.Record{{ID: "k", Name: "n"}})
	t := s.owned(s.j, id, ledger.Nobody)
	want := sampleTransfer()
	want.ID, want.Seen = id, t.Seen
	s.same("transfer", t, want)
}

func (s *journalSuite) sharing() {
	other := s.open()
	s.changed(s.j, true) // the other one came
	s.changed(s.j, false)
	_, err := other.Changed(s.Context())
	s.ok(err)
	id := s.transfer()
	s.changed(other, true)
	s.changed(other, false)
	s.changed(s.j, false)
	all := s.add(id, 2)
	s.fill(all)
	s.changed(other, true)
	s.same("batch", s.batch(other, all[1].ID), all[1])
	s.same("heads", s.load(other).Batches, []ledger.BatchHead{all[0].BatchHead, all[1].BatchHead})
	s.ok(s.Records(other).PutInbox(s.Context(), inboxes.Record{ID: "k", Name: "n"}))
	s.changed(s.j, true)
	s.changed(other, false)
}

func (s *journalSuite) oneOwner() {
	other := s.open()
	a, b := s.transfer(), s.transfer()
	s.owned(other, a, ledger.Elsewhere)
	s.adopt(other, []int64{a, b})
	s.ok(other.Release(s.Context(), []int64{a})) // not its to release
	s.owned(other, a, ledger.Elsewhere)
	s.ok(s.j.Release(s.Context(), []int64{a}))
	s.owned(other, a, ledger.Nobody)
	s.adopt(other, []int64{a, b}, a)
	s.owned(other, a, ledger.Here)
	s.owned(s.j, a, ledger.Elsewhere)
	s.owned(s.j, b, ledger.Here)
	s.adopt(s.j, []int64{a, b})
}

func (s *journalSuite) race() {
	const transfers = 12
	var ids []int64
	for range transfers {
		ids = append(ids, s.transfer())
	}
	s.ok(s.j.Release(s.Context(), ids))
	journals := []ledger.Journal{s.open(), s.open(), s.open()}
	var mu sync.Mutex
	var got []int64
	var wg sync.WaitGroup
	for _, j := range journals {
		wg.Go(func() {
			for _, id := range ids {
				adopted, err := j.Adopt(s.Context(), []int64{id})
				if err != nil {
					s.Errorf("Adopt: %v", err)
				}
				mu.Lock()
				for _, t := range adopted {
					got = append(got, t.ID)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(got)
	s.same("adopted by all together", got, ids)
}

func (s *journalSuite) closeReleases() {
	other := s.open()
	id := s.transfer()
	s.ok(s.j.Close())
	s.owned(other, id, ledger.Nobody)
	s.adopt(other, []int64{id}, id)
}

func (s *journalSuite) death() {
	first, second := s.Open(s.T), s.open()
	id, err := first.AddTransfer(s.Context(), sampleTransfer())
	s.ok(err)
	s.owned(second, id, ledger.Elsewhere)
	s.Kill(s.T, first)
	s.owned(second, id, ledger.Nobody)
	s.adopt(second, []int64{id}, id)
	s.owned(second, id, ledger.Here)
	s.owned(s.j, id, ledger.Elsewhere)
}

func (s *journalSuite) seen() {
	before := time.Now().Truncate(time.Second)
	owner := s.Open(s.T)
	id, err := owner.AddTransfer(s.Context(), sampleTransfer())
	s.ok(err)
	s.ok(owner.Alive(s.Context()))
	at := s.owned(s.j, id, ledger.Elsewhere).Seen
	if now := time.Now(); at.Before(before) || at.After(now) {
		s.Errorf("seen at %v, want between %v and %v", at, before, now)
	}
	s.Kill(s.T, owner)
	s.same("seen after its end", s.owned(s.j, id, ledger.Nobody).Seen, at)
	s.same("seen when adopted", s.adopt(s.j, []int64{id}, id)[0].Seen, at)
	s.ok(s.j.Release(s.Context(), []int64{id}))
	if released := s.owned(s.j, id, ledger.Nobody).Seen; released.Before(at) {
		s.Errorf("seen at %v after a release, before %v", released, at)
	}
}

// posted checks which commands were left for a journal's process, and returns their ids.
func (s *journalSuite) posted(j ledger.Journal, want ...ledger.Command) []int64 {
	s.Helper()
	posted, err := j.Posted(s.Context())
	s.ok(err)
	var got []ledger.Command
	var ids []int64
	for _, p := range posted {
		got = append(got, p.Command)
		ids = append(ids, p.ID)
	}
	s.same("commands", got, want)
	for i := range got {
		if (got[i].Jobs == nil) != (want[i].Jobs == nil) {
			s.Errorf("command %d has jobs %#v, want %#v", i, got[i].Jobs, want[i].Jobs)
		}
	}
	if !slices.IsSorted(ids) {
		s.Errorf("commands have the ids %v", ids)
	}
	return ids
}

func (s *journalSuite) commands() {
	other := s.open()
	id := s.transfer()
	s.changed(s.j, true)
	all := []ledger.Command{
		{Verb: ledger.Pause, Transfer: id},
		{Verb: ledger.First, Transfer: id, Jobs: []int64{1, 2, 1 << 60}},
		{Verb: ledger.Resume, Transfer: id, Jobs: []int64{}},
	}
	for _, c := range all {
		s.ok(other.Post(s.Context(), c))
	}
	s.ok(other.Post(s.Context(), ledger.Command{Verb: ledger.Pause, Transfer: id + 1000})) // nobody's, ever
	s.changed(s.j, true)
	s.posted(other)
	ids := s.posted(s.j, all...)
	s.posted(s.j, all...) // until they were heard
	s.commit(ledger.Changes{Heard: ids[:2]})
	s.posted(s.j, all[2])
	s.commit(ledger.Changes{Heard: ids})
	s.posted(s.j)
	s.ok(s.j.Post(s.Context(), all[0])) // to itself
	s.posted(s.j, all[0])
}

func (s *journalSuite) commandWaits() {
	other := s.open()
	a, b := s.transfer(), s.transfer()
	s.ok(s.j.Release(s.Context(), []int64{a, b}))
	s.ok(other.Post(s.Context(), ledger.Command{Verb: ledger.Cancel, Transfer: a}))
	s.ok(other.Post(s.Context(), ledger.Command{Verb: ledger.Cancel, Transfer: b}))
	s.posted(s.j)
	s.commit(ledger.Changes{Forgotten: []int64{b}})
	s.adopt(s.j, []int64{a, b}, a)
	s.posted(s.j, ledger.Command{Verb: ledger.Cancel, Transfer: a})
}
