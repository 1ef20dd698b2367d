// Package sandbox is the four upstream APIs, simulated over real HTTP and made
// to fail on demand, so that the gateway can be run and watched with no other
// service.
package sandbox

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tributary/sandbox/focus"
	"tributary/sandbox/frontier"
	"tributary/sandbox/intercode"
	"tributary/sandbox/productive"
)

// Sandbox is the vendors' state and the faults set on them. It is safe for
// concurrent use.
type Sandbox struct {
	now     func() time.Time
	vendors []*vendor
	control *http.ServeMux

	mu        sync.Mutex
	faults    []*fault // the oldest first
	lastFault int
	quotas    []*quota
}

// vendor is one simulated API.
type vendor struct {
	name   string // also the first segment of its paths
	source string // what the gateway's sandbox configuration calls it
	media  string // of its answers
	seeded func(now func() time.Time) http.Handler
	// reads says of a path whether a request other than GET only asks there;
	// nil where none does.
	reads func(path string) bool

	calls   atomic.Int64
	writes  atomic.Int64 // the calls that ask for a change
	handler atomic.Pointer[http.Handler]
}

func (v *vendor) reset(now func() time.Time) {
	handler := http.StripPrefix("/"+v.name, v.seeded(now))
	v.handler.Store(&handler)
	v.calls.Store(0)
	v.writes.Store(0)
}

// count takes note of a request, by its path at the vendor.
func (v *vendor) count(method, path string) {
	v.calls.Add(1)
	if method != http.MethodGet && (v.reads == nil || !v.reads(path)) {
		v.writes.Add(1)
	}
}

// ServeHTTP answers as the vendor does.
func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	(*v.handler.Load()).ServeHTTP(w, r)
}

// New makes a sandbox whose data is seeded relative to now.
func New(now func() time.Time) *Sandbox {
	s := &Sandbox{now: now, vendors: []*vendor{
		{name: "focus", source: focusSource, media: "application/json", seeded: focus.New},
		{name: "frontier", source: frontierSource, media: "application/json", seeded: frontier.New, reads: frontier.Reads},
		{name: "intercode", source: intercodeSource, media: "application/json", seeded: intercode.New},
		{name: "productive", source: productiveSource, media: "application/vnd.api+json", seeded: productive.New},
	}}
	s.control = s.controls()
	s.reset()
	return s
}

// Handler serves the vendors under /focus, /frontier, /intercode and
// /productive, and the sandbox's own controls under /_sandbox/.
func (s *Sandbox) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request) {
	// The vendors get their paths as they were sent, which a mux would clean.
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if first == "_sandbox" {
		s.control.ServeHTTP(w, r)
		return
	}
	v := s.vendor(first)
	if v == nil || v.name != first {
		refuse(w, http.StatusNotFound, "the sandbox serves /focus, /frontier, /intercode, /productive and /_sandbox")
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/"+v.name)
	v.count(r.Method, path)
	if q, left := s.exceed(v, r); q != nil {
		q.refuse(w, v, left)
		return
	}
	if f := s.strike(v, r.Method, path); f != nil {
		f.happen(w, r, v)
		return
	}
	v.ServeHTTP(w, r)
}

// vendor finds one by its name or by its source's; nil where there is none.
func (s *Sandbox) vendor(name string) *vendor {
	for _, v := range s.vendors {
		if v.name == name || v.source == name {
			return v
		}
	}
	return nil
}

// reset puts everything back as it was at the start: the seed data, seeded
// anew relative to now, no faults, no quotas, no calls counted.
func (s *Sandbox) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.quotas = nil, nil
	for _, v := range s.vendors {
		v.reset(s.now)
	}
}
