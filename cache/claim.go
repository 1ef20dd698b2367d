package cache

import (
	"context"
	"encoding/json"
	"time"

	"github.com/redis/go-redis/v9"
)

// lease is the right to fetch a key for all replicas. In Redis it is its token,
// which begins with the process's address, and a mark behind it where others
// wait for what comes of it.
type lease struct {
	key   Key
	token string
}

// name is in the same slot of a Cluster as the key itself, so that what is asked
// of both in one trip is carried out in order. (A key with braces of its own may
// be elsewhere. That costs a call now and then.)
func (l lease) name() string { return "tributary:lease:{" + l.key.text + "}" }

// markWaiting is left by those who wait.
const markWaiting = "+"

// claimLease gives the lease KEYS[1] to the process ARGV[1] under the token ARGV[2]
// for ARGV[3] milliseconds, where nobody has it, or the process itself by an
// older flight. Else it leaves the mark ARGV[4] and tells for how long it is held.
const claimLease = `
local held = redis.call('GET', KEYS[1])
if not held or string.sub(held, 1, #ARGV[1]) == ARGV[1] then
  local mark = held and string.match(held, '%+$') or ''
  redis.call('SET', KEYS[1], ARGV[2] .. mark, 'PX', ARGV[3])
  return 0
end
if not string.find(held, '%+$') then
  redis.call('APPEND', KEYS[1], ARGV[4])
end
return redis.call('PTTL', KEYS[1])`

// endLease ends the lease KEYS[1] of the token ARGV[1], and tells whether others
// wait for what came of it.
const endLease = `
local held = redis.call('GET', KEYS[1])
if held == ARGV[1] then
  redis.call('DEL', KEYS[1])
elseif held == ARGV[1] .. '+' then
  redis.call('DEL', KEYS[1])
  return 1
end
return 0`

// renewLease has it last ARGV[2] milliseconds from now.
const renewLease = `
local held = redis.call('GET', KEYS[1])
if held == ARGV[1] or held == ARGV[1] .. '+' then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0`

// claimed is what Redis says of one lease.
type claimed struct {
	isMine bool          // the process has it, or may have it
	left   time.Duration // for which another has it
	entry  *entry        // what is kept of the key; nil for nothing
}

// claim asks for the leases of keys, and then for what is kept of them: another
// may have stored it and let go of the lease a moment ago. It takes one round
// trip. Where Redis says nothing of a lease, the key is nobody else's.
func (r *Redis) claim(ctx context.Context, codec codec, keys []Key, process, token, mark string) []claimed {
	within, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	leases := make([]*redis.Cmd, len(keys))
	kept := make([]*redis.StringCmd, len(keys))
	_, _ = r.client.Pipelined(within, func(pipe redis.Pipeliner) error {
		for i, key := range keys {
			leases[i] = pipe.Eval(within, claimLease, []string{lease{key: key}.name()}, process, token, leaseTime.Milliseconds(), mark)
			kept[i] = pipe.Get(within, key.text)
		}
		return nil
	})
	claims := make([]claimed, len(keys))
	var fault error
	for i, key := range keys {
		left, err := leases[i].Int64()
		claims[i] = claimed{isMine: left == 0 && !isRefusal(err), left: time.Duration(left) * time.Millisecond}
		if data, err := kept[i].Bytes(); err == nil {
			claims[i].entry, _ = r.open(codec, key, data) // a damaged one was told of when it was looked up
		}
		// Of a Redis that refuses leases all else is as it was.
		if err != nil && !isRefusal(err) && fault == nil {
			fault = err
		}
	}
	r.note(ctx, fault)
	return claims
}

// renew lengthens leases. One that ends meanwhile costs a call.
func (r *Redis) renew(leases []lease) {
	if r.gate.isShut() {
		return
	}
	err := r.roundTrip(func(ctx context.Context, pipe redis.Pipeliner) {
		for _, l := range leases {
			pipe.Eval(ctx, renewLease, []string{l.name()}, l.token, leaseTime.Milliseconds())
		}
	})
	if err != nil && !isRefusal(err) {
		r.note(context.Background(), err)
	}
}

// ended is a lease with what came of it.
type ended struct {
	lease
	ending ending
}

// release has leases ended after all that was handed over before, and those who
// wait told what came of them.
func (r *Redis) release(leases ...ended) {
	r.writes.mu.Lock()
	r.writes.queue = append(r.writes.queue, write{kind: releasing, ended: leases})
	r.writes.mu.Unlock()
	r.nudge()
}

// end carries out a batch of releases.
func (r *Redis) end(list []write) error {
	var leases []ended
	for _, w := range list {
		leases = append(leases, w.ended...)
	}
	awaited := make([]*redis.Cmd, len(leases))
	return r.inOrder(
		func(ctx context.Context, pipe redis.Pipeliner) {
			for i, l := range leases {
				awaited[i] = pipe.Eval(ctx, endLease, []string{l.name()}, l.token)
			}
		},
		func(ctx context.Context, pipe redis.Pipeliner) {
			var endings []ending
			for i, l := range leases {
				if is, _ := awaited[i].Int64(); is == 1 {
					endings = append(endings, l.ending)
				}
			}
			if len(endings) > 0 {
				text, _ := json.Marshal(endings) // strings and times
				r.tell(ctx, pipe, endingsChannel, string(text))
			}
		},
	)
}
