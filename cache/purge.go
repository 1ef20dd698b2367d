package cache

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Purge forgets all of a scope, in both tiers of this process and of every
// replica that shares its Redis, and reports whether all of them have. A fetch
// under way when it is called still answers those who wait for it but is not
// kept, anywhere. It costs Redis the same whatever there
// is: what is forgotten stays there until its time is over, and nobody reads it.
//
// It never fails. Where Redis is silent, or a replica does not answer in time,
// it reports false before that is done, and Unacknowledged counts it: a silent
// Redis and those behind it are told when it answers again.
func (c *Cache) Purge(ctx context.Context, scope Scope) (acknowledged bool) {
	if scope.Source == "" {
		scope.Tenant = ""
	}
	number := c.purgeHere(scope)
	if c.redis == nil || c.purgeElsewhere(ctx, scope, number) {
		return true
	}
	c.unacknowledged.Add(1)
	slog.WarnContext(ctx, "not every replica has acknowledged a purge; it may show what was purged for a while", "source", scope.Source)
	return false
}

// purgeHere raises the epoch of a scope beyond all that this process knows of.
func (c *Cache) purgeHere(scope Scope) (number uint64) {
	c.raise(func(e *epochs) *epochs {
		number = e.next()
		return e.raised(scope, number)
	})
	return number
}

// purgeElsewhere has Redis raise it, beyond all that any process knows of, and
// tells the replicas.
func (c *Cache) purgeElsewhere(ctx context.Context, scope Scope, number uint64) bool {
	id := c.awaited.add()
	defer c.awaited.remove(id)
	p := c.newPurge(scope, number, id)
	if !c.redis.await(ctx, c.redis.queue(write{kind: purging, purge: p})) || !p.stored || p.heard < 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, acknowledgeWithin)
	defer cancel()
	return c.awaited.reach(ctx, id, p.heard)
}

// newPurge makes the purge that is told, and acknowledged, under id.
func (c *Cache) newPurge(scope Scope, number, id uint64) *purge {
	return &purge{scope: scope, number: number, raised: func(number uint64) string {
		c.raise(func(e *epochs) *epochs { return e.raised(scope, number) })
		text, _ := json.Marshal(notice{Purge: &purgeNotice{ // strings and numbers
			ID: id, From: c.address, Source: scope.Source, Tenant: scope.Tenant, Epoch: number,
		}})
		return string(text)
	}}
}

// purgeNotice is what is told about a Purge. It has a sender of its own: a
// version of the program that knows no purges finds none in the notice, and does
// not acknowledge what it has not done.
type purgeNotice struct {
	ID     uint64 `json:"id"`
	From   string `json:"from"`
	Source string `json:"source,omitempty"`
	Tenant string `json:"tenant,omitempty"`
	Epoch  uint64 `json:"epoch"`
}

// obeyPurge purges what a replica says, and acknowledges it.
func (c *Cache) obeyPurge(n *purgeNotice) {
	scope := Scope{n.Source, n.Tenant}
	if n.From == c.address {
		c.raise(func(e *epochs) *epochs { return e.raised(scope, n.Epoch) })
		c.awaited.acknowledge(n.ID)
		return
	}
	ahead := false
	c.raise(func(e *epochs) *epochs {
		if ahead = e.isBeyond(scope, n.Epoch); ahead {
			return e.raised(scope, e.next())
		}
		return e.raised(scope, n.Epoch)
	})
	if ahead {
		_ = c.learnEpochs() // brings it back to Redis; noted as a fault, and tried again
	}
	c.redis.queueSweep(&sweep{channel: n.From, text: func() string { return strconv.FormatUint(n.ID, 10) }})
}

// epochsName is the hash that holds the epoch of each scope, and the last one.
const (
	epochsName = "tributary:epochs"
	lastField  = "last" // which is no scope's, for those have a colon
)

func (s Scope) field() string { return s.Source + ":" + s.Tenant }

// raiseEpoch sets the field ARGV[1] to ARGV[2], or higher where there was one as
// high before. A purge of everything makes all others pointless.
const raiseEpoch = `
local last = tonumber(redis.call('HGET', KEYS[1], 'last') or '0')
local epoch = string.format('%.0f', math.max(last + 1, tonumber(ARGV[2])))
if ARGV[1] == ':' then
  redis.call('DEL', KEYS[1])
end
redis.call('HSET', KEYS[1], 'last', epoch, ARGV[1], epoch)
return epoch`

// bringBack sets fields to the values behind them, unless they are higher.
const bringBack = `
for i = 1, #ARGV, 2 do
  if tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or '0') < tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
return 1`

// purge is a scope's epoch on its way to Redis and to the replicas.
type purge struct {
	scope  Scope
	number uint64 // the epoch is no lower
	// raised is given the epoch, and returns what to tell.
	raised func(number uint64) string
	stored bool // Redis has taken it
	heard  int  // by how many; negative where Redis refused to tell them
}

// purge carries out a batch of purges.
func (r *Redis) purge(list []write) error {
	raised := make([]*redis.Cmd, len(list))
	told := make([]*redis.IntCmd, len(list))
	err := r.inOrder(
		func(ctx context.Context, pipe redis.Pipeliner) {
			for i, w := range list {
				raised[i] = pipe.Eval(ctx, raiseEpoch, []string{epochsName}, w.purge.scope.field(), w.purge.number)
			}
		},
		func(ctx context.Context, pipe redis.Pipeliner) {
			for i, w := range list {
				if number, err := raised[i].Uint64(); err == nil {
					w.purge.number, w.purge.stored = number, true
				}
				told[i] = r.tell(ctx, pipe, dropsChannel, w.purge.raised(w.purge.number))
			}
		},
	)
	for i, w := range list {
		w.purge.heard = -1
		if told[i] != nil && told[i].Err() == nil {
			w.purge.heard = int(told[i].Val())
		}
	}
	return err
}

// epochs is what Redis has of them.
func (r *Redis) epochs(ctx context.Context) (map[string]string, error) {
	within, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	stored, err := r.client.HGetAll(within, epochsName).Result()
	r.note(ctx, err)
	return stored, err
}

// learnEpochs takes in what Redis has of them, and brings back to it what it has
// lost. Until it has succeeded once nothing is looked up in Redis. A Redis that
// refuses it is used all the same, as long as each entry lives.
func (c *Cache) learnEpochs() error {
	stored, err := c.redis.epochs(c.background)
	if err != nil && !isRefusal(err) {
		return err
	}
	c.raise(func(e *epochs) *epochs {
		for field, text := range stored {
			source, tenant, isScope := strings.Cut(field, ":")
			if number, err := strconv.ParseUint(text, 10, 53); err == nil && isScope { // what is no number, nobody set
				e = e.raised(Scope{source, tenant}, number)
			}
		}
		return e
	})
	c.learnt.Store(true)
	if err == nil {
		c.bringBack(stored)
	}
	return nil
}

func (c *Cache) bringBack(stored map[string]string) {
	var lost []any
	compare := func(field string, number uint64) {
		if had, _ := strconv.ParseUint(stored[field], 10, 64); had < number {
			lost = append(lost, field, number)
		}
	}
	known := c.epochs.Load()
	known.each(func(scope Scope, number uint64) { compare(scope.field(), number) })
	if len(lost) == 0 {
		return
	}
	compare(lastField, known.last)
	ctx, cancel := context.WithTimeout(c.background, c.redis.timeout)
	defer cancel()
	c.redis.note(c.background, c.redis.client.Eval(ctx, bringBack, []string{epochsName}, lost...).Err())
}

// relearn is how often epochs are looked at: a Redis that was emptied or put back
// to an older state is brought up to date, and one that evicts what nobody uses
// keeps them.
const relearn = 10 * time.Second

func (c *Cache) keepEpochs() {
	tick := time.NewTicker(relearn)
	defer tick.Stop()
	for {
		select {
		case <-c.background.Done():
			return
		case <-c.redis.stopping:
			return
		case <-tick.C:
		}
		if !c.redis.gate.isShut() {
			_ = c.learnEpochs() // noted as a fault; the next tick tries again
		}
	}
}
