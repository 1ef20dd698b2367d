package main_test

import (
	"reflect"
	"strings"
	"testing"

	"tributary/config"
	"tributary/document"
	"tributary/graphqlhttp"
	"tributary/persisted"
	"tributary/sources/upstream"
	"tributary/throttle"
)

func TestTheExampleShowsTheDefaultsOfTheEdge(t *testing.T) {
	t.Parallel()
	c, err := config.Load("config.example.yaml", func(name string) (string, bool) {
		if strings.HasSuffix(name, "_TOKEN") || strings.HasSuffix(name, "_SECRET") || strings.HasSuffix(name, "_ID") {
			return "a value that is long enough", true
		}
		return "", false
	})
	if err != nil {
		t.Fatal(err)
	}
	shown := func(node config.Node, into, defaults any) {
		t.Helper()
		if node.IsZero() {
			t.Errorf("the example does not show %T", into)
		}
		if err := node.Decode(into); err != nil {
			t.Fatal(err)
		}
		if err := (config.Node{}).Decode(defaults); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(into, defaults) {
			t.Errorf("the example shows %+v, and without it there is %+v", into, defaults)
		}
	}
	shown(c.Edge.HTTP, new(graphqlhttp.Settings), new(graphqlhttp.Settings))
	shown(c.Edge.Limits, new(document.Limits), new(document.Limits))
	shown(c.Edge.Documents, new(persisted.Settings), new(persisted.Settings))
	if (c.Cache != config.Cache{Memory: 64 << 20, Answers: config.Answers{Enabled: true, Memory: 16 << 20}}) {
		t.Errorf("the example shows %+v", c.Cache)
	}
	var usual config.Timeouts
	usual.Defaults()
	if c.Timeouts != usual || c.Development != (config.Development{}) {
		t.Errorf("the example shows %+v and %+v", c.Timeouts, c.Development)
	}
	for _, source := range c.Sources {
		if source.Name == "focus" {
			showsTheDefaultsOfASource(t, source.Node)
		}
	}
	var written, without throttle.Settings
	shown(c.Edge.Throttle, &written, &without)
}

func showsTheDefaultsOfASource(t *testing.T, node config.Node) {
	t.Helper()
	var written, without upstream.Config
	fields, err := node.Fields()
	if err != nil {
		t.Fatal(err)
	}
	without.Retry, without.Circuit = new(upstream.Retry), new(upstream.Circuit)
	without.Bulkhead, without.Quota = new(upstream.Bulkhead), &upstream.Quota{}
	without.Retry.Defaults()
	without.Circuit.Defaults()
	without.Bulkhead.Defaults()
	without.Quota.Defaults()
	without.Quota.Windows = []upstream.Window{}
	parts := map[string]any{"retry": &written.Retry, "circuit": &written.Circuit, "bulkhead": &written.Bulkhead, "hedge": &written.Hedge, "quota": &written.Quota}
	for _, field := range fields {
		if into, ok := parts[field.Name]; ok {
			if err := field.Value.Decode(into); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !reflect.DeepEqual(written, without) {
		t.Errorf("the example shows %+v, and without it there is %+v", written, without)
	}
}
