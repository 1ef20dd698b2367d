// Package identity says who sent a request: anyone, the holder of an API key, or
// the subject of a JSON Web Token.
package identity

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"tributary/access"
	"tributary/billing"
)

// ErrRefused is the one answer to every credential that is missing, unknown,
// expired or wrong, so that it tells a guesser nothing. The reason is in the log.
var ErrRefused error = billing.Errorf(billing.CodeUnauthenticated,
	"a valid credential is needed, in the header Authorization as a Bearer")

// Challenge is the WWW-Authenticate header of every refusal. It never holds
// error="invalid_token" (RFC 6750, section 3.1), which would tell refusals apart.
const Challenge = `Bearer realm="tributary"`

// Options are what identities are told with beside their settings.
type Options struct {
	Log     *slog.Logger        // never told any part of a credential
	Observe func(reason string) // told of each refusal, by a Reason; nil for nobody
	// RequestID names the request of a context in the log; nil for no names.
	RequestID func(context.Context) string
	now       func() time.Time // nil for time.Now
}

// Door tells callers by their requests, and keeps its keys fresh. It serves
// any number of goroutines.
type Door struct {
	options Options
	judge   judge
	isLocal bool // lets everybody in who is on this machine
	close   context.CancelFunc
	running sync.WaitGroup
}

// judge tells one mode's callers; the reason is "" where there is a caller.
type judge interface {
	judge(r *http.Request) (*access.Caller, Reason)
	reload() error
	// run keeps the keys fresh until ctx ends.
	run(ctx context.Context)
}

// New opens the door. A URL of keys that cannot be reached is logged and tried
// again, and until then no token is known. The Door must be closed.
func New(settings Settings, options Options) *Door {
	if options.now == nil {
		options.now = time.Now
	}
	if options.RequestID == nil {
		options.RequestID = func(context.Context) string { return "" }
	}
	d := &Door{options: options}
	switch {
	case settings.Keys != nil:
		d.judge = newKeyJudge(settings.Keys, options)
	case settings.JWT != nil:
		d.judge = newTokenJudge(settings.JWT, options)
	default:
		d.judge = anyone{}
		d.isLocal = !settings.Insecure
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.close = cancel
	d.running.Go(func() { d.judge.run(ctx) })
	return d
}

// Authenticate tells the caller by the headers of r; a credential in its URL is
// none. The caller may be one without any scope.
func (d *Door) Authenticate(r *http.Request) (*access.Caller, error) {
	caller, reason := d.judge.judge(r)
	if reason == "" {
		return caller, nil
	}
	level := slog.LevelInfo
	if reason == Missing {
		level = slog.LevelDebug
	}
	d.options.Log.LogAttrs(r.Context(), level, "a credential was refused", slog.String("reason", string(reason)),
		slog.String("address", r.RemoteAddr), slog.String("requestId", d.options.RequestID(r.Context())))
	if d.options.Observe != nil {
		d.options.Observe(string(reason))
	}
	return nil, ErrRefused
}

// Forwardable is what of a caller's headers sources may be sent: not the API key,
// which is for the gateway alone. A token of jwt may be meant for the sources too.
func (d *Door) Forwardable(h http.Header) http.Header {
	if _, isKey := d.judge.(*keyJudge); isKey {
		return withoutKey(h)
	}
	return h
}

// Accounts are the accounts that API keys name, each once and in order.
func (d *Door) Accounts() []string {
	keys, ok := d.judge.(*keyJudge)
	if !ok {
		return nil
	}
	named := map[string]bool{}
	for _, entry := range keys.present.Load().entries {
		for _, id := range entry.holding.caller.Accounts {
			named[id] = true
		}
	}
	return slices.Sorted(maps.Keys(named))
}

// IsOpen reports a door that lets everybody in and lets them do all.
func (d *Door) IsOpen() bool { return d.judge == judge(anyone{}) }

// AnswersTo reports whether a request for that host may be let in. A door that lets
// in everybody on this machine answers to its names alone: a page elsewhere can
// have a name of its own lead here, and its reader's browser would take the
// gateway for that page's own.
func (d *Door) AnswersTo(host string) bool {
	if !d.isLocal {
		return true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return isLoopback(strings.Trim(host, "[]"))
}

// Reload reads the keys again, and keeps the present ones where that fails. It
// logs what came of it; keys behind a URL are fetched in the background. Its
// error is config.Problems.
func (d *Door) Reload() error { return d.judge.reload() }

// Close ends what runs in the background, and waits for it.
func (d *Door) Close() {
	d.close()
	d.running.Wait()
}

// anyone is the judge who lets all in.
type anyone struct{}

func (anyone) judge(*http.Request) (*access.Caller, Reason) { return access.Anyone, "" }
func (anyone) reload() error                                { return nil }
func (anyone) run(context.Context)                          {}
