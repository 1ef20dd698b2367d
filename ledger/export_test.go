package ledger

// What only tests look at from outside.

// Remembered is how many ended records a process keeps.
const Remembered = remembered

// Kept is how many records l, in memory, keeps that nobody is at any more.
func Kept(l *Ledger) int {
	m := l.store.(*memory)
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ended.Len()
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
