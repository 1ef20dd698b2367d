package identity

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	fetchTimeout = 5 * time.Second
	longestSet   = 1 << 20 // bytes
	firstRetry   = time.Second
	lastRetry    = time.Minute
	// unknownEvery bounds the fetches that tokens with made-up kids can cause.
	unknownEvery = time.Minute
	// mostWaiting bounds the requests that such tokens can hold while the URL is slow:
	// fewer than one address may have under way before its caller is known.
	mostWaiting = 32
)

// remote keeps an issuer's keys as its URL has them, and the last good ones
// while the URL has none.
type remote struct {
	url        string
	every      time.Duration
	algorithms []jose.SignatureAlgorithm
	log        *slog.Logger
	now        func() time.Time
	client     *http.Client
	present    *atomic.Pointer[keySet]
	wanted     chan struct{} // wakes run
	waiting    chan struct{} // holds one for each request that waits for a fetch

	mu     sync.Mutex
	flight chan struct{} // closed when the fetch that is wanted or under way ends; nil for none
	asked  time.Time     // when an unknown kid last caused a fetch
}

func newRemote(j *JWT, options Options, present *atomic.Pointer[keySet]) *remote {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // a fetch is rare
	transport.MaxResponseHeaderBytes = 64 << 10
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	return &remote{
		url: j.JWKS.URL, every: j.Refresh, algorithms: j.algorithms(), log: options.Log, now: options.now, present: present,
		client: &http.Client{
			Transport: transport,
			Timeout:   fetchTimeout,
			// A redirect could lead anywhere, and an issuer's keys are at its URL.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		wanted:  make(chan struct{}, 1),
		waiting: make(chan struct{}, mostWaiting),
		flight:  make(chan struct{}), // the first fetch is on its way from the start
	}
}

// run fetches the keys now and again, until ctx ends.
func (r *remote) run(ctx context.Context) {
	retry := firstRetry
	for ctx.Err() == nil {
		r.begin()
		err := r.fetch(ctx)
		r.end()
		wait := r.every
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.log.Error("the issuer's keys could not be fetched; the ones in force stay", "error", err, "any", r.present.Load() != nil)
			wait = min(retry, r.every)
			retry = min(2*retry, lastRetry)
		default:
			retry = firstRetry
		}
		next := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-next.C:
		case <-r.wanted:
		}
		next.Stop()
	}
}

func (r *remote) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flight == nil {
		r.flight = make(chan struct{})
	}
}

func (r *remote) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.flight)
	r.flight = nil
}

// refresh waits for a fetch because of an unknown kid: one that is under way,
// or a new one where the last of that reason is long enough ago. It reports
// whether there was one.
func (r *remote) refresh(ctx context.Context) bool {
	select {
	case r.waiting <- struct{}{}:
		defer func() { <-r.waiting }()
	default:
		return false
	}
	flight := r.want()
	if flight == nil {
		return false
	}
	limit := time.NewTimer(fetchTimeout)
	defer limit.Stop()
	select {
	case <-flight:
		return true
	case <-ctx.Done():
	case <-limit.C:
	}
	return false
}

func (r *remote) want() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flight != nil {
		return r.flight
	}
	if now := r.now(); r.asked.IsZero() || now.Sub(r.asked) >= unknownEvery {
		r.asked = now
		r.flight = make(chan struct{})
		r.wake()
	}
	return r.flight
}

func (r *remote) wake() {
	select {
	case r.wanted <- struct{}{}:
	default:
	}
}

func (r *remote) fetch(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := r.client.Do(request)
	if err != nil {
		var reason *url.Error
		if errors.As(err, &reason) {
			err = reason.Err // the URL may hold a password
		}
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer has the status %d instead of 200", response.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, longestSet+1))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if len(data) > longestSet {
		return fmt.Errorf("the answer is longer than %d bytes", longestSet)
	}
	set, err := parseKeySet(data, r.algorithms)
	if err != nil {
		return err
	}
	r.present.Store(set)
	r.log.Info("the issuer's keys were fetched", "keys", len(set.keys), "passedOver", set.skipped)
	return nil
}
