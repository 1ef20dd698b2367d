package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// load is the clients and what they know to be true.
type load struct {
	system *system
	table  *table
	truths map[string]string // answers by query, of what nobody writes to

	// One client buys seats, more each time: what it has been told is bought, and
	// what it has asked for at most.
	bought, wanted atomic.Int64
	keys           int64 // of its writes that were answered
	doubts         int   // of them that a dead replica may have sent or not

	failingOver atomic.Bool // replicas may not hear of each other's writes

	stop   chan struct{}
	ending sync.Once
	asking sync.WaitGroup
}

const written = "subscription/psa/683"

func about(id string) string {
	return fmt.Sprintf(`{ subscription(id: %q) { id status plan { name } seats { purchased } } }`, id)
}

// newLoad asks the gateway without Redis what is true.
func newLoad(s *system) (*load, error) {
	l := &load{system: s, table: newTable(), truths: map[string]string{}, stop: make(chan struct{})}
	c := l.client(0)
	for n := range 12 {
		for _, id := range []string{fmt.Sprintf("subscription/focus/%d", 4711+n), fmt.Sprintf("subscription/psa/%d", 684+n)} {
			got, err := c.askOf(s.plain, about(id))
			if err != nil {
				return nil, err
			}
			if code := got.code(); code != "" {
				return nil, fmt.Errorf("the gateway without Redis answers %s", got.raw)
			}
			l.truths[about(id)] = string(got.raw)
		}
	}
	return l, nil
}

// begin starts so many clients that read, one that writes, and one that watches
// who is ready.
func (l *load) begin(clients int) {
	for n := range clients {
		l.asking.Go(func() { l.read(l.client(n)) })
	}
	l.asking.Go(func() { l.write(l.client(clients)) })
	l.asking.Go(l.watch)
}

// end stops all clients.
func (l *load) end() {
	l.ending.Do(func() { close(l.stop) })
	l.asking.Wait()
}

func (l *load) isOver() bool {
	select {
	case <-l.stop:
		return true
	default:
		return false
	}
}

// read reads what never changes and, in between, what is written to.
func (l *load) read(c *client) {
	for {
		for query, truth := range l.truths {
			if l.isOver() {
				return
			}
			got, err := c.ask(query)
			switch {
			case err != nil:
				l.table.fail("no answer", err.Error())
			case string(got.raw) != truth:
				l.table.fail("wrong answer", fmt.Sprintf("%s instead of %s", got.raw, truth))
			}
		}
		l.readWritten(c)
	}
}

// readWritten expects what was bought before it asked, or something newer. An
// older answer is counted apart: while Redis is silent replicas do not hear of
// each other's writes, which lasts as long as an answer is fresh at most.
func (l *load) readWritten(c *client) {
	before := l.bought.Load()
	got, err := c.ask(about(written))
	if err != nil {
		l.table.fail("no answer", err.Error())
		return
	}
	seats, err := seatsIn(got.Data, "subscription")
	switch {
	case err != nil || got.code() != "" || seats > l.wanted.Load():
		l.table.fail("wrong answer", string(got.raw))
	case seats >= before:
	case l.failingOver.Load():
		l.table.count("older than a write")
	default:
		l.table.fail("older than a write", string(got.raw))
	}
}

func seatsIn(data json.RawMessage, field string) (int64, error) {
	type subscription struct {
		Seats struct{ Purchased int64 }
	}
	var d map[string]json.RawMessage
	if err := json.Unmarshal(data, &d); err != nil {
		return 0, err
	}
	var s subscription
	err := json.Unmarshal(d[field], &s)
	return s.Seats.Purchased, err
}

// write buys seats with a key for each purchase, and repeats one that was not
// made with its key until it is.
func (l *load) write(c *client) {
	for seats := int64(100); ; seats++ {
		l.wanted.Store(seats)
		query := fmt.Sprintf(`mutation { changeSubscription(input: { id: %q, seats: %d, idempotencyKey: "seats %d" }) {
			subscription { seats { purchased } } userErrors { code message } } }`, written, seats, seats)
		for {
			if l.isOver() {
				return
			}
			got, err := c.ask(query)
			if err != nil {
				l.table.fail("no answer", err.Error())
				break
			}
			if l.isMade(got, seats) {
				break
			}
			<-time.After(50 * time.Millisecond)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// isMade reports whether a write needs no repetition.
func (l *load) isMade(got *reply, seats int64) bool {
	switch code := got.code(); {
	case code == "INTERNAL" && strings.Contains(got.Errors[0].Message, "nothing was sent"):
		l.table.count("write refused without Redis") // which the error says, and to repeat it
		return false
	case code == "OUTCOME_UNKNOWN" && l.mayDoubt():
		// The replica that began it died, and its key tells no more than that; what is
		// seen at the source says which of the two it was.
		l.doubts++
		l.table.count("outcome unknown")
		if got.Errors[0].Extensions["seen"] == "NOT_DONE" {
			return true
		}
	case code != "":
		l.table.fail("a write failed", string(got.raw))
		return true
	}
	var data struct {
		ChangeSubscription struct {
			Subscription struct{ Seats struct{ Purchased int64 } }
			UserErrors   []struct{ Code string }
		}
	}
	if err := json.Unmarshal(got.Data, &data); err != nil || data.ChangeSubscription.Subscription.Seats.Purchased != seats {
		l.table.fail("a write failed", string(got.raw))
		return true
	}
	l.keys++
	l.bought.Store(seats)
	return true
}

// mayDoubt reports whether a write may be in doubt: one that was under way when
// its replica was killed, for there is one at a time, or while Redis fails over.
func (l *load) mayDoubt() bool {
	killed := 0
	for _, r := range l.system.replicas {
		if r.killed.Load() {
			killed++
		}
	}
	return l.failingOver.Load() || l.doubts < killed
}

// watch asks each replica whether it is ready, as a balancer does.
func (l *load) watch() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
		}
		for _, r := range l.system.replicas {
			l.noticesLeaving(r)
		}
	}
}

// noticesLeaving asks a replica whether it is ready, and leaves it where not.
func (l *load) noticesLeaving(r *replica) bool {
	c := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := c.Get(r.url + "/readyz")
	if err == nil {
		response.Body.Close()
	}
	if err != nil || response.StatusCode != http.StatusOK {
		r.leaving.Store(true)
	}
	return r.leaving.Load()
}

// kill ends a replica as a power cut does.
func (l *load) kill(r *replica) {
	r.killed.Store(true)
	r.process.command.Process.Kill()
	<-r.process.ended
}

// failOver has the replica of a Redis master take over, the one by which the
// gateways tell each other of writes.
// It is over when all of them hear each other again.
func (l *load) failOver() {
	l.failingOver.Store(true)
	l.system.redis.Failover(dropsChannel)
	client := l.system.redis.Client()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(patience)
	for {
		var hearing atomic.Int64
		err := client.ForEachMaster(context.Background(), func(ctx context.Context, master *redis.Client) error {
			counts, err := master.PubSubShardNumSub(ctx, dropsChannel).Result()
			hearing.Add(counts[dropsChannel])
			return err
		})
		if err == nil && hearing.Load() == int64(len(l.system.replicas)) {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			l.table.fail("deaf", fmt.Sprintf("%d replicas hear of writes again (%v)", hearing.Load(), err))
			return
		}
	}
}

const dropsChannel = "tributary:{drops}"

// drain asks a replica to end, and waits until it has.
func (l *load) drain(r *replica) {
	r.process.command.Process.Signal(syscall.SIGTERM)
	<-r.process.ended
}

// report prints the table and, where the sandbox was written to more often than
// there were writes, that.
func (l *load) report(out io.Writer) (bool, error) {
	response, err := http.Get(l.system.sandbox + "/_sandbox/calls")
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	var counts struct{ Writes map[string]int64 }
	if err := json.NewDecoder(response.Body).Decode(&counts); err != nil {
		return false, err
	}
	made := counts.Writes["productive"]
	if made < l.keys || made > l.keys+1 { // the last may have been made and not been answered
		l.table.fail("written twice", fmt.Sprintf("%d writes with a key each reached the source %d times", l.keys, made))
	}
	fmt.Fprintf(out, "%d writes with a key each reached the source %d times.\n\n", l.keys, made)
	return l.table.print(out), nil
}
