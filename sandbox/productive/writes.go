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
// when nothing is.
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
	if f := change(&changed, attributes, v.now()); f != nil {
		return nil, f
	}
	v.organizations[org.id] = &changed
	return &changed, nil
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
	if _, paid := attributes["stripe_token"]; paid {
		org.startPaying(now)
	}
	return nil
}

func cancel(org *organization, _ map[string]jsontext.Value, _ time.Time) *fault {
	if org.id == stripeDown {
		return &stripeTrouble
	}
	state := stateCancelled
	org.state = &state
	return nil
}

// reactivate leads back to paying while the paid period lasts, and to the
// state before paying after it.
func reactivate(org *organization, attributes map[string]jsontext.Value, now time.Time) *fault {
	switch {
	case org.id == stripeDown:
		return &stripeTrouble
	case attributes != nil:
		return &fault{status: http.StatusBadRequest, title: "Bad request", detail: "The request takes no body."}
	case org.state == nil || *org.state != stateCancelled:
		return &fault{status: http.StatusMethodNotAllowed, title: "Method not allowed", detail: "The subscription is not cancelled."}
	}
	state := stateNew
	if org.ends != nil && now.Before(*org.ends) {
		state = statePaying
	}
	org.state = &state
	return nil
}

// retryLastPayment succeeds wherever there is a card.
func retryLastPayment(org *organization, _ map[string]jsontext.Value, now time.Time) *fault {
	if org.card == nil {
		return &declined
	}
	org.graceEnds = nil
	org.startPaying(now)
	return nil
}

var (
	declined      = fault{status: http.StatusPaymentRequired, title: "Stripe error", detail: "The card was declined."}
	stripeTrouble = fault{status: http.StatusServiceUnavailable, title: "Stripe error", detail: "A temporary problem with Stripe's servers."}
)

// startPaying begins a cycle that is paid for.
func (o *organization) startPaying(now time.Time) {
	state := statePaying
	o.state, o.pending = &state, 0
	if o.ends == nil || !now.Before(*o.ends) {
		length := map[string]int{"month": 30, "quarter": 91, "year": 365, "biannual": 730}[o.cycle]
		o.ends = endOfDay(now, length)
	}
}
