package uploader

import (
	"context"
	"sync"
)

// memoryJournal keeps everything in the process: for tests, and for a queue that need not outlive it. One job costs about
// 300 bytes plus its names.
type memoryJournal struct {
	mu        sync.Mutex
	transfers []Transfer
	jobs      []Job // job id i stands at i-1
	waiting   map[claimKey][]int64
	acked     map[int64]map[int]uint64
}

type claimKey struct {
	inbox string
	class Class
}

// NewMemoryJournal returns a Journal that ends with the process. None of its methods blocks or fails.
func NewMemoryJournal() Journal {
	return &memoryJournal{waiting: map[claimKey][]int64{}, acked: map[int64]map[int]uint64{}}
}

func (m *memoryJournal) AddTransfer(_ context.Context, t Transfer) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t.ID = int64(len(m.transfers) + 1)
	m.transfers = append(m.transfers, t)
	return t.ID, nil
}

func (m *memoryJournal) UpdateTransfer(_ context.Context, t Transfer) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.transfers[t.ID-1] = t
	return nil
}

func (m *memoryJournal) AddJobs(_ context.Context, jobs []Job) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range jobs {
		j := &jobs[i]
		j.ID = int64(len(m.jobs) + 1)
		m.jobs = append(m.jobs, *j)
		if j.State == Waiting {
			k := claimKey{j.Inbox, j.Class}
			m.waiting[k] = append(m.waiting[k], j.ID)
		}
	}
	return nil
}

func (m *memoryJournal) Claim(_ context.Context, inbox string, class Class, n int) ([]Job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := claimKey{inbox, class}
	ids := m.waiting[k]
	n = min(n, len(ids))
	claimed := make([]Job, 0, n)
	for _, id := range ids[:n] {
		j := &m.jobs[id-1]
		j.State = Active
		claimed = append(claimed, *j)
	}
	m.waiting[k] = ids[n:]
	return claimed, nil
}

func (m *memoryJournal) Update(j Job) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jobs[j.ID-1] = j
	if j.State.Ended() {
		delete(m.acked, j.ID)
	}
}

func (m *memoryJournal) Plan(j Job, acked []AckedBlock) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jobs[j.ID-1] = j
	blocks := make(map[int]uint64, len(acked))
	for _, a := range acked {
		blocks[a.Number] = a.CRC64
	}
	m.acked[j.ID] = blocks
}

func (m *memoryJournal) Ack(job int64, block int, crc64 uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.acked[job] == nil {
		m.acked[job] = map[int]uint64{}
	}
	m.acked[job][block] = crc64
}

func (m *memoryJournal) Acked(_ context.Context, job int64) ([]AckedBlock, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	blocks := make([]AckedBlock, 0, len(m.acked[job]))
	for n, c := range m.acked[job] {
		blocks = append(blocks, AckedBlock{n, c})
	}
	return blocks, nil
}

func (m *memoryJournal) Flush(context.Context) error { return nil }

func (m *memoryJournal) Rows(_ context.Context, f Filter, from, n int) ([]Job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var rows []Job
	for i := range m.jobs {
		if len(rows) == n {
			break
		}
		if !f.match(m.jobs[i].State) {
			continue
		}
		if from > 0 {
			from--
			continue
		}
		rows = append(rows, m.jobs[i])
	}
	return rows, nil
}

func (m *memoryJournal) Close() error { return nil }
