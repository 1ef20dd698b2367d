package answers_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tributary/accounts"
	"tributary/answers"
	"tributary/billing"
	"tributary/cache"
	"tributary/loaders"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is one whose credentials change.
type source struct {
	billing.Source
	tenant atomic.Value
}

func (s *source) Tenant(context.Context, string) string { return s.tenant.Load().(string) }

var (
	begun   = time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	subject = cache.Subject{Source: "psa", Entity: "subscription", ID: "682"}
	key     = answers.Key{Method: "POST", Question: `{"query":"{ a }"}`, Caller: "anyone"}
)

type world struct {
	t         *testing.T
	cache     *answers.Cache
	now       time.Time
	hears     bool
	source    *source
	directory *accounts.Directory
}

func start(t *testing.T) *world {
	w := &world{t: t, now: begun, hears: true, source: new(source), directory: new(accounts.Directory)}
	w.source.tenant.Store("a")
	w.cache = answers.New(answers.Options{Memory: 1 << 20, Now: func() time.Time { return w.now }, Serves: func() bool { return w.hears }})
	t.Cleanup(w.cache.Close)
	return w
}

// made is an answer that holds for a minute.
func (w *world) made() *answers.Answer {
	return &answers.Answer{Body: []byte("{}"), Directory: w.directory, Basis: loaders.Basis{
		Subjects: []cache.Subject{subject}, FetchedAt: begun, Until: begun.Add(time.Minute),
		Tenants: []loaders.Tenant{{Source: &loaders.Source{Source: w.source}, Org: "682", Print: "a"}},
	}}
}

func (w *world) keep() {
	w.t.Helper()
	w.cache.Get(w.t.Context(), key, w.directory)
	if !w.cache.Keep(key, w.cache.Begin(), w.made()) || !w.has() {
		w.t.Fatal("the answer is not kept")
	}
}

func (w *world) has() bool { return w.cache.Get(w.t.Context(), key, w.directory) != nil }

func TestAnAnswerEndsWithWhatItRestsOn(t *testing.T) {
	for name, end := range map[string]func(*world){
		"its time":                 func(w *world) { w.now = begun.Add(time.Minute) },
		"a drop of its subject":    func(w *world) { w.cache.Drop([]cache.Subject{{Source: "x"}, subject}) },
		"a drop of everything":     func(w *world) { w.cache.Drop(nil) },
		"other credentials":        func(w *world) { w.source.tenant.Store("b") },
		"another directory":        func(w *world) { w.directory = new(accounts.Directory) },
		"replicas that are silent": func(w *world) { w.hears = false },
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			w.keep()
			end(w)
			if w.has() {
				t.Error("it is still given")
			}
		})
	}
	w := start(t)
	w.keep()
	w.now = begun.Add(time.Minute - 1)
	w.cache.Drop([]cache.Subject{{Source: "psa", Entity: "subscription", ID: "683"}})
	if !w.has() {
		t.Error("it is not given although nothing that it rests on has changed")
	}
	other := key
	other.Caller = "somebody"
	if w.cache.Get(t.Context(), other, w.directory) != nil {
		t.Error("it is given to another caller")
	}
}

func TestWhatWasDroppedWhileItWasMadeIsNotKept(t *testing.T) {
	for name, drop := range map[string][]cache.Subject{"its subject": {subject}, "everything": nil} {
		w := start(t)
		w.cache.Get(t.Context(), key, w.directory)
		before := w.cache.Begin()
		w.cache.Drop(drop)
		if w.cache.Keep(key, before, w.made()) || w.has() {
			t.Errorf("%s: it is kept", name)
		}
	}
}

func TestWhatWouldNotBeGivenTwiceIsNotKept(t *testing.T) {
	w := start(t)
	w.cache.Get(t.Context(), key, w.directory)
	fleeting := w.made()
	fleeting.Basis.IsFleeting = true
	ended := w.made()
	ended.Basis.Until = begun
	large := w.made()
	large.Body = make([]byte, 3<<20)
	for _, a := range []*answers.Answer{fleeting, ended, large} {
		if w.cache.Keep(key, w.cache.Begin(), a) || w.has() {
			t.Errorf("%+v is kept", a.Basis)
		}
	}
	w.hears = false
	if w.cache.Keep(key, w.cache.Begin(), w.made()) {
		t.Error("it is kept although replicas are silent")
	}
}

func TestABodyIsPackedOnce(t *testing.T) {
	w := start(t)
	w.keep()
	packed := 0
	pack := func(body []byte) []byte { packed++; return append([]byte("packed "), body...) }
	for range 3 {
		for _, coding := range []string{"gzip", "br"} {
			if got := string(w.cache.Get(t.Context(), key, w.directory).Encoded(coding, pack)); got != "packed {}" {
				t.Errorf("%s: %s", coding, got)
			}
		}
	}
	if packed != 2 {
		t.Errorf("two codings were packed %d times", packed)
	}
}

func BenchmarkGet(b *testing.B) {
	c := answers.New(answers.Options{Memory: 1 << 20})
	defer c.Close()
	directory := new(accounts.Directory)
	c.Get(b.Context(), key, directory)
	c.Keep(key, c.Begin(), &answers.Answer{Body: []byte("{}"), Directory: directory, Basis: loaders.Basis{Subjects: []cache.Subject{subject}}})
	b.ReportAllocs()
	for b.Loop() {
		if c.Get(b.Context(), key, directory) == nil {
			b.Fatal("it is gone")
		}
	}
}
