package intercode

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// tierInput is a tier as it is written: name becomes title, and description,
// features and isPopular are never shown again. null says no more than absence:
// a new tier has 0 there, and one that exists keeps what it has.
type tierInput struct {
	Name        *string `json:"name"`
	Description *string `json:"description"`
	Features    []struct {
		Name string `json:"name"`
	} `json:"features"`
	Price      *float64 `json:"price"` // a whole number
	Priority   *int     `json:"priority"`
	UsersLimit *int     `json:"usersLimit"`
	TeamsLimit *int     `json:"teamsLimit"`
	IsPopular  *bool    `json:"isPopular"`
}

// largestWhole is the last number up to which a JSON number tells all whole
// ones apart.
const largestWhole = 1<<53 - 1

func (in tierInput) apply(t *tier) {
	set(&t.Title, in.Name)
	if in.Price != nil {
		t.Price = int64(*in.Price)
	}
	set(&t.Priority, in.Priority)
	set(&t.UsersLimit, in.UsersLimit)
	set(&t.TeamsLimit, in.TeamsLimit)
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

func (v *vendor) listTiers(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, v.tiers)
}

func (v *vendor) createTier(w http.ResponseWriter, r *http.Request) {
	in, ok := readTier(w, r)
	if !ok {
		return
	}
	if v.titled(*in.Name) >= 0 {
		refuse(w, http.StatusBadRequest, "Subscription tier already exists")
		return
	}
	v.lastTier++
	created := tier{ID: v.lastTier}
	in.apply(&created)
	v.tiers = append(v.tiers, created)
	answer(w, http.StatusCreated, created)
}

// updateTier finds the tier by its name: the vendor's request holds no id.
func (v *vendor) updateTier(w http.ResponseWriter, r *http.Request) {
	in, ok := readTier(w, r)
	if !ok {
		return
	}
	i := v.titled(*in.Name)
	if i < 0 {
		refuse(w, http.StatusNotFound, "Subscription tier not found")
		return
	}
	in.apply(&v.tiers[i])
	answer(w, http.StatusOK, v.tiers[i])
}

func readTier(w http.ResponseWriter, r *http.Request) (tierInput, bool) {
	var in tierInput
	if !read(w, r, &in) {
		return in, false
	}
	if in.Name == nil || *in.Name == "" {
		refuse(w, http.StatusBadRequest, "name should not be empty")
		return in, false
	}
	if p := in.Price; p != nil && (*p != math.Trunc(*p) || math.Abs(*p) > largestWhole) {
		refuse(w, http.StatusBadRequest, "price must be an integer number")
		return in, false
	}
	return in, true
}

// titled is the index of the first tier of that title; -1 where there is none.
func (v *vendor) titled(title string) int {
	return slices.IndexFunc(v.tiers, func(t tier) bool { return t.Title == title })
}

func (v *vendor) deleteTier(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	i := slices.IndexFunc(v.tiers, func(t tier) bool { return t.ID == id })
	if err != nil || i < 0 {
		refuse(w, http.StatusNotFound, "Subscription tier not found")
		return
	}
	v.tiers = slices.Delete(v.tiers, i, i+1)
	done(w, "Subscription tier deleted successfully", "The subscription tier has been deleted successfully.")
}

// register answers an address to pay at. Nothing changes before somebody pays
// there, which nobody does in a sandbox.
func (v *vendor) register(w http.ResponseWriter, r *http.Request) {
	var in struct {
		PriceID        string  `json:"priceId"`
		Quantity       int     `json:"quantity"`
		TeamID         *string `json:"teamId"`
		IsTeamCreation *bool   `json:"isTeamCreation"`
	}
	if !read(w, r, &in) {
		return
	}
	switch {
	case in.PriceID == "" || in.Quantity < 1 || in.IsTeamCreation == nil,
		in.TeamID == nil && !*in.IsTeamCreation,
		in.TeamID != nil && !teamID.MatchString(*in.TeamID):
		refuse(w, http.StatusBadRequest, "Invalid parameters")
		return
	case in.TeamID != nil && *in.TeamID == forbidden:
		refuse(w, http.StatusForbidden, "Access denied")
		return
	}
	v.checkouts++
	answer(w, http.StatusOK, struct {
		Redirect bool   `json:"redirect"`
		URL      string `json:"url"`
	}{true, fmt.Sprintf("https://checkout.stripe.com/pay/cs_test_sandbox%06d", v.checkouts)})
}

func (v *vendor) cancel(w http.ResponseWriter, r *http.Request) {
	t, ok := v.named(w, r)
	if !ok || v.isOver(w, t) {
		return
	}
	t.cancelled = true
	done(w, "Subscription period cancelled successfully", "The subscription period has been cancelled successfully.")
}

func (v *vendor) cancelNow(w http.ResponseWriter, r *http.Request) {
	t, ok := v.named(w, r)
	if !ok || v.isOver(w, t) {
		return
	}
	t.status, t.cancelled = "canceled", false
	t.ends = new(v.now().UTC().Truncate(time.Second))
	done(w, "Subscription cancelled successfully", "The subscription has been cancelled successfully.")
}

func (v *vendor) renew(w http.ResponseWriter, r *http.Request) {
	t, ok := v.named(w, r)
	if !ok || v.isOver(w, t) {
		return
	}
	t.cancelled = false
	done(w, "Subscription period renewed successfully", "The subscription period has been renewed successfully.")
}

// named is the team whose subscription the request names; it has answered
// where it returns false.
func (v *vendor) named(w http.ResponseWriter, r *http.Request) (*team, bool) {
	var in struct {
		Subscription string `json:"subscription"`
	}
	if !read(w, r, &in) {
		return nil, false
	}
	if in.Subscription == "" {
		refuse(w, http.StatusBadRequest, "Invalid parameters")
		return nil, false
	}
	for _, t := range v.teams {
		if t.subscription == in.Subscription {
			return t, true
		}
	}
	refuse(w, http.StatusNotFound, "Subscription not found")
	return nil, false
}

// isOver has answered where it returns true: what has ended has no period left
// to cancel or renew.
func (v *vendor) isOver(w http.ResponseWriter, t *team) bool {
	switch {
	case t.over(v.now()), t.status == "canceled", t.status == "cancelled", t.status == "incomplete_expired":
		refuse(w, http.StatusBadRequest, "Subscription is not active")
		return true
	}
	return false
}
