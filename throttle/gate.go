package throttle

import (
	"errors"
	"sync"

	"tributary/config"
)

// GateSettings are the configuration's key concurrency: how many requests may be
// under way at once. Past a bound a request is turned away, not kept waiting.
type GateSettings struct {
	Requests   int `yaml:"requests"`   // in all
	PerCaller  int `yaml:"perCaller"`  // of one caller
	PerAddress int `yaml:"perAddress"` // of one network address, whoever asks
}

// Defaults fills in what the file need not say. An address may be a proxy that
// stands for everybody, so it may have nearly all.
func (s *GateSettings) Defaults() { *s = GateSettings{Requests: 1024, PerCaller: 256, PerAddress: 768} }

// Validate refuses bounds that would let nobody in.
func (s *GateSettings) Validate() error {
	var faults []error
	for _, bound := range []struct {
		key string
		n   int
	}{{"requests", s.Requests}, {"perCaller", s.PerCaller}, {"perAddress", s.PerAddress}} {
		if bound.n < 1 {
			faults = append(faults, config.Invalidf(bound.key, "at least 1 request has to be let in"))
		}
	}
	return errors.Join(faults...)
}

// Gate counts what is under way, in all and by name.
type Gate struct {
	most     int
	mostEach int

	mu    sync.Mutex
	all   int
	each  map[string]int // by name; only of those that have something under way
	turns int64
}

// NewGate makes a gate that lets in most in all and mostEach of one name.
func NewGate(most, mostEach int) *Gate {
	return &Gate{most: most, mostEach: mostEach, each: map[string]int{}}
}

// Enter lets a request of a name in; leave is to be called when it is over. ok is
// false where a bound is reached.
func (g *Gate) Enter(name string) (leave func(), ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all >= g.most || g.each[name] >= g.mostEach {
		g.turns++
		return nil, false
	}
	g.all++
	g.each[name]++
	var once sync.Once
	return func() { once.Do(func() { g.leave(name) }) }, true
}

func (g *Gate) leave(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all--
	if g.each[name]--; g.each[name] == 0 {
		delete(g.each, name)
	}
}

// Inside is how many are under way.
func (g *Gate) Inside() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.all
}

// TurnedAway is how many were not let in so far.
func (g *Gate) TurnedAway() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.turns
}
