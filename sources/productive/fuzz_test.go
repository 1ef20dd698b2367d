package productive

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/sources/sourcetest"
)

func FuzzNormalise(f *testing.F) {
	for _, pattern := range []string{"testdata/*.json", "testdata/recorded/*.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds in %s: %v", pattern, err)
		}
		for _, file := range files {
			body, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			if !strings.HasSuffix(file, ".golden.json") {
				f.Add(body)
			}
		}
	}
	f.Add([]byte(`{"data":{"type":"organization_subscriptions","attributes":{"active_products":[],"current_plan":{"features":null}}}}`))
	f.Add([]byte(`{"data":{"type":"organization_subscriptions","attributes":{"plan_price":"1e29","current_plan":{"currency":"JPY"}}}}`))
	rules, err := new(Config).rules("src")
	if err != nil {
		f.Fatal(err)
	}
	ref := billing.Ref{Source: "src", Org: "682"}
	f.Fuzz(func(t *testing.T, body []byte) {
		data, err := decode(body)
		if err != nil {
			return
		}
		sub, err := rules.normalise(ref, data, sourcetest.Now)
		if err == nil {
			sourcetest.CheckTotal(t, sub)
		}
		plans, err := rules.catalogue(data)
		for _, plan := range plans {
			if err == nil && plan.ExternalID == "" {
				t.Error("a plan without an id")
			}
		}
	})
}

func BenchmarkNormalise(b *testing.B) {
	body, err := os.ReadFile("testdata/682.json")
	if err != nil {
		b.Fatal(err)
	}
	rules, err := new(Config).rules("src")
	if err != nil {
		b.Fatal(err)
	}
	ref := billing.Ref{Source: "src", Org: "682"}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		data, err := decode(body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := rules.normalise(ref, data, sourcetest.Now); err != nil {
			b.Fatal(err)
		}
	}
}
