package ledger

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// count adds a key to the sorted set of its owner's, whose scores are Redis's
// own time in milliseconds, after it has let the expired ones go. The answer is
// 0, or for how many milliseconds there is no room for a new key.
var count = redis.NewScript(`
local lasts = tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - lasts)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  return redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] + lasts - now
end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], lasts)
return 0
`)

// counted names the set of an owner's keys. In a Cluster it is in another slot
// than the records, so both are asked in one round trip and not by one script.
func counted(owner string) string { return "tributary:idempotency:of:{" + owner + "}" }

func (s *shared) take(ctx context.Context, n name) ([]byte, bool, error) {
	ctx, cancel := s.uncut(ctx)
	defer cancel()
	var had *redis.StringCmd
	var counting *redis.Cmd
	_, _ = s.client.Pipelined(ctx, func(pipe redis.Pipeliner) error { // each tells its own error
		had = pipe.Get(ctx, n.key)
		counting = count.Eval(ctx, pipe, []string{counted(n.owner)}, n.key, strconv.Itoa(ownersInRedis), keepFor.Milliseconds())
		return nil
	})
	data, found, err := s.open(n.key)(present(had.Bytes()))
	if found || err != nil {
		return data, found, err
	}
	wait, err := counting.Int64()
	if err == nil && wait > 0 {
		err = &FullError{Keys: ownersInRedis, Until: time.Now().Add(time.Duration(wait) * time.Millisecond)}
	}
	return nil, false, err
}

func (s *shared) forget(ctx context.Context, n name) error {
	ctx, cancel := s.uncut(ctx)
	defer cancel()
	_, err := s.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.Del(ctx, n.key)
		pipe.ZRem(ctx, counted(n.owner), n.key)
		return nil
	})
	return err
}
