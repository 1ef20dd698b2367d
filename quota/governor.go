// Package quota keeps calls to a source within what it allows, over all
// replicas.
package quota

import (
	"context"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/sources/upstream"
)

// Governor counts calls by source and tenant, in the process and, where there
// is one, in Redis; the stricter count decides. Where neither settings nor
// answers name a limit it counts nothing and asks nobody. It is safe for
// concurrent use.
type Governor struct {
	tallies *tallies
	shared  *shared // nil without Redis
	begun   time.Time
	now     func() time.Time
}

var _ upstream.Governor = (*Governor)(nil)

// Options change what a Governor does by default.
type Options struct {
	Timeout time.Duration // of a question to Redis; 50 ms where it is 0
	Log     *slog.Logger  // slog.Default() where it is nil
	Now     func() time.Time
}

// New makes a Governor. Without a client each replica counts by itself, and so
// it does while Redis does not answer.
func New(client redis.UniversalClient, options Options) *Governor {
	g := &Governor{tallies: newTallies(), now: options.Now}
	if g.now == nil {
		g.now = time.Now
	}
	g.begun = g.now()
	if client != nil {
		g.shared = newShared(client, options)
	}
	return g
}

// Take asks for one call: of the process, and where that would allow it of
// Redis, which is one question.
func (g *Governor) Take(ctx context.Context, call upstream.QuotaCall) upstream.QuotaDecision {
	t := g.tallies.known(call)
	if t == nil {
		return upstream.QuotaDecision{Allowed: true}
	}
	at := g.elapsed()
	taken, own := t.take(at, call, g.shared != nil)
	if !own.allowed || !taken.asks {
		return g.decision(at, own)
	}
	answer, err := g.shared.take(ctx, call, taken)
	if err != nil {
		t.owe(taken)
		return g.decision(at, own)
	}
	t.settle(taken, answer)
	return g.decision(at, own.and(answer.verdict))
}

// Learn takes in what an answer said of the quota. Redis, and through it the
// other replicas, is told where that leaves less than was known.
func (g *Governor) Learn(ctx context.Context, call upstream.QuotaCall, seen upstream.QuotaSeen) {
	n, ok := g.news(call, seen)
	if !ok {
		return
	}
	if g.tallies.of(call).learn(g.elapsed(), n) && g.shared != nil {
		g.shared.learn(ctx, call, n)
	}
}

// Faults counts the questions that Redis did not answer, or refused.
func (g *Governor) Faults() int64 {
	if g.shared == nil {
		return 0
	}
	return g.shared.faults()
}

// elapsed is the governor's clock; setting the machine's does not move it.
func (g *Governor) elapsed() time.Duration { return max(0, g.now().Sub(g.begun)) }

func (g *Governor) decision(at time.Duration, v verdict) upstream.QuotaDecision {
	d := upstream.QuotaDecision{Allowed: v.allowed}
	if !v.allowed {
		d.Wait = v.wait
	}
	if v.left != unknown {
		left := v.left
		d.Left, d.ResetsAt = &left, g.begun.Add(at+v.ends)
	}
	return d
}
