package gateway_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// dam is the vendors; while it is shut, what is asked of them waits.
type dam struct {
	next    http.Handler
	waiting atomic.Int64
	left    atomic.Int64 // requests whose sender went while they waited

	mu   sync.Mutex
	gate chan struct{} // nil while it is open
}

func (d *dam) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gate = make(chan struct{})
}

func (d *dam) open() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gate != nil {
		close(d.gate)
	}
	d.gate = nil
}

func (d *dam) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	gate := d.gate
	d.mu.Unlock()
	if gate != nil && !strings.HasPrefix(r.URL.Path, "/_sandbox") {
		d.waiting.Add(1)
		defer d.waiting.Add(-1)
		select {
		case <-gate:
		case <-r.Context().Done():
			d.left.Add(1)
			return
		}
	}
	d.next.ServeHTTP(w, r)
}
