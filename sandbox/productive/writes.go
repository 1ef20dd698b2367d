package productive

import (
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// step changes an organisation as a request's attributes say, or names what is
// wrong with them. It is given a copy, which takes the organisation's place
// when nothing is, or when it is done all the same.
type step func(org *organization, attributes map[string]jsontext.Value, now time.Time) *fault

// write makes the handler of a step.
func (v *vendor) write(change step) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		attributes, f := readAttributes(r)
		if f != nil {
			fail(w, *f)
			return
		}
		org, f := v.change(r, change, attributes)
		if f != nil {
			fail(w, *f)
			return
		}
		answer(w, http.StatusOK, org.document())
	}
}

func (v *vendor) change(r *http.Request, change step, attributes map[string]jsontext.Value) (*organization, *fault) {
	v.mu.Lock()
	defer v.mu.Unlock()
	org, f := v.find(r)
	if f != nil {
		return nil, f
	}
	changed := *org
	changed.addOns = maps.Clone(org.addOns)
	f = change(&changed, attributes, v.now())
	if f == nil || f.done {
		v.organizations[org.id] = &changed
	}
	return &changed, f
}

// readAttributes reads a request document, which needs no id; nil for a
// request without a body.
func readAttributes(r *http.Request) (map[string]jsontext.Value, *fault) {
	const largest = 1 << 20
	body, err := io.ReadAll(io.LimitReader(r.Body, largest))
	if err != nil {
		return nil, &fault{status: http.StatusBadRequest, title: "Bad request"}
	}
	if len(body) == 0 {
		return nil, nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/vnd.api+json" {
		return nil, &fault{status: http.StatusUnsupportedMediaType, title: "Unsupported media type"}
	}
	var doc struct {
		Data struct {
			Type       string                    `json:"type"`
			Attributes map[string]jsontext.Value `json:"attributes"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &doc); err != nil || doc.Data.Type != "organization_subscriptions" {
		return nil, &fault{status: http.StatusBadRequest, title: "Invalid document"}
	}
	return doc.Data.Attributes, nil
}

// patch changes what its attributes name; those it does not know do nothing.
// What costs something cannot be changed while a payment is owed.
func patch(org *organization, attributes map[string]jsontext.Value, now time.Time) *fault {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		setter, ok := setters[name]
		if !ok {
			continue
		}
		if f := setter(org, attributes[name], now); f != nil {
			return f
		}
	}
	if token, given := attributes["stripe_token"]; given {
		return org.pay(token, now)
	}
	named := func(name string) bool { _, ok := attributes[name]; return ok }
	if org.owes() && slices.ContainsFunc(costs, named) {
		return &declined
	}
	return nil
}

// cancel keeps plan and dates, and leaves what is cancelled already as it is.
// Reason and note are not looked at.
func cancel(org *organization, _ map[string]jsontext.Value, _ time.Time) *fault {
	if org.id == stripeDown {
		return &stripeTrouble
	}
	state := stateCancelled
	org.state = &state
	return nil
}

// running are the states that there is nothing to reactivate from.
var running = []int{stateNew, statePaying, stateLegacy}

// reactivate leads from any state that does not run back to paying while the
// paid period lasts, and to the state before paying after it.
func reactivate(org *organization, attributes map[string]jsontext.Value, now time.Time) *fault {
	switch {
	case org.id == stripeDown:
		return &stripeTrouble
	case attributes != nil:
		return &fault{status: http.StatusBadRequest, title: "Bad request", detail: "The request takes no body."}
	case org.state != nil && slices.Contains(running, *org.state):
		return &fault{status: http.StatusMethodNotAllowed, title: "Method not allowed", detail: "The subscription is running."}
	}
	state := stateNew
	if org.ends != nil && now.Before(*org.ends) {
		state = statePaying
	}
	org.state = &state
	return nil
}
