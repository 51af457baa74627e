package ledger

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// memoryJournal keeps everything in memory: for tests, and for a queue that can't be kept on disk.
// It needs about as much memory as its contents.
type memoryJournal struct {
	mu        sync.Mutex
	last      int64 // id of a transfer or batch
	transfers map[int64]Transfer
	batches   map[int64]Batch
	blocks    map[int64]map[int]AckedBlock
	ranks     map[int64]int64
	seen      time.Time
}

// NewMemoryJournal returns a Journal that ends with the process. Nobody but this process can own a
// transfer in it, and no method of it blocks or fails.
func NewMemoryJournal() Journal {
	return &memoryJournal{
		transfers: map[int64]Transfer{}, batches: map[int64]Batch{},
		blocks: map[int64]map[int]AckedBlock{},
		ranks:  map[int64]int64{},
	}
}

func (m *memoryJournal) Load(context.Context) (Contents, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := Contents{Ranks: maps.Clone(m.ranks)}
	for _, id := range slices.Sorted(maps.Keys(m.transfers)) {
		t := m.transfers[id]
		c.Transfers = append(c.Transfers, t.clone())
	}
	for _, id := range slices.Sorted(maps.Keys(m.batches)) {
		c.Batches = append(c.Batches, m.batches[id].clone().BatchHead)
	}
	return c, nil
}

// clone returns a copy that shares nothing.
func (t *Transfer) clone() Transfer {
	c := *t
	c.Roots, c.SkippedPaths, c.Skipped = slices.Clone(t.Roots), slices.Clone(t.SkippedPaths),
		maps.Clone(t.Skipped)
	c.NameNotes = slices.Clone(t.NameNotes)
	return c
}

// clone returns a copy that shares nothing.
func (b Batch) clone() Batch {
	b.Facts, b.States, b.Totals = slices.Clone(b.Facts), slices.Clone(b.States),
		slices.Clone(b.Totals)
	return b
}

func (m *memoryJournal) Batch(_ context.Context, id int64) (Batch, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.batches[id].clone(), nil
}

func (m *memoryJournal) Blocks(_ context.Context, job int64) ([]AckedBlock, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.blocks[job])), nil
}

func (m *memoryJournal) AddTransfer(_ context.Context, t Transfer) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	t = t.clone()
	t.ID, t.Owner = m.last, Here
	m.transfers[t.ID] = t
	return t.ID, nil
}

func (m *memoryJournal) AddBatches(_ context.Context, batches []Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range batches {
		m.last++
		batches[i].ID = m.last
		m.batches[m.last] = batches[i].clone()
	}
	return nil
}

func (m *memoryJournal) Commit(_ context.Context, c Changes) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = time.Now()
	for _, t := range c.Transfers {
		if old, ok := m.transfers[t.ID]; ok {
			t = t.clone()
			t.Owner = old.Owner
			m.transfers[t.ID] = t
		}
	}
	for _, b := range c.Batches {
		if old, ok := m.batches[b.ID]; ok {
			b.Facts = old.Facts
			m.batches[b.ID] = b.clone()
		}
	}
	for _, b := range c.Blocks {
		switch {
		case b.Forget:
			delete(m.blocks, b.Job)
		case m.blocks[b.Job] == nil:
			m.blocks[b.Job] = map[int]AckedBlock{b.Block.Number: b.Block}
		default:
			m.blocks[b.Job][b.Block.Number] = b.Block
		}
	}
	maps.Copy(m.ranks, c.Ranks)
	for _, id := range c.Removed {
		m.remove(id)
	}
	for _, id := range c.Forgotten {
		delete(m.transfers, id)
		for batch, b := range m.batches {
			if b.Transfer == id {
				m.remove(batch)
			}
		}
	}
	return nil
}

func (m *memoryJournal) remove(batch int64) {
	delete(m.batches, batch)
	for job := range m.blocks {
		if job/BatchSize == batch {
			delete(m.blocks, job)
		}
	}
	for job := range m.ranks {
		if job/BatchSize == batch {
			delete(m.ranks, job)
		}
	}
}

func (m *memoryJournal) Adopt(_ context.Context, transfers []int64) (got []Transfer, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range transfers {
		if t, ok := m.transfers[id]; ok && t.Owner == Nobody {
			t.Owner = Here
			m.transfers[id] = t
			t.Seen = m.seen
			got = append(got, t.clone())
		}
	}
	return got, nil
}

func (m *memoryJournal) Release(_ context.Context, transfers []int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range transfers {
		if t, ok := m.transfers[id]; ok {
			t.Owner = Nobody
			m.transfers[id] = t
		}
	}
	return nil
}

// Alive implements [Journal].
func (m *memoryJournal) Alive(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = time.Now()
	return nil
}

func (m *memoryJournal) Changed(context.Context) (bool, error)    { return false, nil }
func (m *memoryJournal) Post(context.Context, Command) error      { return nil }
func (m *memoryJournal) Posted(context.Context) ([]Posted, error) { return nil, nil }

// Close gives up the transfers, as if the process had ended. They can then be adopted, which tests
// use.
func (m *memoryJournal) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, t := range m.transfers {
		t.Owner = Nobody
		m.transfers[id] = t
	}
	return nil
}
