// Package intercode simulates the subscription endpoints of an Intercode SaaS
// Kit deployment (intercode.gitbook.io/intercode-saas-kit, "Subscriptions").
package intercode

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// vendor is the deployment's state.
type vendor struct {
	now func() time.Time

	mu        sync.Mutex
	tiers     []tier
	lastTier  int
	checkouts int
	teams     map[string]*team
}

// tier is a plan as the vendor shows it.
type tier struct {
	ID         int    `json:"id"`
	Title      string `json:"title"`
	Price      int64  `json:"price"`
	Priority   int    `json:"priority"`
	UsersLimit int    `json:"usersLimit"`
	TeamsLimit int    `json:"teamsLimit"`
}

// team is one team's subscription.
type team struct {
	row
	ends *time.Time
	// cancelled asks for an end with the period. The vendor shows nothing of
	// it until then.
	cancelled bool
}

// teamSubscription is a team's subscription as the vendor shows it.
type teamSubscription struct {
	TeamID         string  `json:"teamId"`
	SubscriptionID string  `json:"subscriptionId"`
	EndDate        *string `json:"endDate"`
	Price          int64   `json:"price"`
	Status         string  `json:"status"`
	Tier           string  `json:"tier"`
	Priority       int     `json:"priority"`
	UsersLimit     int     `json:"usersLimit"`
	TeamsLimit     int     `json:"teamsLimit"`
}

// New simulates a deployment whose data is seeded relative to now. Any bearer
// token but "invalid" is taken, and sees every team but team_forbidden.
func New(now func() time.Time) http.Handler {
	v := &vendor{now: now, tiers: seedTiers(), teams: map[string]*team{}}
	v.lastTier = len(v.tiers)
	start := now().UTC().Truncate(time.Second)
	for _, r := range rows {
		t := &team{row: r}
		if r.endsIn != nil {
			t.ends = new(start.AddDate(0, 0, *r.endsIn))
		}
		v.teams[r.team] = t
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /subscriptions", v.listTiers)
	mux.HandleFunc("POST /subscriptions", v.createTier)
	mux.HandleFunc("PUT /subscriptions", v.updateTier)
	mux.HandleFunc("DELETE /subscriptions/{id}", v.deleteTier)
	mux.HandleFunc("GET /subscriptions/me", v.me)
	mux.HandleFunc("POST /subscriptions/register", v.register)
	mux.HandleFunc("POST /subscriptions/cancel", v.cancel)
	mux.HandleFunc("POST /subscriptions/cancel-immediately", v.cancelNow)
	mux.HandleFunc("POST /subscriptions/renew", v.renew)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, "Cannot "+r.Method+" "+r.URL.Path)
	})
	return v.authenticated(mux)
}

func (v *vendor) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || token == "" || token == "invalid" {
			refuse(w, http.StatusUnauthorized, "Unauthorized")
			return
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

var teamID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (v *vendor) me(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("teamId")
	switch {
	case !teamID.MatchString(id):
		refuse(w, http.StatusBadRequest, "Invalid team id")
	case id == forbidden:
		refuse(w, http.StatusForbidden, "Access denied")
	case v.teams[id] == nil:
		refuse(w, http.StatusNotFound, "Subscription not found")
	default:
		answer(w, http.StatusOK, v.teams[id].shown(v.now()))
	}
}

// shown is the subscription as of now: a cancelled period has ended by then.
func (t *team) shown(now time.Time) teamSubscription {
	shown := teamSubscription{
		TeamID: t.team, SubscriptionID: t.subscription, Price: t.price, Status: t.status,
		Tier: t.tier, Priority: t.priority, UsersLimit: t.users, TeamsLimit: t.teams,
	}
	if t.ends != nil {
		shown.EndDate = new(t.ends.Format(time.RFC3339))
	}
	if t.over(now) {
		shown.Status = "canceled"
	}
	return shown
}

func (t *team) over(now time.Time) bool {
	return t.cancelled && t.ends != nil && !now.Before(*t.ends)
}

// answer writes a JSON body.
func answer(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(data)
}

// done is what the vendor answers to an action.
func done(w http.ResponseWriter, message, description string) {
	answer(w, http.StatusOK, struct {
		Message     string `json:"message"`
		Description string `json:"description"`
	}{message, description})
}

// refuse writes an error. The vendor documents no body of errors; this one is
// what its framework writes by itself.
func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, struct {
		StatusCode int    `json:"statusCode"`
		Message    string `json:"message"`
		Error      string `json:"error"`
	}{status, message, http.StatusText(status)})
}

// read decodes a request's body; it has answered 400 where it returns false.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	const most = 1 << 20
	data, err := io.ReadAll(io.LimitReader(r.Body, most))
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("Invalid parameters: %v", err))
		return false
	}
	return true
}
