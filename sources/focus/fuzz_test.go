package focus

import (
	"os"
	"path/filepath"
	"testing"

	"tributary/billing"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

// FuzzNormalise holds that whatever bytes Focus sends become a subscription
// that can be shown, or an error.
func FuzzNormalise(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`{"subscription":{"state":"\u0000"},"price":{"cost_in_cents":9223372036854775807,"currency":"jpy"}}`))
	f.Add([]byte(`{"track_subscription":{"cancel_date":"9999-12-31T23:59:59-12:00"}}`))
	source, err := New("src", Config{Config: upstream.Config{URL: "https://focus.example.com"}, PriceBasis: "seat"}, sourcetest.Options())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if sub, err := source.read(body, billing.Ref{Source: "src", Org: "4711"}); err == nil {
			sourcetest.CheckTotal(t, sub)
			source.JoinTrial(sub, &billing.Trial{})
			sub.MonthlyRecurring()
		}
		if trial, err := source.readTrial(body, "4711"); err == nil {
			sub := &billing.Subscription{ExternalID: "4711", Status: billing.StatusUnknown, Collection: billing.CollectUnknown, Details: &Details{}}
			source.JoinTrial(sub, trial)
			sourcetest.CheckTotal(t, sub)
		}
		source.readPlans(body)
	})
}
