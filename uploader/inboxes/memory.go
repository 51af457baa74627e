package inboxes

import (
	"context"
	"maps"
	"slices"
	"sync"

	"inboxuploader/uploader/problem"
)

// memoryRecords are records that end with the process.
type memoryRecords struct {
	mu  sync.Mutex
	all map[string]Record // by id
}

// NewMemoryRecords returns Records that end with the process, for where no journal can be opened.
func NewMemoryRecords() Records { return &memoryRecords{all: map[string]Record{}} }

func (m *memoryRecords) Inboxes(context.Context) ([]Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.all)), nil
}

func (m *memoryRecords) PutInbox(_ context.Context, r Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, other := range m.all {
		if other.ID != r.ID && NameKey(other.Name) == NameKey(r.Name) {
			return NameError(problem.InboxNameTaken, other.Name)
		}
	}
	m.all[r.ID] = r
	return nil
}

func (m *memoryRecords) RemoveInbox(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, id)
	return nil
}
