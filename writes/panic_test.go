package writes

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"tributary/access"
	"tributary/accounts"
	"tributary/billing"
	"tributary/cache"
	"tributary/ledger"
	"tributary/loaders"
)

// source is one of which only the name is asked.
type source struct{ billing.Source }

func (source) Name() string                    { return "psa" }
func (source) Borrowed(context.Context) string { return "" }

// faulty panics where it is told to.
type faulty struct{ inPrepare, inSend, inSettle bool }

func (f faulty) fail(now bool) {
	if now {
		panic("hunter2")
	}
}

func (f faulty) prepare(context.Context) error { f.fail(f.inPrepare); return nil }
func (f faulty) send(context.Context) error    { f.fail(f.inSend); return nil }
func (f faulty) settle(context.Context) *Result {
	f.fail(f.inSettle)
	return &Result{Changed: true}
}
func (f faulty) look(context.Context) (billing.Sighting, *Result) {
	return billing.SeenNotDone, &Result{}
}

// A panic before the request was sent is no doubt, and leaves the key free; one
// after it is, and a repetition is told so. Each is audited.
func TestAPanicIsToldAsWhatItLeaves(t *testing.T) {
	for name, c := range map[string]struct {
		job   faulty
		first billing.Code
		again billing.Code // of the repetition with a job that works
		sent  string
	}{
		"before the request": {faulty{inPrepare: true}, billing.CodeInternal, "", "false"},
		"in the request":     {faulty{inSend: true}, billing.CodeOutcomeUnknown, billing.CodeOutcomeUnknown, "true"},
		"after the request":  {faulty{inSettle: true}, billing.CodeOutcomeUnknown, billing.CodeOutcomeUnknown, "true"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			endings := map[Ending]int{}
			w := writer(t, &log, endings)
			psa, key := &loaders.Source{Source: source{}}, "k"
			o := order{mutation: "cancelSubscription", source: psa, target: "subscription/psa/1", key: &key, lock: "psa:1", job: c.job}
			if got := w.carryOut(access.With(t.Context(), access.Anyone), o, nil); got.code() != c.first || strings.Contains(billing.ClientMessage(got.Fault), "hunter2") {
				t.Errorf("got %s: %v", got.code(), got.Fault)
			}
			if line := log.String(); !strings.Contains(line, "hunter2") || !strings.Contains(line, `"sent":"`+c.sent+`"`) {
				t.Errorf("the log reads %s", line)
			}
			o.job = faulty{}
			if got := w.carryOut(access.With(t.Context(), access.Anyone), o, nil); got.code() != c.again {
				t.Errorf("the repetition got %q", got.code())
			}
			if len(endings) == 0 || w.Wait(0) {
				t.Errorf("counted %v, and a write is still under way: %t", endings, w.Wait(0))
			}
		})
	}
}

func writer(t *testing.T, log *bytes.Buffer, endings map[Ending]int) *Writer {
	t.Helper()
	store := cache.New(cache.Options{})
	t.Cleanup(store.Close)
	set, err := loaders.NewSet(nil, store, nil, func() *accounts.Directory { return new(accounts.Directory) })
	if err != nil {
		t.Fatal(err)
	}
	kept := ledger.New(nil, nil)
	t.Cleanup(func() { kept.Close() })
	return New(&Writer{
		Sources: set, Ledger: kept, Secret: []byte("secret"),
		Canonical: func(ref billing.Ref) billing.Ref { return ref },
		Sees:      func(context.Context, billing.Ref) bool { return true },
		RequestID: func(context.Context) string { return "" },
		Observe:   func(_, _ string, ending Ending) { endings[ending]++ },
		Log:       slog.New(slog.NewJSONHandler(log, nil)),
	})
}
