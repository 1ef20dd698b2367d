package main

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tributary/bench"
)

// cell is one server that is asked one query.
type cell struct {
	row
	address  string
	id       int // of the process
	requests [][]byte
	expected []byte       // the answer without ages; nil for any without an error
	calls    func() int64 // that the vendors have got
	isCached bool         // answers take no calls once warm
	isKept   bool         // and are kept whole

	next    atomic.Int64 // the request that is sent next
	clients []*asker
}

// asker is one connection and what it saw.
type asker struct {
	*bench.Client
	answer bytes.Buffer
	right  []byte // the last answer that was right, ages included
	times  []time.Duration
}

// prepare connects, and asks until the answers are what they stay.
func (c *cell) prepare(connections int) error {
	if err := c.connect(connections); err != nil {
		return err
	}
	if err := c.warm(); err != nil {
		return err
	}
	return resetPeak(c.id)
}

// connect has every client ask at once: a connection that sends nothing for long
// is ended by the gateway.
func (c *cell) connect(connections int) error {
	for range connections {
		client, err := bench.Dial(c.address)
		if err != nil {
			return err
		}
		c.clients = append(c.clients, &asker{Client: client})
	}
	return c.each()
}

// each has every client ask once.
func (c *cell) each() error {
	return c.together(func(a *asker) (bool, error) {
		_, err := c.ask(a, c.next.Add(1)-1)
		return false, err
	})
}

func (c *cell) end() {
	for _, a := range c.clients {
		a.Close()
	}
}

// warm asks until no answer takes a call, and then every request where whole
// answers are kept.
func (c *cell) warm() error {
	if !c.isCached {
		return nil
	}
	const most = 20
	for range most {
		before := c.calls()
		if err := c.each(); err != nil {
			return err
		}
		if c.calls() > before {
			continue
		}
		if c.isKept {
			return c.pass()
		}
		return nil
	}
	return fmt.Errorf("after %d times answers still take calls", most)
}

// pass asks every request once.
func (c *cell) pass() error {
	last := c.next.Load() + int64(len(c.requests))
	err := c.together(func(a *asker) (bool, error) {
		i := c.next.Add(1) - 1
		if i >= last {
			return false, nil
		}
		_, err := c.ask(a, i)
		return true, err
	})
	c.next.Store(last)
	return err
}

// round asks for so long, and adds what it took. An answer that shows ages is kept
// for a second, so that a round of less says little of kept answers, and those that
// ended while others were measured are made again first.
func (c *cell) round(during time.Duration) error {
	if c.isKept {
		if err := c.pass(); err != nil {
			return err
		}
	}
	calls := c.calls()
	used, err := cpu(c.id)
	if err != nil {
		return err
	}
	begun := time.Now()
	n := -c.answers()
	err = c.together(func(a *asker) (bool, error) {
		took, err := c.ask(a, c.next.Add(1)-1)
		a.times = append(a.times, took)
		return time.Since(begun) < during, err
	})
	took := time.Since(begun)
	if err != nil {
		return err
	}
	after, err := cpu(c.id)
	if err != nil {
		return err
	}
	n += c.answers()
	c.n += n
	c.upstream += c.calls() - calls
	c.rate = max(c.rate, float64(n)/took.Seconds())
	if each := (after - used) / time.Duration(n); c.cpu == 0 || each < c.cpu {
		c.cpu = each
	}
	c.p50, c.p99 = c.percentiles()
	c.peak, err = peak(c.id)
	return err
}

// together has all clients do something until they have done enough.
func (c *cell) together(do func(*asker) (more bool, err error)) error {
	faults := make([]error, len(c.clients))
	var running sync.WaitGroup
	for i, a := range c.clients {
		running.Go(func() {
			for more := true; more && faults[i] == nil; {
				more, faults[i] = do(a)
			}
		})
	}
	running.Wait()
	return cmp.Or(faults...)
}

// ask sends the request of a number, looks at the answer, and returns how long it
// took to come.
func (c *cell) ask(a *asker, number int64) (took time.Duration, err error) {
	a.answer.Reset()
	begun := time.Now()
	if _, err := a.Send(c.requests[number%int64(len(c.requests))], &a.answer); err != nil {
		return 0, err
	}
	took = time.Since(begun)
	answer := a.answer.Bytes()
	if bytes.Equal(answer, a.right) {
		return took, nil
	}
	a.right = append(a.right[:0], answer...)
	return took, c.check(answer)
}

func (c *cell) check(answer []byte) error {
	if isWrong(answer) {
		return fmt.Errorf("the answer is wrong: %.300s", answer)
	}
	if c.expected != nil && !bytes.Equal(bench.WithoutAges(answer), c.expected) {
		return fmt.Errorf("the answer is %.300s and the first was %.300s", answer, c.expected)
	}
	return nil
}

// isWrong reports whether an answer has errors, or no subscription.
func isWrong(answer []byte) bool {
	return bytes.Contains(answer, []byte(`"errors"`)) || bytes.Contains(answer, []byte(`"subscription":null`)) || bytes.Contains(answer, []byte(`"a0":null`))
}

func (c *cell) answers() int {
	n := 0
	for _, a := range c.clients {
		n += len(a.times)
	}
	return n
}

func (c *cell) percentiles() (p50, p99 time.Duration) {
	var all []time.Duration
	for _, a := range c.clients {
		all = append(all, a.times...)
	}
	slices.Sort(all)
	return all[(len(all)-1)*50/100], all[(len(all)-1)*99/100]
}

// ask is one answer over a connection of its own.
func ask(address string, request []byte) ([]byte, error) {
	client, err := bench.Dial(address)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	var answer bytes.Buffer
	if _, err := client.Send(request, &answer); err != nil {
		return nil, err
	}
	if isWrong(answer.Bytes()) {
		return nil, fmt.Errorf("the answer is wrong: %.300s", answer.Bytes())
	}
	return answer.Bytes(), nil
}
