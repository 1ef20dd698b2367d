package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestADrainingGatewayIsAliveAndNotReady(t *testing.T) {
	e := start(t)
	if r := e.send("GET", "/readyz", nil, nil); r.status != http.StatusOK {
		t.Errorf("before, /readyz answers %d", r.status)
	}
	e.built.Gateway.Ready.Drain()
	if r := e.send("GET", "/readyz", nil, nil); r.status != http.StatusServiceUnavailable || !strings.HasPrefix(r.body, `{"dependency":"gateway","state":"draining"}`+"\n") {
		t.Errorf("/readyz answers %d %s", r.status, r.body)
	}
	if r := e.send("GET", "/healthz", nil, nil); r.status != http.StatusOK {
		t.Errorf("/healthz answers %d", r.status)
	}
	if r := e.send("POST", "/graphql", media("application/json"), strings.NewReader(viewer)); r.status != http.StatusOK {
		t.Errorf("a query is answered %d", r.status)
	}
}

func TestAClientThatLeavesHurtsNobody(t *testing.T) {
	e := start(t)
	fault := strings.NewReader(`{"source":"psa","delay":"1s"}`)
	resp, err := http.Post(e.upstreams+"/_sandbox/faults", "application/json", fault)
	if err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatal("the fault was refused", err)
	}
	resp.Body.Close()
	query := `{"query":"{ subscription(id: \"subscription/psa/682\") { status } }"}`
	ctx, leave := context.WithCancel(context.Background())
	left := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(ctx, "POST", e.url+"/graphql", strings.NewReader(query))
		if err == nil {
			req.Header.Set("Content-Type", "application/json")
			_, err = http.DefaultClient.Do(req)
		}
		left <- err
	}()
	deadline := time.Now().Add(20 * time.Second)
	for calls := ""; !strings.Contains(calls, `"productive":1`) && time.Now().Before(deadline); {
		resp, err := http.Get(e.upstreams + "/_sandbox/calls")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		calls = string(text)
	}
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Fatalf("the client that left got %v", err)
	}
	// The one who stays gets what the other one's question brought.
	r := e.send("POST", "/graphql", media("application/json"), strings.NewReader(query))
	if r.status != http.StatusOK || len(r.Errors) > 0 || !strings.Contains(r.body, "ACTIVE") {
		t.Errorf("who stays is answered %d %s", r.status, r.body)
	}
	r = e.send("GET", "/readyz", nil, nil)
	if !strings.Contains(r.body, `{"dependency":"source/psa","state":"HEALTHY"}`) {
		t.Errorf("after a client left, /readyz answers %s", r.body)
	}
}
