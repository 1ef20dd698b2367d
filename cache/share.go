package cache

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"github.com/redis/go-redis/v9"
)

// ErrSilent says that Redis was not asked, for it does not answer.
var ErrSilent = errors.New("redis does not answer")

// Share has another client of the same Redis know what the tier knows: the first
// question that is not answered, whoever asks it, is the only one an operation
// waits for. While Redis is silent commands of the client are ErrSilent at once.
// A context that ends before its answer counts as a fault of Redis.
func (r *Redis) Share(client redis.UniversalClient) { client.AddHook(sharing{r}) }

type sharing struct{ tier *Redis }

// DialHook leaves dialling as it is.
func (s sharing) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

// ProcessHook asks where Redis is not silent.
func (s sharing) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if s.tier.gate.isShut() {
			cmd.SetErr(ErrSilent)
			return ErrSilent
		}
		err := next(ctx, cmd)
		s.tier.sense(err)
		return err
	}
}

// ProcessPipelineHook asks where Redis is not silent.
func (s sharing) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if s.tier.gate.isShut() {
			for _, cmd := range cmds {
				cmd.SetErr(ErrSilent)
			}
			return ErrSilent
		}
		err := next(ctx, cmds)
		s.tier.sense(err)
		return err
	}
}

// sense shuts the gate where another's question was not answered at all.
func (r *Redis) sense(err error) {
	var reply redis.Error
	if err == nil || errors.As(err, &reply) || !r.gate.shut() {
		return
	}
	slog.Warn("redis does not answer; going on without it", "error", err)
	r.nudge()
}
