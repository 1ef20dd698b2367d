package quota

import (
	"context"
	"strconv"
	"strings"

	"tributary/sources/upstream"
)

// channel is where replicas tell each other what a source said of its quota.
const channel = "tributary:quota"

// Listen hears what other replicas learn, until ctx is over. Without it, or
// while Redis does not answer, a replica that knows no limit of a source learns
// that a credential is used up by a refused call of its own.
func (g *Governor) Listen(ctx context.Context) {
	if g.shared == nil {
		return
	}
	subscription := g.shared.client.Subscribe(ctx, channel)
	defer subscription.Close()
	messages := subscription.Channel()
	for {
		select {
		case <-ctx.Done():
			return
		case m, ok := <-messages:
			if !ok {
				return
			}
			g.hear(m.Payload)
		}
	}
}

// hear takes in a message: a source, a tenant, and for how many microseconds it
// is used up.
func (g *Governor) hear(message string) {
	parts := strings.Split(message, "\n")
	if len(parts) != 3 {
		return
	}
	blocked, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || blocked < 0 {
		return
	}
	call := upstream.QuotaCall{Source: parts[0], Tenant: parts[1]}
	g.tallies.of(call).hear(g.elapsed(), micros(min(blocked, longest.Microseconds())))
}
