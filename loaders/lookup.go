package loaders

// lookup is a map that costs little for a few keys, as most operations have.
type lookup[K comparable, V any] struct {
	keys   []K
	values []V
	many   map[K]int // their places; nil for a few
}

// few is how many keys are compared one by one.
const few = 8

func (l *lookup[K, V]) get(key K) (value V, ok bool) {
	if l.many != nil {
		at, ok := l.many[key]
		if ok {
			value = l.values[at]
		}
		return value, ok
	}
	for i := range l.keys {
		if l.keys[i] == key {
			return l.values[i], true
		}
	}
	return value, false
}

// put adds a key that is not there yet.
func (l *lookup[K, V]) put(key K, value V) {
	l.keys, l.values = append(l.keys, key), append(l.values, value)
	switch {
	case l.many != nil:
		l.many[key] = len(l.keys) - 1
	case len(l.keys) > few:
		l.many = make(map[K]int, 2*few)
		for i, known := range l.keys {
			l.many[known] = i
		}
	}
}
