package writes

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tributary/access"
	"tributary/billing"
	"tributary/loaders"
)

// keyedAs makes a write with a key as a caller of that name.
func keyedAs(ctx context.Context, w *Writer, subject, key string) *Result {
	return w.carryOut(access.With(ctx, &access.Caller{Subject: subject, Scopes: access.Anyone.Scopes}), order{
		mutation: "cancelSubscription", source: &loaders.Source{Source: source{}}, target: "subscription/psa/1",
		key: &key, lock: "psa:1", job: faulty{},
	}, nil)
}

func TestACallerWithTooManyKeysIsRefusedAndNobodyElse(t *testing.T) {
	var log bytes.Buffer
	endings := map[Ending]int{}
	w := writer(t, &log, endings)
	keyedAs(t.Context(), w, "tenant", "k")
	const quota = 1_000
	for i := range quota {
		if got := keyedAs(t.Context(), w, "flood", fmt.Sprint(i)); got.code() != "" {
			t.Fatalf("key %d got %v", i, got.Fault)
		}
	}
	got := keyedAs(t.Context(), w, "flood", "one too many")
	if got.code() != billing.CodeRateLimited || time.Until(got.Fault.RetryAfter) < 23*time.Hour ||
		!strings.Contains(billing.ClientMessage(got.Fault), "keeps 1000 idempotency keys of this caller, and no more, so nothing was sent") {
		t.Errorf("got %v, again at %v", got.Fault, got.Fault.RetryAfter)
	}
	if !strings.Contains(log.String(), `"outcome":"failed","code":"RATE_LIMITED","sent":"false"`) {
		t.Error("the log does not say that it was refused")
	}
	keyedAs(t.Context(), w, "tenant", "k")
	keyedAs(t.Context(), w, "flood", "0")
	if got := keyedAs(t.Context(), w, "tenant", "another"); got.code() != "" || endings[Replayed] != 2 || endings[Done] != quota+2 {
		t.Errorf("the tenant got %v, and these endings were counted: %v", got.Fault, endings)
	}
}

func TestAWriteWhoseTimeIsOverIsNotBegun(t *testing.T) {
	over, end := context.WithCancel(t.Context())
	end()
	var log bytes.Buffer
	endings := map[Ending]int{}
	w := writer(t, &log, endings)
	got := keyedAs(over, w, "tenant", "k")
	if got.code() != billing.CodeSourceTimeout || !strings.Contains(billing.ClientMessage(got.Fault), "before anything was sent") {
		t.Errorf("got %v", got.Fault)
	}
	if got := keyedAs(t.Context(), w, "tenant", "k"); got.code() != "" || endings[Done] != 1 {
		t.Errorf("its repetition got %v, and these endings were counted: %v", got.Fault, endings)
	}
}
