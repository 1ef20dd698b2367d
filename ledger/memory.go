package ledger

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// memory is the store of one process.
type memory struct {
	mu     sync.Mutex
	leased map[string]struct{}
	// all and owned have the keys that count, the oldest first. They evict
	// nothing: what would go beyond the quota is refused by take.
	all   *queue
	owned map[string]*queue // by owner
}

type queue = simplelru.LRU[string, *kept]

type kept struct {
	name
	data  []byte // nil before the first set
	until time.Time
}

func newQueue() *queue {
	q, err := simplelru.NewLRU[string, *kept](math.MaxInt, nil)
	if err != nil {
		panic(err) // it only refuses a size below one
	}
	return q
}

func newMemory() *memory {
	return &memory{leased: make(map[string]struct{}), all: newQueue(), owned: make(map[string]*queue)}
}

func (m *memory) close() {}

func (m *memory) get(_ context.Context, key string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, found := m.find(key)
	return data, found, nil
}

// find does not make a key younger: the oldest goes first however often it is
// looked at.
func (m *memory) find(key string) ([]byte, bool) {
	k, ok := m.all.Peek(key)
	if !ok || k.data == nil || !time.Now().Before(k.until) {
		return nil, false
	}
	return k.data, true
}

func (m *memory) take(_ context.Context, n name) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropExpired()
	data, found := m.find(n.key)
	if !found {
		if err := m.room(n); err != nil {
			return nil, false, err
		}
		m.put(n, nil)
	}
	return data, found, nil
}

// room is nil where the key may be counted.
func (m *memory) room(n name) error {
	if m.all.Contains(n.key) {
		return nil
	}
	own := m.owned[n.owner]
	switch {
	case own != nil && own.Len() >= ownersInMemory:
		_, oldest, _ := own.GetOldest()
		return &FullError{Keys: own.Len(), Until: oldest.until}
	case m.all.Len() >= allInMemory:
		_, oldest, _ := m.all.GetOldest()
		return &FullError{Keys: m.all.Len(), All: true, Until: oldest.until}
	}
	return nil
}

func (m *memory) set(_ context.Context, n name, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(n, data)
	return nil
}

// put makes the key the youngest.
func (m *memory) put(n name, data []byte) {
	k := &kept{name: n, data: data, until: time.Now().Add(keepFor)}
	if m.owned[n.owner] == nil {
		m.owned[n.owner] = newQueue()
	}
	m.all.Add(n.key, k)
	m.owned[n.owner].Add(n.key, k)
}

func (m *memory) forget(_ context.Context, n name) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(n)
	return nil
}

func (m *memory) drop(n name) {
	m.all.Remove(n.key)
	if own := m.owned[n.owner]; own != nil {
		own.Remove(n.key)
		if own.Len() == 0 {
			delete(m.owned, n.owner)
		}
	}
}

// dropExpired looks at the oldest alone, so that a write does not pay for all.
func (m *memory) dropExpired() {
	for {
		_, k, ok := m.all.GetOldest()
		if !ok || time.Now().Before(k.until) {
			return
		}
		m.drop(k.name)
	}
}

func (m *memory) lease(_ context.Context, key string) (lease, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.leased[key]; ok {
		return nil, errTaken
	}
	m.leased[key] = struct{}{}
	return &memoryLease{m, key}, nil
}

type memoryLease struct {
	memory *memory
	key    string
}

func (h *memoryLease) renew(context.Context) error { return nil }

func (h *memoryLease) end() {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	delete(h.memory.leased, h.key)
}
