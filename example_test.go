package main_test

import (
	"reflect"
	"strings"
	"testing"

	"tributary/config"
	"tributary/document"
	"tributary/graphqlhttp"
	"tributary/persisted"
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
	var written, without throttle.Settings
	shown(c.Edge.Throttle, &written, &without)
}
