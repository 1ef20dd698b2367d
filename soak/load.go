package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// patience is how long one exchange may take, and how long until all is well
	// when nothing fails any more.
	patience = 40 * time.Second
	// pace is the least time between two queries of a client.
	pace = 10 * time.Millisecond
)

// load is the clients and what they know to be true.
type load struct {
	system  *system
	seed    uint64
	queries []query
	truths  map[string]any // data by query
	found   *findings
	kept    *kept
	bought  []*purchase // of written, in its order
	spells  uint64
}

// purchase is how many seats of a subscription are bought. The lock is there to
// read both at once.
type purchase struct {
	mu        sync.Mutex
	confirmed int64 // the gateway said so
	wanted    int64 // the most that was ever asked for
	at        time.Time
}

func (p *purchase) now() (confirmed, wanted int64, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.confirmed, p.wanted, p.at
}

// reply is a GraphQL answer.
type reply struct {
	Data   any `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
	raw  []byte
	took time.Duration
}

func ask(g *gateway, text string) (*reply, error) {
	body, err := json.Marshal(map[string]string{"query": text})
	if err != nil {
		return nil, err
	}
	client := http.Client{Timeout: patience}
	begun := time.Now()
	response, err := client.Post(g.url+"/graphql", "application/json", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	r := new(reply)
	if r.raw, err = io.ReadAll(response.Body); err != nil {
		return nil, err
	}
	r.took = time.Since(begun)
	if err := json.Unmarshal(r.raw, r); err != nil {
		return nil, fmt.Errorf("status %d and no JSON: %.200s", response.StatusCode, r.raw)
	}
	return r, nil
}

// newLoad asks the gateway without Redis what is true.
func newLoad(s *system, seed uint64) (*load, error) {
	l := &load{system: s, seed: seed, truths: map[string]any{}, found: newFindings(), kept: &kept{log: s.log, answers: map[string]record{}}}
	everything, err := ask(s.plain, `{ subscriptions(first: 100) { nodes { id } } accounts { nodes { id } } }`)
	if err != nil {
		return nil, err
	}
	var all struct {
		Data struct {
			Subscriptions, Accounts struct{ Nodes []struct{ ID string } }
		}
	}
	if err := json.Unmarshal(everything.raw, &all); err != nil || len(all.Data.Subscriptions.Nodes) < 30 {
		return nil, fmt.Errorf("the sandbox holds too little: %.500s (%v)", everything.raw, err)
	}
	var ids, accounts []string
	for _, node := range all.Data.Subscriptions.Nodes {
		ids = append(ids, node.ID)
	}
	for _, node := range all.Data.Accounts.Nodes {
		accounts = append(accounts, node.ID)
	}
	l.queries = queriesAbout(ids, accounts, rand.New(rand.NewPCG(seed, 0)))
	for _, q := range l.queries {
		truth, err := ask(s.plain, q.text)
		if err != nil {
			return nil, err
		}
		if len(truth.Errors) > 0 {
			return nil, fmt.Errorf("the gateway without Redis answers %.500s", truth.raw)
		}
		l.truths[q.text] = truth.Data
	}
	for _, id := range written {
		truth, err := ask(s.plain, fmt.Sprintf(`{ subscription(id: %q) { seats { purchased } } }`, id))
		if err != nil {
			return nil, err
		}
		seats, ok := number(truth.Data, "subscription", "seats", "purchased")
		if !ok {
			return nil, fmt.Errorf("%s has no seats: %s", id, truth.raw)
		}
		l.bought = append(l.bought, &purchase{confirmed: seats, wanted: seats})
	}
	return l, nil
}

// number is a whole number in decoded JSON.
func number(in any, path ...string) (int64, bool) {
	for _, name := range path {
		object, _ := in.(map[string]any)
		in = object[name]
	}
	n, ok := in.(float64)
	return int64(n), ok
}

// begin starts so many clients that read, and one for each subscription that is
// written to. end stops them.
func (l *load) begin(clients int) (end func()) {
	l.spells++
	over := make(chan struct{})
	var asking sync.WaitGroup
	for n := range clients {
		dice := rand.New(rand.NewPCG(l.seed, l.spells<<16+uint64(n))) // #nosec G115 -- it is not below zero
		asking.Go(func() {
			for pause(pace, over) {
				// The first are asked for often, so that whole answers are kept.
				which := dice.IntN(len(l.queries))
				if dice.IntN(3) == 0 {
					which = dice.IntN(5)
				}
				g := l.system.gateways[dice.IntN(len(l.system.gateways))]
				l.read(g, l.queries[which])
			}
		})
	}
	for n := range written {
		asking.Go(func() {
			for pause(700*time.Millisecond, over) {
				l.write(n)
			}
		})
	}
	asking.Go(func() { l.found.watchCircuits(l.system, over) })
	var once sync.Once
	return func() {
		once.Do(func() { close(over) })
		asking.Wait()
	}
}

// read asks once and judges the answer.
func (l *load) read(g *gateway, q query) {
	begun, forgotten, before := time.Now(), l.system.log.forgotten.Load(), l.boughtBefore(g)
	r, err := ask(g, q.text)
	if err != nil {
		l.found.fail("no answer", g.name+": "+err.Error())
		return
	}
	c := l.compare(r, l.truths[q.text], before)
	l.found.answered(c)
	for _, wrong := range c.wrong {
		l.found.fail("wrong answer", fmt.Sprintf("%s, %s: %s to %.150s", g.name, time.Now().Format("15:04:05.000"), wrong, q.text))
	}
	if q.changes {
		return
	}
	if len(r.Errors) == 0 {
		l.kept.note(g, q, forgotten)
		return
	}
	switch was, is := l.kept.has(g, q, begun); {
	case was && !is:
		l.found.count("errors for what was let go")
	case is:
		l.found.fail("failed though an answer was kept", fmt.Sprintf("%s, %s after %v: %v to %.150s", g.name, time.Now().Format("15:04:05.000"), r.took, c.codes(), q.text))
	}
}

// boughtBefore is what was bought before a question to a gateway, of each of
// written: what the answer shows at least. A replica that may not have heard of
// a write may show what was before, so nothing is asked of it.
func (l *load) boughtBefore(g *gateway) []int64 {
	least := make([]int64, len(written))
	for n, p := range l.bought {
		confirmed, _, at := p.now()
		if g == l.system.gateways[n] || l.system.redisHasBeenWellSince(at.Add(-hearing)) {
			least[n] = confirmed
		}
	}
	return least
}

// hearing is how long it may take until replicas hear each other again.
const hearing = 15 * time.Second

func (s *system) redisHasBeenWellSince(at time.Time) bool {
	return !s.redisIsIll.Load() && time.Unix(0, max(s.redisWell.Load(), s.log.deaf.Load())).Before(at)
}

// write buys one seat more than was ever asked for.
func (l *load) write(n int) {
	g, p := l.system.gateways[n], l.bought[n]
	p.mu.Lock()
	p.wanted = max(p.wanted+1, 100)
	seats := p.wanted
	p.mu.Unlock()
	r, err := ask(g, fmt.Sprintf(`mutation { changeSubscription(input: { id: %q, seats: %d }) { subscription { seats { purchased } } userErrors { code } } }`, written[n], seats))
	if err != nil {
		l.found.fail("no answer", g.name+": "+err.Error())
		return
	}
	shown, ok := number(r.Data, "changeSubscription", "subscription", "seats", "purchased")
	switch {
	case len(r.Errors) > 0:
		code, _ := r.Errors[0].Extensions["code"].(string)
		l.found.count("writes " + code)
	case strings.Contains(string(r.raw), `"CONFLICT"`): // its lease was flushed; nothing was sent
		l.found.count("writes CONFLICT")
	case !ok || shown != seats:
		l.found.fail("a write is answered wrongly", string(r.raw))
	default:
		l.found.count("writes made")
		p.mu.Lock()
		defer p.mu.Unlock()
		p.confirmed, p.at = seats, time.Now()
	}
}

// expectAllWell waits until both gateways answer all lists, in which every
// subscription is, without a source that is down.
func (l *load) expectAllWell() {
	var asking sync.WaitGroup
	for _, g := range l.system.gateways {
		asking.Go(func() {
			for _, q := range l.queries {
				if strings.Contains(q.text, "completeness") {
					l.expectWell(g, q)
				}
			}
		})
	}
	asking.Wait()
}

func (l *load) expectWell(g *gateway, q query) {
	for deadline := time.Now().Add(patience); ; {
		r, err := ask(g, q.text)
		if err == nil {
			c := l.compare(r, l.truths[q.text], make([]int64, len(written)))
			if len(r.Errors) == 0 && len(c.wrong) == 0 && !c.isDown {
				return
			}
			err = fmt.Errorf("%v %v, down %t", c.codes(), c.wrong, c.isDown)
		}
		if time.Now().After(deadline) {
			l.found.fail("not well after all faults", fmt.Sprintf("%s: %v to %.150s", g.name, err, q.text))
			return
		}
		<-time.After(50 * time.Millisecond)
	}
}
