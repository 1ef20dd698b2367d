package ledger

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// remembered is how many records a process keeps that nobody is at any more.
const remembered = 10_000

// memory is the store of one process.
type memory struct {
	mu sync.Mutex
	// running has the keys under lease, each with its record or nil. These are
	// never evicted; the others make way for newer ones.
	running map[string]*kept
	ended   *simplelru.LRU[string, *kept]
}

type kept struct {
	data  []byte
	until time.Time
}

func newMemory() *memory {
	ended, err := simplelru.NewLRU[string, *kept](remembered, nil)
	if err != nil {
		panic(err) // it only refuses a size below one
	}
	return &memory{running: make(map[string]*kept), ended: ended}
}

func (m *memory) close() {}

func (m *memory) get(_ context.Context, key string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.find(key)
	if k == nil || !time.Now().Before(k.until) {
		return nil, false, nil
	}
	return k.data, true, nil
}

// find does not make what has ended younger: the oldest goes first however
// often it is looked at.
func (m *memory) find(key string) *kept {
	if k, ok := m.running[key]; ok {
		return k
	}
	k, _ := m.ended.Peek(key)
	return k
}

func (m *memory) set(_ context.Context, key string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := &kept{data: data, until: time.Now().Add(keepFor)}
	if _, ok := m.running[key]; ok {
		m.running[key] = k
		return nil
	}
	m.ended.Add(key, k)
	return nil
}

func (m *memory) delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.running[key]; ok {
		m.running[key] = nil
	}
	m.ended.Remove(key)
	return nil
}

func (m *memory) lease(_ context.Context, key string) (lease, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.running[key]; ok {
		return nil, errTaken
	}
	m.running[key] = m.find(key)
	m.ended.Remove(key)
	return &memoryLease{m, key}, nil
}

type memoryLease struct {
	memory *memory
	key    string
}

func (h *memoryLease) renew(context.Context) error { return nil }

func (h *memoryLease) end() {
	m := h.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.running[h.key]
	delete(m.running, h.key)
	if k != nil {
		m.dropExpired()
		m.ended.Add(h.key, k)
	}
}

// dropExpired looks at the oldest alone, so that a write does not pay for all.
func (m *memory) dropExpired() {
	for {
		key, k, ok := m.ended.GetOldest()
		if !ok || time.Now().Before(k.until) {
			return
		}
		m.ended.Remove(key)
	}
}
