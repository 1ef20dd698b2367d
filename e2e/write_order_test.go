package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/redistest"
	"tributary/sandbox"
)

func TestMutationsOfOneDocumentRunInOrder(t *testing.T) {
	a := start(t, nil).mustAsk(`mutation {
		cancel: cancelSubscription(input: { id: "subscription/psa/682" }) { subscription { cancellation { atPeriodEnd } } userErrors { code } }
		again: cancelSubscription(input: { id: "subscription/psa/682" }) { subscription { id } userErrors { code } }
		renew: renewSubscription(input: { id: "subscription/psa/682" }) { subscription { cancellation { atPeriodEnd } seats { purchased } } userErrors { code } }
		seats: changeSubscription(input: { id: "subscription/psa/682", seats: 33 }) { subscription { seats { purchased } } userErrors { code } }
	}`, nil)
	if a.at("cancel", "subscription", "cancellation") == nil || a.ending("again") != "CONFLICT" ||
		a.at("renew", "subscription", "cancellation") != nil || a.at("renew", "subscription", "seats", "purchased") != float64(25) ||
		a.at("seats", "subscription", "seats", "purchased") != float64(33) {
		t.Errorf("answered %s", a.raw)
	}
}

// Writes to one subscription never overlap, on any replica; those to others do.
func TestWritesToOneSubscriptionAreMadeOneByOne(t *testing.T) {
	vendors := sandbox.New(newClock().now).Handler()
	var at, most sync.Map // subscription -> *atomic.Int64
	count := func(m *sync.Map, key string) *atomic.Int64 {
		n, _ := m.LoadOrStore(key, new(atomic.Int64))
		return n.(*atomic.Int64)
	}
	var everything, together atomic.Int64
	raise := func(most *atomic.Int64, n int64) {
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			raise(count(&most, r.URL.Path), count(&at, r.URL.Path).Add(1))
			raise(&together, everything.Add(1))
			defer count(&at, r.URL.Path).Add(-1)
			defer everything.Add(-1)
		}
		vendors.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	w := &world{t: t, clock: newClock(), upstreams: server}
	text := "redis: { url: '" + redistest.Start(t).URL() + "', timeout: 2s }\n" + sandbox.Configuration(server.URL)
	gateways := []*world{w.another(text), w.another(text)}
	w.fault(`{"source":"psa","method":"PATCH","delay":"60ms"}`)
	var writing sync.WaitGroup
	for i := range 16 {
		writing.Go(func() {
			id := fmt.Sprint("subscription/psa/", 682+i%2)
			a := gateways[i/2%2].ask(onSubscription("changeSubscription", fmt.Sprintf(", seats: %d", 100+i))(id), nil)
			if a.ending("changeSubscription") != "" || a.at("changeSubscription", "subscription", "seats", "purchased") != float64(100+i) {
				t.Errorf("answered %s", a.raw)
			}
		})
	}
	writing.Wait()
	for _, path := range []string{"/productive/api/v2/organization_subscriptions/682", "/productive/api/v2/organization_subscriptions/683"} {
		if got := count(&most, path).Load(); got != 1 {
			t.Errorf("%d writes to %s were under way at once", got, path)
		}
	}
	if together.Load() < 2 {
		t.Error("writes to two subscriptions waited for each other")
	}
}

// A gateway whose lease is gone sends nothing: another may have written meanwhile.
func TestAWriteWhoseLeaseWasLostIsNotSent(t *testing.T) {
	server := redistest.Start(t)
	w := start(t, func(text string) string { return "redis: { url: '" + server.URL() + "', timeout: 2s }\n" + text })
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { client.Close() })
	w.fault(`{"source":"psa","method":"GET","delay":"500ms","times":1}`)
	answers := make(chan *answer)
	go func() { answers <- w.ask(buySeats(62, ""), nil) }()
	const lease = "tributary:lock:psa:subscription/psa/683:running"
	eventually(t, func() bool { return client.Exists(t.Context(), lease).Val() == 1 })
	if err := client.Set(t.Context(), lease, "another's", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if a := <-answers; a.ending("changeSubscription") != "CONFLICT" || w.writes() != 0 {
		t.Errorf("answered %s, after %d writes", a.raw, w.writes())
	}
}

// A client that leaves before anything was sent stops its write; one that leaves
// after does not.
func TestAWriteThatWasSentIsSeenThroughThoughTheClientLeaves(t *testing.T) {
	w := start(t, nil)
	w.fault(`{"source":"psa","method":"PATCH","delay":"300ms","times":1}`)
	front, err := url.Parse(w.gateway.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(httputil.NewSingleHostReverseProxy(front))
	t.Cleanup(proxy.Close)
	client := &http.Client{}
	req, err := http.NewRequest(http.MethodPost, proxy.URL+"/graphql", strings.NewReader(fmt.Sprintf(`{"query":%q}`, buySeats(61, keyed("left")))))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if resp, err := client.Do(req); err == nil {
			resp.Body.Close()
		}
	}()
	eventually(t, func() bool { return w.writes() == 1 })
	proxy.CloseClientConnections()
	<-gone
	if a := w.mustAsk(buySeats(61, keyed("left")), nil); a.at("changeSubscription", "subscription", "seats", "purchased") != float64(61) {
		t.Errorf("the repetition is answered %s", a.raw)
	}
	if got := w.writes(); got != 1 {
		t.Errorf("made %d writes", got)
	}
	w.mustAsk(purchased, nil).shows(t, 61)
}
