package quota

import (
	"context"
	"crypto/rand"
	_ "embed" // the scripts
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/breaker"
	"tributary/sources/upstream"
)

var (
	//go:embed take.lua
	takeText   string
	takeScript = redis.NewScript(takeText)

	//go:embed learn.lua
	learnText   string
	learnScript = redis.NewScript(learnText)
)

// shared are the counts in Redis, by Redis's clock.
type shared struct {
	client  redis.UniversalClient
	replica string // tells this process's counts from others'
	log     *slog.Logger

	takes *breaker.Breaker[[]int64]
}

func newShared(client redis.UniversalClient, options Options) *shared {
	log := options.Log
	if log == nil {
		log = slog.Default()
	}
	return &shared{
		client: client, replica: rand.Text(), log: log,
		takes: breaker.New[[]int64](options.Timeout, log,
			"calls to sources are counted by each replica", "calls to sources are counted for all replicas"),
	}
}

func (s *shared) faults() int64 { return s.takes.Faults() }

// answer is what Redis says to a call.
type answer struct {
	verdict
	blocked time.Duration // for how long the credential is used up
	news    news          // what the source said last; left is unknown where that is nothing
	per     time.Duration // the length of its window
}

// take asks for a call that the process has counted.
func (s *shared) take(ctx context.Context, call upstream.QuotaCall, k taken) (answer, error) {
	keys := make([]string, 0, 1+len(k.windows))
	keys = append(keys, key(call, "said"))
	args := make([]any, 0, 4+4*len(k.windows))
	args = append(args, s.replica, reserve(call), smallest(call.Quota), kept)
	for i := range k.windows {
		w, n := &k.windows[i], k.counts[i]
		keys = append(keys, key(call, w.Per.String()))
		args = append(args, w.Calls, max(1, w.width.Microseconds()), n.mine, n.owed)
	}
	said, err := s.takes.Ask(ctx, func(ctx context.Context) ([]int64, error) {
		return takeScript.Run(ctx, s.client, keys, args...).Int64Slice()
	})
	if err != nil {
		return answer{}, err
	}
	if len(said) != 9 {
		return answer{}, fmt.Errorf("redis answers %d numbers to a call, want 9", len(said))
	}
	return answer{
		verdict: verdict{allowed: said[0] == 1, wait: micros(said[1]), left: int(said[2]), ends: micros(said[3])},
		blocked: micros(said[4]),
		news:    news{left: int(said[5]), ends: micros(said[6]), limit: known(said[7])},
		per:     micros(said[8]),
	}, nil
}

// learn tells Redis, and through it the other replicas, what a source said.
func (s *shared) learn(ctx context.Context, call upstream.QuotaCall, n news) {
	exhausted := 0
	if n.exhausted {
		exhausted = 1
	}
	args := []any{n.left, n.limit, n.ends.Microseconds(), exhausted, slack.Microseconds(), longest.Microseconds(),
		channel, call.Source + "\n" + call.Tenant}
	_, err := s.takes.Ask(ctx, func(ctx context.Context) ([]int64, error) {
		return nil, learnScript.Run(ctx, s.client, []string{key(call, "said")}, args...).Err()
	})
	if err != nil {
		s.log.DebugContext(ctx, "the other replicas are not told of a quota", "source", call.Source, "error", err)
	}
}

// key names what Redis keeps of a credential. The hash tag has all of it live
// in one place in a Cluster.
func key(call upstream.QuotaCall, what string) string {
	return "tributary:quota:{" + call.Source + ":" + call.Tenant + "}:" + what
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

// known is unknown for 0.
func known(n int64) int {
	if n <= 0 {
		return unknown
	}
	return int(n)
}
