package uploadertest

import (
	"slices"

	"inboxuploader/uploader/ledger"
)

// fill gives the first and the last job of each batch a block and a rank.
func (s *journalSuite) fill(batches []ledger.Batch) {
	c := ledger.Changes{Ranks: map[int64]int64{}}
	for _, b := range batches {
		for _, i := range []int64{0, ledger.BatchSize - 1} {
			job := b.ID*ledger.BatchSize + i
			c.Blocks = append(c.Blocks, ledger.BlockChange{Job: job, Block: ackedBlock(1)})
			c.Ranks[job] = i
		}
	}
	s.commit(c)
}

// gone checks that nothing of a batch is left, and there that all is.
func (s *journalSuite) gone(b ledger.Batch) {
	s.Helper()
	s.same("removed batch", s.batch(s.j, b.ID), ledger.Batch{})
	s.around(b, false)
}

func (s *journalSuite) there(b ledger.Batch) {
	s.Helper()
	s.same("batch", s.batch(s.j, b.ID), b)
	s.around(b, true)
}

func (s *journalSuite) around(b ledger.Batch, want bool) {
	s.Helper()
	c := s.load(s.j)
	if got := slices.ContainsFunc(c.Batches,
		func(h ledger.BatchHead) bool { return h.ID == b.ID }); got != want {
		s.Errorf("batch %d is among the heads: %v", b.ID, got)
	}
	for _, i := range []int64{0, ledger.BatchSize - 1} {
		job := b.ID*ledger.BatchSize + i
		if _, got := c.Ranks[job]; got != want {
			s.Errorf("job %d has a rank: %v", job, got)
		}
		if want {
			s.holdsBlocks(job, ackedBlock(1))
		} else {
			s.holdsBlocks(job)
		}
	}
}

func (s *journalSuite) removes() {
	all := s.add(s.transfer(), 3)
	s.fill(all)
	s.commit(ledger.Changes{Removed: []int64{all[1].ID, all[1].ID + 1000}})
	s.there(all[0])
	s.gone(all[1])
	s.there(all[2])
	if n := len(s.load(s.j).Transfers); n != 1 {
		s.Errorf("%d transfers, want 1", n)
	}
}

func (s *journalSuite) forgets() {
	a, b := s.transfer(), s.transfer()
	first, other, last := s.add(a, 2), s.add(b, 2), s.add(a, 2)
	all := slices.Concat(first, other, last)
	s.fill(all)
	s.commit(ledger.Changes{Forgotten: []int64{a, a + 1000}})
	for _, x := range slices.Concat(first, last) {
		s.gone(x)
	}
	for _, x := range other {
		s.there(x)
	}
	if t := s.load(s.j).Transfers; len(t) != 1 || t[0].ID != b {
		s.Errorf("transfers %v, want %d alone", t, b)
	}
}

func (s *journalSuite) freshIDs() {
	a, b := s.transfer(), s.transfer()
	last := s.add(b, 2)[1].ID
	s.commit(ledger.Changes{Forgotten: []int64{a, b}})
	c := s.transfer()
	if c <= b {
		s.Errorf("transfer %d after %d", c, b)
	}
	if id := s.add(c, 1)[0].ID; id <= last {
		s.Errorf("batch %d after %d", id, last)
	}
}

func (s *journalSuite) noRevival() {
	id := s.transfer()
	b := s.add(id, 1)[0]
	s.commit(ledger.Changes{Forgotten: []int64{id}})
	t := sampleTransfer()
	t.ID = id
	handed := b
	handed.Facts = nil
	s.commit(ledger.Changes{Transfers: []ledger.Transfer{t}, Batches: []ledger.Batch{handed}})
	s.same("contents", s.load(s.j), ledger.Contents{})
	s.same("batch", s.batch(s.j, b.ID), ledger.Batch{})
}
