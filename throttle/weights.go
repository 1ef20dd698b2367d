package throttle

import "sync"

// Weights bounds what all hold together, and what each may of it, such as bytes
// in memory. It is safe for concurrent use.
type Weights struct {
	most     int64
	mostEach int64

	mu   sync.Mutex
	all  int64
	each map[string]int64 // by name; only of those that hold something
}

// NewWeights bounds the sum by most and each by mostEach; 0 is no bound.
func NewWeights(most, mostEach int64) *Weights {
	return &Weights{most: most, mostEach: mostEach, each: map[string]int64{}}
}

// Take lets who hold so much more, where ok; give is then to be called once. Who
// holds nothing yet may always take as much as one may at most hold.
func (w *Weights) Take(who string, weight int64) (give func(), ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	held := w.each[who]
	if w.most > 0 && w.all > 0 && w.all+weight > w.most || w.mostEach > 0 && held > 0 && held+weight > w.mostEach {
		return nil, false
	}
	w.all += weight
	w.each[who] += weight
	return func() { w.give(who, weight) }, true
}

func (w *Weights) give(who string, weight int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all -= weight
	if w.each[who] -= weight; w.each[who] == 0 {
		delete(w.each, who)
	}
}

// Held is what all hold.
func (w *Weights) Held() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all
}
