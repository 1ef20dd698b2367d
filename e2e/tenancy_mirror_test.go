package e2e

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// mirror is the four vendors, answering by the credential that they are asked
// with: each plan, product and customer is named after it.
type mirror struct {
	*httptest.Server
	t    testing.TB
	down atomic.Bool
	// revoked is a credential that is no longer taken, nil for none.
	revoked atomic.Pointer[string]
	mu      sync.Mutex
	seen    map[string][]http.Header // vendor -> the headers of each request
}

func newMirror(t testing.TB) *mirror {
	t.Helper()
	m := &mirror{t: t, seen: map[string][]http.Header{}}
	m.Server = httptest.NewServer(m)
	t.Cleanup(m.Close)
	return m
}

// mirrorIDs are what everybody has, one at each vendor.
var mirrorIDs = []string{
	"subscription/focus/4711",
	"subscription/billing/0f3c0000-0000-4000-8000-000000000001/7d1e0000-0000-4000-8000-000000000001",
	"subscription/teams/team_1",
	"subscription/psa/682",
}

// mirrored are the answers by path, with WHO for the credential.
var mirrored = map[string]string{
	"/focus/organizations/4711/subscriptions/current": `{"organization_id":4711,"product":{"handle":"h","name":"WHO"}}`,

	mirrorOrganization + "/subscriptions/7d1e0000-0000-4000-8000-000000000001": `{"subscription":` + mirrorRow + `}`,
	mirrorOrganization + "/subscriptions":                                      `{"subscriptions":[` + mirrorRow + `]}`,
	mirrorOrganization:                                                         `{"billing_accounts":[{"id":"c","name":"WHO"}]}`,
	"/frontier/v1beta1/billing/plans":                                          `{"plans":[{"id":"p","name":"p","title":"WHO"}]}`,

	"/intercode/subscriptions":    `[{"id":1,"title":"WHO"}]`,
	"/intercode/subscriptions/me": `{"teamId":"team_1","status":"active","tier":"WHO"}`,

	"/productive/api/v2/organization_subscriptions/682": `{"data":{"id":"682","type":"organization_subscriptions",
		"attributes":{"subscription_state_id":1,"current_plan":{"id":"p","name":"WHO"}}}}`,
}

const (
	mirrorOrganization = "/frontier/v1beta1/organizations/0f3c0000-0000-4000-8000-000000000001/billing"
	mirrorRow          = `{"id":"7d1e0000-0000-4000-8000-000000000001","customer_id":"c","plan_id":"p","state":"active"}`
)

func (m *mirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	vendor, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	m.mu.Lock()
	m.seen[vendor] = append(m.seen[vendor], r.Header.Clone())
	m.mu.Unlock()
	media := "application/json"
	if vendor == "productive" {
		media = "application/vnd.api+json"
	}
	w.Header().Set("Content-Type", media)
	who := cmp.Or(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), r.Header.Get("X-Auth-Token"), r.Header.Get("X-Tenant"))
	body, known := mirrored[r.URL.Path]
	switch {
	case m.down.Load():
		w.WriteHeader(http.StatusServiceUnavailable)
	case who == "", m.isRevoked(who):
		w.WriteHeader(http.StatusUnauthorized)
	case known:
		fmt.Fprint(w, strings.ReplaceAll(body, "WHO", who))
	default:
		m.t.Errorf("the mirror was asked for %s", r.URL.Path)
		w.WriteHeader(http.StatusNotFound)
	}
}

func (m *mirror) isRevoked(who string) bool {
	revoked := m.revoked.Load()
	return revoked != nil && *revoked == who
}

// calls is how many requests came so far.
func (m *mirror) calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	total := 0
	for _, headers := range m.seen {
		total += len(headers)
	}
	return total
}

// headers are those of all requests that a vendor got.
func (m *mirror) headers(vendor string) []http.Header {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.seen[vendor])
}

// mirrorConfiguration has all four vendors of a mirror at url, with the auth of
// each in the order focus, billing, teams, psa; one serves all.
func mirrorConfiguration(url string, auth ...string) string {
	if len(auth) == 1 {
		auth = slices.Repeat(auth, 4)
	}
	return fmt.Sprintf(`secret: sixteen characters
sources:
  focus: { kind: focus, url: %[1]s/focus, auth: %[2]s }
  billing: { kind: frontier, url: %[1]s/frontier, auth: %[3]s }
  teams: { kind: intercode, url: %[1]s/intercode, auth: %[4]s }
  psa: { kind: productive, url: %[1]s/productive, auth: %[5]s }
accounts:
  - id: acme
    subscriptions:
      - { source: focus, organization: 4711 }
      - { source: billing, organization: 0f3c0000-0000-4000-8000-000000000001 }
      - { source: teams, team: team_1 }
      - { source: psa, id: 682 }
`, url, auth[0], auth[1], auth[2], auth[3])
}
