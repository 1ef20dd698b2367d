package gateway_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"tributary/accounts"
	"tributary/billing"
	"tributary/gateway"
)

// secret is what a panic says and no client may read.
const secret = "the panic's own words"

// treacherous is a source whose answers for psa/682 are what answer makes of
// them.
type treacherous struct {
	billing.Source
	answer func(billing.Outcome[*billing.Subscription]) billing.Outcome[*billing.Subscription]
}

func (s treacherous) Subscriptions(ctx context.Context, refs []billing.Ref) map[billing.Ref]billing.Outcome[*billing.Subscription] {
	outcomes := s.Source.Subscriptions(ctx, refs)
	for ref, outcome := range outcomes {
		if ref.Org == "682" {
			outcomes[ref] = s.answer(outcome)
		}
	}
	return outcomes
}

// tenantless is a source that fails where nothing is fetched yet.
type tenantless struct{ billing.Source }

func (tenantless) Tenant(context.Context, string) string { panic(secret) }

// failing is a log that fails on some lines.
type failing struct {
	slog.Handler
	on string
}

func (f failing) Handle(ctx context.Context, record slog.Record) error {
	if record.Message == f.on {
		panic(secret)
	}
	return f.Handler.Handle(ctx, record)
}

func (f failing) Enabled(context.Context, slog.Level) bool { return true }

// betray gives psa answers of another kind.
func betray(answer func(billing.Outcome[*billing.Subscription]) billing.Outcome[*billing.Subscription]) func(*gateway.Gateway) {
	return func(g *gateway.Gateway) {
		for _, source := range g.Ready.Sources {
			if source.Name() == "psa" {
				source.Source = treacherous{source.Source, answer}
			}
		}
	}
}

func TestAPanicCostsItsFieldOrItsRequestAndNeverTheProcess(t *testing.T) {
	type outcome = billing.Outcome[*billing.Subscription]
	const query = `{ viewer { subject } bad: subscription(id: "subscription/psa/682") { id details { __typename } } good: subscription(id: "subscription/teams/team_1") { status } }`
	for _, c := range []struct {
		name  string
		spoil func(*gateway.Gateway)
		query string
		whole bool // the request is lost
	}{
		{"in an adapter", betray(func(outcome) outcome { panic(secret) }), query, false},
		{"in an adapter, before it is asked for anything", func(g *gateway.Gateway) {
			for _, source := range g.Ready.Sources {
				if source.Name() == "psa" {
					source.Source = tenantless{source.Source}
				}
			}
		}, query, false},
		{"in what marshals an adapter's document", betray(func(o outcome) outcome {
			sub := *o.Value
			sub.Details = &struct{ Unknown string }{secret}
			return outcome{Value: &sub}
		}), query, false},
		{"in the log of an error", func(g *gateway.Gateway) {
			g.Log = slog.New(failing{g.Log.Handler(), "a field failed"})
		}, `{ viewer { subject } bad: node(id: "nonsense") { id } good: subscription(id: "subscription/teams/team_1") { status } }`, false},
		{"in a resolver", func(g *gateway.Gateway) {
			g.Answers = nil // it would look into the directory before
			g.Portfolio.Directory = func() *accounts.Directory { panic(secret) }
		}, `{ bad: account(id: "account/acme") { name } good: sources { name } viewer { subject } }`, false},
		{"before anything is executed", func(g *gateway.Gateway) { g.Documents = nil }, query, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := open(t, facing(""), c.spoil)
			for range 2 {
				r := e.send("POST", "/graphql", reader.header("X-Request-Id", "the-request"), asked(c.query))
				if strings.Contains(r.body, secret) || strings.Contains(r.body, "runtime error") || strings.Contains(r.body, ".go:") {
					t.Errorf("the answer tells of the panic: %s", r.body)
				}
				switch {
				case c.whole && (r.status != http.StatusInternalServerError || r.code() != "INTERNAL" || r.Data != nil):
					t.Errorf("answered %d %s", r.status, r.body)
				case !c.whole && (r.status != http.StatusOK || r.Data["good"] == nil || r.Data["viewer"] == nil || len(r.Errors) != 1):
					t.Errorf("answered %d %s", r.status, r.body)
				}
				if len(r.Errors) == 0 || r.Errors[0].Extensions["requestId"] != "the-request" {
					t.Errorf("the error does not name the request: %s", r.body)
				}
			}
			if log := e.log.Text(); !strings.Contains(log, `"requestId":"the-request"`) || !strings.Contains(log, `"level":"ERROR"`) {
				t.Errorf("the log does not tell of it: %s", log)
			}
			if r := e.send("GET", "/healthz", nil, nil); r.status != http.StatusOK {
				t.Errorf("afterwards /healthz answers %d", r.status)
			}
			eventually(t, "the gate to be empty", func() bool { return e.built.Gateway.Callers.Stats().Inside == 0 })
		})
	}
}
