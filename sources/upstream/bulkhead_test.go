package upstream_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/upstream"
)

// held starts a server that answers when it is told to, once for each word.
func held(t testing.TB) (address string, arrived, release chan struct{}, most *atomic.Int64) {
	t.Helper()
	arrived, release, most = make(chan struct{}, 100), make(chan struct{}), new(atomic.Int64)
	var inside atomic.Int64
	address, _ = serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := inside.Add(1)
		defer inside.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		arrived <- struct{}{}
		select {
		case <-release:
			answer(w, "{}")
		case <-r.Context().Done():
		}
	})
	return address, arrived, release, most
}

func TestABulkheadBoundsTheCallsUnderWay(t *testing.T) {
	address, arrived, release, most := held(t)
	client := connect(t, upstream.Config{URL: address, Timeout: time.Minute, Bulkhead: &upstream.Bulkhead{Calls: 2, Wait: 30 * time.Second}})
	var calls sync.WaitGroup
	for range 6 {
		calls.Go(func() {
			if _, err := get(context.Background(), client); err != nil {
				t.Error(err)
			}
		})
	}
	<-arrived
	<-arrived
	until(t, "two under way", func() bool { return client.Health().Calls.UnderWay == 2 })
	for range 6 {
		release <- struct{}{}
	}
	calls.Wait()
	if most.Load() != 2 {
		t.Errorf("%d calls were under way at once, want 2", most.Load())
	}
	if got := client.Health().Calls.UnderWay; got != 0 {
		t.Errorf("%d are under way at the end", got)
	}
}

func TestACallThatFindsNoRoomIsHeldBack(t *testing.T) {
	address, arrived, release, _ := held(t)
	client := connect(t, upstream.Config{
		URL: address, Timeout: time.Minute, Auth: upstream.Auth{Forward: []string{"Authorization"}},
		Bulkhead: &upstream.Bulkhead{Calls: 1}, Circuit: opening(),
	})
	as := func(token string) error {
		_, err := get(upstream.WithForwarded(context.Background(), http.Header{"Authorization": {token}}), client)
		return err
	}
	var calls sync.WaitGroup
	calls.Go(func() { as("one") })
	<-arrived
	for range 8 {
		e, _ := billing.AsError(as("one"))
		if e == nil || e.Code != billing.CodeSourceUnavailable || !e.Unsent {
			t.Fatalf("the answer is %v", e)
		}
	}
	calls.Go(func() { as("two") })
	<-arrived // others have room of their own
	release <- struct{}{}
	release <- struct{}{}
	calls.Wait()
	health := client.Health()
	if health.State != billing.Healthy || health.Circuit != billing.CircuitClosed || health.Calls.RejectedByBulkhead != 8 {
		t.Errorf("the source is %s, its circuit %v, %+v", health.State, health.Circuit, health.Calls)
	}
}

func TestTheWaitForRoomEndsWithThoseWhoWait(t *testing.T) {
	address, arrived, release, _ := held(t)
	client := connect(t, upstream.Config{URL: address, Timeout: time.Minute, Bulkhead: &upstream.Bulkhead{Calls: 1, Wait: time.Minute}})
	var calls sync.WaitGroup
	calls.Go(func() { get(context.Background(), client) })
	<-arrived
	begun := time.Now()
	if _, err := get(billing.WithDemand(context.Background(), demand{until: begun.Add(50 * time.Millisecond)}), client); err == nil {
		t.Error("there was room")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := get(ctx, client); err == nil {
		t.Error("there was room")
	}
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("waited %v", took)
	}
	release <- struct{}{}
	calls.Wait()
}

func TestABulkheadCanBeSwitchedOff(t *testing.T) {
	address, arrived, release, _ := held(t)
	client := connect(t, upstream.Config{URL: address, Timeout: time.Minute, Bulkhead: &upstream.Bulkhead{}})
	var calls sync.WaitGroup
	for range 80 {
		calls.Go(func() { get(context.Background(), client) })
	}
	for range 80 {
		<-arrived
	}
	close(release)
	calls.Wait()
}

// Whoever forwards new credentials with each call gets no more memory than that.
func TestTheCredentialsThatAreRememberedAreBounded(t *testing.T) {
	address, _, status := faulty(t)
	client := connect(t, upstream.Config{URL: address, Auth: upstream.Auth{Forward: []string{"Authorization"}}, Retry: once, Circuit: opening()})
	as := func(token string) {
		get(upstream.WithForwarded(context.Background(), http.Header{"Authorization": {token}}), client)
	}
	status.Store(500)
	for range 4 {
		as("first")
	}
	if client.Health().Circuit != billing.CircuitOpen {
		t.Fatal("the circuit is not open")
	}
	for i := range 1024 {
		as(fmt.Sprint(i))
	}
	if got := client.Health().Circuit; got != billing.CircuitClosed {
		t.Errorf("after 1024 others the first credentials are remembered, their circuit is %v", got)
	}
}
