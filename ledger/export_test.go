package ledger

// What only tests look at from outside.

const (
	OwnersInMemory = ownersInMemory
	AllInMemory    = allInMemory
	OwnersInRedis  = ownersInRedis
)

// Kept is how many keys l, in memory, counts.
func Kept(l *Ledger) int {
	m := l.store.(*memory)
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all.Len()
}

// Callers is how many callers of the process have key or wait for it.
func Callers(l *Ledger, key string) int {
	l.turns.mu.Lock()
	defer l.turns.mu.Unlock()
	if turn := l.turns.of[key]; turn != nil {
		return turn.callers
	}
	return 0
}

// Readable reads a record as Redis holds it, and writes it again.
func Readable(data []byte) ([]byte, error) {
	r, err := decode(data)
	if err != nil {
		return nil, err
	}
	return r.encode()
}

// Written is a record as Redis holds it: done, or with a nil answer sending.
func Written(input, answer []byte) string {
	r := record{State: sending, Input: input}
	if answer != nil {
		r.State, r.Answer = done, answer
	}
	data, err := r.encode()
	if err != nil {
		panic(err)
	}
	return string(data)
}
