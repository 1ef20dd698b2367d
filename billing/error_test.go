package billing_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"tributary/billing"
)

var codes = []billing.Code{
	billing.CodeBadUserInput, billing.CodeUnauthenticated, billing.CodeForbidden, billing.CodeNotFound,
	billing.CodeConflict, billing.CodeNotSupported, billing.CodePaymentRequired, billing.CodeSourceRateLimited,
	billing.CodeSourceTimeout, billing.CodeSourceUnavailable, billing.CodeSourceAuthFailed, billing.CodeSourceBadData,
	billing.CodeOutcomeUnknown, billing.CodeRateLimited, billing.CodeLimitExceeded, billing.CodeInternal,
	billing.CodePersistedQueryNotFound, billing.CodePersistedQueryNotSupported,
}

func TestErrorTellsTheLogEverythingAndTheClientLittle(t *testing.T) {
	err := fmt.Errorf("page 2: %w", &billing.Error{
		Code: billing.CodeSourceTimeout, Source: "psa", Op: "get subscription", Err: io.ErrUnexpectedEOF,
	})
	if want := "page 2: psa: SOURCE_TIMEOUT: get subscription: unexpected EOF"; err.Error() != want {
		t.Errorf("the log reads %q, want %q", err, want)
	}
	if want := "source psa did not answer in time"; billing.ClientMessage(err) != want {
		t.Errorf("the client reads %q, want %q", billing.ClientMessage(err), want)
	}
	if billing.CodeOf(err) != billing.CodeSourceTimeout || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("code %q and cause are lost on the way", billing.CodeOf(err))
	}
	own := billing.Errorf(billing.CodeBadUserInput, "at most %d ids", 100)
	if own.Error() != "BAD_USER_INPUT: at most 100 ids" || billing.ClientMessage(own) != "at most 100 ids" {
		t.Errorf("the log reads %q, the client %q", own, billing.ClientMessage(own))
	}
}

func TestCodeOfOtherErrors(t *testing.T) {
	if got := billing.CodeOf(nil); got != "" {
		t.Errorf("no error has the code %q", got)
	}
	secret := errors.New("password hunter2")
	if got := billing.CodeOf(secret); got != billing.CodeInternal {
		t.Errorf("an error of another kind has the code %q", got)
	}
	if got := billing.ClientMessage(secret); strings.Contains(got, "hunter2") || got == "" {
		t.Errorf("the client reads %q", got)
	}
}

func TestEveryCodeHasASentence(t *testing.T) {
	fallback := billing.ClientMessage(errors.New("x"))
	for _, code := range codes {
		for _, source := range []string{"", "psa"} {
			got := billing.ClientMessage(&billing.Error{Code: code, Source: source, Err: errors.New("password hunter2")})
			if got == "" || strings.Contains(got, "hunter2") {
				t.Errorf("%s reads %q", code, got)
			}
			if (got == fallback) != (code == billing.CodeInternal) {
				t.Errorf("%s reads %q: only INTERNAL means that the gateway failed", code, got)
			}
		}
	}
}

func TestOnlyPassingFaultsAreRetryable(t *testing.T) {
	passing := map[billing.Code]bool{
		billing.CodeSourceRateLimited: true, billing.CodeSourceTimeout: true,
		billing.CodeSourceUnavailable: true, billing.CodeRateLimited: true,
	}
	for _, code := range codes {
		if code.Retryable() != passing[code] {
			t.Errorf("%s is retryable: %t", code, code.Retryable())
		}
	}
}

func TestMerge(t *testing.T) {
	early, late := now.Add(-time.Hour), now
	hit := billing.Provenance{FetchedAt: early, Freshness: billing.Fresh, Cache: billing.CacheHit}
	miss := billing.Provenance{FetchedAt: late, Freshness: billing.Fresh, Cache: billing.CacheMiss}
	bypass := billing.Provenance{FetchedAt: late, Freshness: billing.Fresh, Cache: billing.CacheBypass}
	stale := billing.Provenance{FetchedAt: late, Freshness: billing.StaleRevalidating, Cache: billing.CacheStale}
	down := billing.Provenance{FetchedAt: late, Freshness: billing.StaleSourceDown, Cache: billing.CacheStale, Degraded: billing.CodeSourceTimeout}
	cases := map[string]struct{ a, b, want billing.Provenance }{
		"a kept part and a fetched one":          {hit, miss, billing.Provenance{FetchedAt: early, Freshness: billing.Fresh, Cache: billing.CacheMiss}},
		"a fetched part and one without a cache": {miss, bypass, bypass},
		"a kept part and a stale one":            {hit, stale, billing.Provenance{FetchedAt: early, Freshness: billing.StaleRevalidating, Cache: billing.CacheStale}},
		"a failed source is the worst":           {stale, down, down},
		"nothing adds nothing":                   {billing.Provenance{}, hit, hit},
		"two alike":                              {miss, miss, miss},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.a.Merge(c.b); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if got := c.b.Merge(c.a); got != c.want {
				t.Errorf("the other way round got %+v, want %+v", got, c.want)
			}
		})
	}
	other := down
	other.Degraded = billing.CodeSourceUnavailable
	if got := down.Merge(other).Degraded; got != billing.CodeSourceTimeout {
		t.Errorf("of two reasons the first stays, got %s", got)
	}
}
