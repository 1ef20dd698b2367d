package cache

import "github.com/redis/go-redis/v9"

// What only tests look at from outside.

// NewKey is a key of the time before the first purge.
func NewKey(version, source, tenant, entity, id string) (Key, error) {
	return newKey(version, "", source, tenant, entity, id)
}

// ErrorPause is how long a failed source is left alone.
const ErrorPause = errorPause

// Bounds of a Drop.
const (
	AcknowledgeWithin = acknowledgeWithin
	Settled           = settled
)

// Quiet is how long nothing need come on a subscription.
const Quiet = quiet

// DropsChannel is where replicas tell what to drop.
const DropsChannel = dropsChannel

// EpochsName is the hash in Redis that holds epochs.
const EpochsName = epochsName

// Kept is the number of entries in the process.
func Kept(c *Cache) int {
	c.memory.CleanUp()
	return c.memory.EstimatedSize()
}

// Hears reports whether the cache hears what other replicas drop.
func Hears(c *Cache) bool { return c.listener.subscribed.Load() }

// Record is the name of the set of a subject's keys in Redis.
func Record(s Subject) string { return s.record() }

// Universal is the client's options for a RedisConfig.
func Universal(config RedisConfig) (*redis.UniversalOptions, error) { return universal(config) }

// Marshal is a value's encoding before compression.
func Marshal[V any](c Codec[V], value V) ([]byte, error) { return c.format.marshal(value) }

// Unpack reads an entry as Redis holds it, and returns its value.
func Unpack[V any](c Codec[V], key Key, data []byte) (any, error) {
	e, err := unpack(c.erase(), key, data)
	if err != nil {
		return nil, err
	}
	return e.value, nil
}

// Trusted is how old an answer may be that counts as fresh in a deaf process.
const Trusted = trusted

// LeaseTime is how long a lease outlives its holder.
const LeaseTime = leaseTime

// Lease is the name of a key's lease in Redis.
func Lease(key Key) string { return lease{key: key}.name() }

// Crowd is how many deletions may wait for Redis.
const Crowd = crowd

// Queued is how many writes wait for Redis.
func Queued(r *Redis) int {
	r.writes.mu.Lock()
	defer r.writes.mu.Unlock()
	return len(r.writes.queue)
}

// UnderWay is how many refreshes are under way.
func UnderWay(c *Cache) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refresh.underWay
}

// SetEpoch has one replica alone in an epoch of a scope.
func SetEpoch(c *Cache, scope Scope, number uint64) {
	c.raise(func(e *epochs) *epochs { return e.raised(scope, number) })
}
