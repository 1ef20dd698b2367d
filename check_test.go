package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCheckReadsHoldingsWithTheirOwnCredentials(t *testing.T) {
	t.Parallel()
	vendors := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.api+json")
		organization := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		switch token := r.Header.Get("X-Auth-Token"); {
		case organization == "organizations" && token == "sk_live_distinctive":
			fmt.Fprint(w, `{"data":[]}`)
		case token == "sk_live_distinctive_of_"+organization:
			fmt.Fprintf(w, `{"data":{"id":%q,"type":"organization_subscriptions","attributes":{}}}`, organization)
		default:
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"errors":[{"title":%q}]}`, token)
		}
	}))
	defer vendors.Close()
	dir := t.TempDir()
	write(t, dir, "own", "sk_live_distinctive_of_683\n")
	write(t, dir, "tributary.yaml", `sources:
  psa: { kind: productive, url: "`+vendors.URL+`", auth: { headers: { X-Auth-Token: "${TOKEN}" } } }
accounts:
  - id: acme
    subscriptions:
      - { source: psa, id: 681 }
      - { source: psa, id: 682, auth: { headers: { X-Auth-Token: "${TOKEN}_of_682" } } }
      - { source: psa, id: 683, auth: { headers: { X-Auth-Token: "file:own" } } }
      - { source: psa, id: 684, auth: { headers: { X-Auth-Token: "${TOKEN}_of_somebody" } } }
`)
	got := command(t, dir, token, "check", "--config", "tributary.yaml")
	if got.code != 1 || !strings.Contains(got.out, "3 holdings with credentials of their own, of which 2 can be read") {
		t.Errorf("check ends with %d and prints %s%s", got.code, got.out, got.err)
	}
	for line := range strings.Lines(got.out) {
		if strings.HasPrefix(line, "subscription/") && !strings.Contains(line, "subscription/psa/684") {
			t.Errorf("check blames %s", line)
		}
	}
	if !strings.Contains(got.out, "subscription/psa/684") || strings.Contains(got.out+got.err, "sk_live_distinctive") {
		t.Errorf("check prints %s%s", got.out, got.err)
	}
}
