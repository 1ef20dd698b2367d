package cache

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// A process does not know the keys that other versions and tenants have of a
// subject. Redis holds a record of them: a sorted set for each subject, of keys
// by the time at which Redis will have forgotten their entries.
//
// An entry that is in Redis is always in the record: it is written down before
// it is stored, and a deletion leaves the record alone. Else a store that comes
// between the reading of a record and its deletion would never be found.

// record is the name of the subject's.
func (s Subject) record() string {
	return "tributary:of:" + s.Source + ":" + s.Entity + ":" + s.ID
}

// writeDown puts ARGV[1] into the record KEYS[1] for ARGV[2] milliseconds, or
// for longer where it is there for longer, and keeps the record as long as any
// in it. It takes one script since PEXPIRE knows GT only from Redis 7 on; the
// time is that of Redis, for the replicas' own may be apart.
const writeDown = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local till = now + ARGV[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
local before = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not before or tonumber(before) < till then
  redis.call('ZADD', KEYS[1], string.format('%.0f', till), ARGV[1])
end
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
redis.call('PEXPIREAT', KEYS[1], last)
return 1`

// afterwards is how much longer than its entry a key is in the record, since
// the entry is stored after it.
const afterwards = time.Minute

// keep stores the entries of a batch that could be written down.
func (r *Redis) keep(list []write) error {
	written := make([]*redis.Cmd, len(list))
	return r.inOrder(
		func(ctx context.Context, pipe redis.Pipeliner) {
			for i, w := range list {
				written[i] = pipe.Eval(ctx, writeDown, []string{w.key.Subject().record()}, w.key.text, (w.keep + afterwards).Milliseconds())
			}
		},
		func(ctx context.Context, pipe redis.Pipeliner) {
			for i, w := range list {
				if written[i].Err() == nil {
					pipe.Set(ctx, w.key.text, r.seal.Seal(pack(w.key, w.entry, w.plain), w.key.text), w.keep)
				}
			}
		},
	)
}

// sweep is the deletion of all that Redis holds of some subjects.
type sweep struct {
	subjects []Subject
	// known are keys of theirs that the process itself has; Redis may have
	// evicted a record and not what was in it.
	known []Key
	// channel is told text when that is done. The text is made only then.
	channel string
	text    func() string
	// heard is by how many, set before the write's done is closed; negative
	// where Redis refused to tell them.
	heard int
}

// sweep carries out a batch of sweeps.
func (r *Redis) sweep(list []write) error {
	var records []*redis.StringSliceCmd
	told := make([]*redis.IntCmd, len(list))
	err := r.inOrder(
		func(ctx context.Context, pipe redis.Pipeliner) {
			for _, w := range list {
				for _, subject := range w.sweep.subjects {
					records = append(records, pipe.ZRange(ctx, subject.record(), 0, -1))
				}
			}
		},
		func(ctx context.Context, pipe redis.Pipeliner) {
			for _, record := range records {
				for _, text := range record.Val() {
					pipe.Del(ctx, text)
				}
			}
			for _, w := range list {
				for _, key := range w.sweep.known {
					pipe.Del(ctx, key.text)
				}
			}
		},
		func(ctx context.Context, pipe redis.Pipeliner) {
			for i, w := range list {
				told[i] = r.tell(ctx, pipe, w.sweep.channel, w.sweep.text())
			}
		},
	)
	for i, w := range list {
		w.sweep.heard = -1
		if told[i] != nil && told[i].Err() == nil {
			w.sweep.heard = int(told[i].Val())
		}
	}
	return err
}

// queueSweep has a sweep carried out after all that was handed over before, as
// forget does it.
func (r *Redis) queueSweep(s *sweep) <-chan struct{} {
	return r.queue(write{kind: sweeping, sweep: s})
}

// queue hands a write to the worker that is never let go. The channel is closed
// when it is done.
func (r *Redis) queue(w write) <-chan struct{} {
	w.done = make(chan struct{})
	r.writes.mu.Lock()
	r.writes.queue = append(r.writes.queue, w)
	r.writes.mu.Unlock()
	r.nudge()
	return w.done
}

// await waits for a write, as long as a query would, and reports whether it is
// carried out.
func (r *Redis) await(ctx context.Context, done <-chan struct{}) bool {
	if r.gate.isShut() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 2*r.timeout)
	defer cancel()
	select {
	case <-done:
		return true
	case <-ctx.Done():
	case <-r.stopping:
	}
	return false
}

// A Cluster's plain channels reach all its nodes, and the count of who heard is
// that of one; its sharded channels live where their name's hash tag says.
func (r *Redis) isCluster() bool {
	_, ok := r.client.(*redis.ClusterClient)
	return ok
}

// tell publishes text; the result is the number of those who hear it.
func (r *Redis) tell(ctx context.Context, pipe redis.Pipeliner, channel, text string) *redis.IntCmd {
	if r.isCluster() {
		return pipe.SPublish(ctx, channel, text)
	}
	return pipe.Publish(ctx, channel, text)
}

// subscribe hears what is told on channels; it is the caller's to close.
func (r *Redis) subscribe(ctx context.Context, channels ...string) *redis.PubSub {
	if r.isCluster() {
		return r.client.SSubscribe(ctx, channels...)
	}
	return r.client.Subscribe(ctx, channels...)
}
