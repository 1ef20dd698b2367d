// Package productive simulates the organisation subscriptions of Productive.io
// over real HTTP: JSON:API documents in the shape of its published exchanges.
package productive

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Organisations that answer in a way of their own.
const (
	// stripeDown answers 503 to cancelling and reactivating, and does neither.
	stripeDown = "697"
	// limited has the vendor's rate limit, which the others do without.
	limited = "699"
)

// The vendor's limit: so many requests of one token in a fixed window.
const (
	requestsPerWindow = 100
	window            = 10 * time.Second
)

type vendor struct {
	now func() time.Time

	mu            sync.Mutex
	organizations map[string]*organization
	windowEnds    time.Time
	requests      map[string]int // by token, in the window
}

// New makes a vendor with organisations 682 to 699, seeded relative to now().
// It wants the headers X-Auth-Token and X-Organization-Id, takes any value but
// "invalid" for the token, and any organisation for any other, which the real
// one refuses. Any stripe_token pays but those in troubles.
func New(now func() time.Time) http.Handler {
	v := &vendor{now: now, organizations: seed(now()), requests: make(map[string]int)}
	const one = "/api/v2/organization_subscriptions/{id}"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+one, v.get)
	mux.HandleFunc("PATCH "+one, v.write(patch))
	mux.HandleFunc("PATCH "+one+"/cancel", v.write(cancel))
	mux.HandleFunc("PATCH "+one+"/reactivate", v.write(reactivate))
	mux.HandleFunc("PATCH "+one+"/retry_last_payment", v.write(retryLastPayment))
	mux.HandleFunc("GET /api/v2/organizations", v.list)
	for _, path := range []string{one, one + "/cancel", one + "/reactivate", one + "/retry_last_payment", "/api/v2/organizations"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			fail(w, fault{status: http.StatusMethodNotAllowed, title: "Method not allowed"})
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fail(w, notFound) })
	return authenticated(mux)
}

// authenticated refuses a request without credentials, or with the token
// "invalid".
func authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, organization := r.Header.Get("X-Auth-Token"), r.Header.Get("X-Organization-Id")
		if token == "" || token == "invalid" || organization == "" {
			fail(w, fault{status: http.StatusUnauthorized, code: "invalid_auth_token", title: "Unauthenticated", textStatus: true})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (v *vendor) get(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	org, f := v.find(r)
	v.mu.Unlock()
	if f != nil {
		fail(w, *f)
		return
	}
	answer(w, http.StatusOK, org.document())
}

// find is the organisation of the path, unless it is unknown or over its
// limit. It is not changed any more: a write puts another in its place.
func (v *vendor) find(r *http.Request) (*organization, *fault) {
	id := r.PathValue("id")
	if id == limited && v.exhausted(r.Header.Get("X-Auth-Token")) {
		left := v.windowEnds.Sub(v.now()).Round(time.Second)
		return nil, &fault{
			status: http.StatusTooManyRequests, title: "Too many requests", detail: "The request limit of the token is used up.",
			limit: requestsPerWindow, period: window, resetsIn: max(left, time.Second),
		}
	}
	org, ok := v.organizations[id]
	if !ok {
		return nil, &notFound
	}
	return org, nil
}

// exhausted counts a request and reports whether it is past the limit.
func (v *vendor) exhausted(token string) bool {
	if now := v.now(); !now.Before(v.windowEnds) {
		v.windowEnds = now.Add(window)
		clear(v.requests)
	}
	v.requests[token]++
	return v.requests[token] > requestsPerWindow
}

// list pages through the organisations by their numbers.
func (v *vendor) list(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	query := r.URL.Query()
	size := positive(query.Get("page[size]"), 30)
	number := positive(query.Get("page[number]"), 1)
	const largest = 200
	size = min(size, largest)
	ids := slices.Sorted(maps.Keys(v.organizations))
	page := listDocument{Data: []organizationDocument{}, Meta: pageMeta{
		CurrentPage: number, TotalPages: (len(ids) + size - 1) / size, TotalCount: len(ids), PageSize: size, MaxPageSize: largest,
	}}
	if page.Meta.TotalPages >= number {
		first := (number - 1) * size
		for _, id := range ids[first:min(first+size, len(ids))] {
			page.Data = append(page.Data, v.organizations[id].named())
		}
	}
	answer(w, http.StatusOK, page)
}

func positive(text string, otherwise int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return otherwise
	}
	return n
}
