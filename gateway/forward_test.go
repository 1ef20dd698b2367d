package gateway_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// TestTheKeyOfTheGatewayIsForTheGatewayAlone asks in every way to pass on what a
// caller sent.
func TestTheKeyOfTheGatewayIsForTheGatewayAlone(t *testing.T) {
	var mu sync.Mutex
	var heard []http.Header
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		heard = append(heard, r.Header.Clone())
		mu.Unlock()
		w.Header().Set("Content-Type", "application/vnd.api+json")
		fmt.Fprint(w, `{"data":{"id":"682","type":"organization_subscriptions","attributes":{"subscription_state_id":1}}}`)
	}))
	defer source.Close()
	e := open(t, func(string) string {
		_, keys, _ := strings.Cut(facing("")(""), "auth:\n  mode:")
		return `secret: sixteen characters
sources:
  psa: { kind: productive, url: '` + source.URL + `', timezone: UTC, auth: { forward: [Authorization, X-Api-Key, Cookie] } }
accounts: [{ id: acme, subscriptions: [{ source: psa, id: 682 }] }]
auth:
  mode:` + keys
	})
	calls := 0
	const mine = "the-callers-own-token"
	for _, c := range []struct {
		name       string
		header     http.Header
		authorized []string // what the source hears
	}{
		{"the key in X-Api-Key", http.Header{"X-Api-Key": {acme.key}}, nil},
		{"the key as a Bearer", http.Header{"Authorization": {"Bearer " + acme.key}}, nil},
		{"the key in X-Api-Key beside a token", http.Header{"X-Api-Key": {acme.key}, "Authorization": {"Bearer " + mine}}, []string{"Bearer " + mine}},
		{"the key as a Bearer beside a cookie", http.Header{"Authorization": {"Bearer " + acme.key}, "Cookie": {"session=" + mine}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := media("application/json")
			maps.Copy(header, c.header)
			r := e.send("POST", "/graphql", header, asked(`{ subscription(id: "subscription/psa/682") { status } }`))
			if len(r.Errors) > 0 || strings.Contains(r.body, acme.key) || strings.Contains(r.body, mine) {
				t.Errorf("answered %d %s", r.status, r.body)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, header := range heard {
				if strings.Contains(fmt.Sprint(header), acme.key) {
					t.Errorf("the source was sent the key: %v", header)
				}
				if got := header["Authorization"]; strings.Join(got, ",") != strings.Join(c.authorized, ",") {
					t.Errorf("the source was sent Authorization %v, want %v", got, c.authorized)
				}
			}
			calls += len(heard)
			heard = nil
		})
	}
	// What is answered without a credential is kept for the next who has none.
	if calls != 3 {
		t.Errorf("the source was asked %d times", calls)
	}
	if log := e.log.Text(); strings.Contains(log, acme.key) || strings.Contains(log, mine) {
		t.Error("the log holds a credential")
	}
}
