// Package focus simulates Toggl Focus over real HTTP: its subscription routes,
// its errors, its quota, and a state that its one write changes.
package focus

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// vendor is one simulated Focus.
type vendor struct {
	now           func() time.Time
	mu            sync.Mutex
	organizations map[int64]*organization
}

// New makes a Focus whose data is as of now(). It serves the vendor's routes at
// its root, and under /api as the vendor does.
func New(now func() time.Time) http.Handler {
	v := &vendor{now: now, organizations: organizations(now().UTC())}
	mux := http.NewServeMux()
	const subscriptions = "/organizations/{organization_id}/subscriptions"
	mux.HandleFunc("GET "+subscriptions+"/current", v.serve(v.current))
	mux.HandleFunc("GET "+subscriptions+"/trials/current", v.serve(v.currentTrial))
	mux.HandleFunc("GET "+subscriptions+"/plans", v.serve(v.plans))
	mux.HandleFunc("POST /organizations/{organization_id}/workspaces/{workspace_id}/subscriptions/upsert-forced-trial", v.serve(v.forceTrial))
	mux.Handle("/api/", http.StripPrefix("/api", mux))
	return mux
}

// answer is a status and what is encoded as its body; nil for none.
type answer struct {
	status int
	body   any
}

// failure is the vendor's error body.
type failure struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

func fail(status int, code, description string) answer {
	return answer{status, failure{code, description}}
}

// serve does what all routes share: credentials, the organisation, its quota.
func (v *vendor) serve(route func(*organization, *http.Request) answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		defer v.mu.Unlock()
		write(w, v.answer(w.Header(), r, route))
	}
}

func (v *vendor) answer(header http.Header, r *http.Request, route func(*organization, *http.Request) answer) answer {
	if credential := credential(r); credential == "" || credential == "invalid" {
		return fail(http.StatusUnauthorized, "unauthorized", "Missing or invalid credentials")
	}
	id, err := strconv.ParseInt(r.PathValue("organization_id"), 10, 64)
	if err != nil || id <= 0 {
		return fail(http.StatusBadRequest, "invalid_organization_id", "Invalid organization ID")
	}
	org, ok := v.organizations[id]
	if !ok {
		return fail(http.StatusForbidden, "forbidden", "Insufficient permissions")
	}
	if !org.quota.spend(v.now(), header) {
		return fail(http.StatusPaymentRequired, "quota_exceeded", "The hourly API quota of the organization is used up")
	}
	return route(org, r)
}

// credential is what the vendor would know the caller by: a key as bearer token
// or query parameter, or the session of its web app. Basic does not work there.
func credential(r *http.Request) string {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return token
	}
	if cookie, err := r.Cookie("__Secure-accounts-session"); err == nil {
		return cookie.Value
	}
	return r.URL.Query().Get("token")
}

func write(w http.ResponseWriter, a answer) {
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	body, err := json.Marshal(a.body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	w.Write(body)
}

func (v *vendor) current(org *organization, _ *http.Request) answer {
	switch {
	case org.subscription == nil:
		return answer{http.StatusNoContent, nil}
	case org.older:
		return answer{http.StatusOK, org.olderDocument()}
	default:
		return answer{http.StatusOK, org.document(v.now())}
	}
}

func (v *vendor) currentTrial(org *organization, _ *http.Request) answer {
	switch {
	case org.subscription == nil:
		return fail(http.StatusNotFound, "not_found", "subscription not found")
	case !org.trialRuns(v.now()):
		return answer{http.StatusNoContent, nil}
	default:
		return answer{http.StatusOK, org.trialDocument()}
	}
}

func (v *vendor) plans(*organization, *http.Request) answer {
	return answer{http.StatusOK, catalogue}
}
