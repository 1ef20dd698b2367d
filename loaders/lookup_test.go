package loaders

import "testing"

func TestALookupFindsWhatWasPutHoweverMuchItIs(t *testing.T) {
	var l lookup[int, int]
	for i := range 3 * few {
		if _, ok := l.get(i); ok {
			t.Fatalf("%d is there before it was put", i)
		}
		l.put(i, -i)
		for j := range i + 1 {
			if value, ok := l.get(j); !ok || value != -j {
				t.Fatalf("of %d keys, %d has %d, %v", i+1, j, value, ok)
			}
		}
	}
}
