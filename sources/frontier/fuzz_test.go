package frontier

import (
	"path/filepath"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/sources/sourcetest"
	"tributary/sources/wire"
)

func FuzzNormalise(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".json"); !strings.HasSuffix(name, ".golden") {
			f.Add([]byte(document(f, name)))
		}
	}
	f.Add([]byte(`{"subscription":{"state":"canceled","phases":[{"plan_id":"x","reason":"change"},{}]}}`))
	f.Add([]byte(`{"subscription":{"plan":{"products":[null,{"id":"a","features":[{}]}]},"customer":{"tax_data":[{}]}}}`))
	f.Add([]byte(`{"subscriptions":[{"planId":"a","plan_id":"b"}]}`))
	f.Add([]byte(`{"plans":[{"products":[{"prices":[{"amount":"-9223372036854775808","currency":"usd"}]}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, protocol := range []string{REST, Connect} {
			n := normaliser{source: "src", protocol: protocol}
			for _, doc := range subscriptionsIn(body) {
				if sub, err := n.subscription(ref, doc); err == nil {
					sourcetest.CheckTotal(t, sub)
				}
			}
			plansIn(t, n, body)
		}
	})
}

func subscriptionsIn(body []byte) []*subscription {
	var found []*subscription
	var one answer[oneSubscription]
	if wire.Decode(body, &one) == nil && one.body.Subscription != nil {
		found = append(found, one.body.Subscription)
	}
	var list answer[listOfSubscriptions]
	if wire.Decode(body, &list) == nil {
		for i := range list.body.Subscriptions {
			found = append(found, &list.body.Subscriptions[i])
		}
	}
	return found
}

// plansIn checks a plan as a part of the subscription that it completes.
func plansIn(t *testing.T, n normaliser, body []byte) {
	var list answer[listOfPlans]
	if wire.Decode(body, &list) != nil {
		return
	}
	for _, doc := range list.body.Plans {
		r := &wire.Reader{}
		document := planOf(r, doc)
		plan := n.plan(r, &document)
		if r.Err() != nil {
			continue
		}
		sub := &billing.Subscription{ExternalID: "x", Status: billing.StatusActive, Collection: billing.CollectUnknown, Details: &Details{}}
		withPlan(sub, plan)
		sourcetest.CheckTotal(t, sub)
	}
}
