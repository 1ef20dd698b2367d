package upstream_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"tributary/billing"
	"tributary/sources/upstream"
)

func TestAddresses(t *testing.T) {
	cases := map[string]struct {
		base  string
		path  []string
		query url.Values
		want  string
	}{
		"no base path":                        {"", []string{"a", "b"}, nil, "/a/b"},
		"a base of a slash":                   {"/", []string{"a"}, nil, "/a"},
		"a base path":                         {"/api", []string{"a"}, nil, "/api/a"},
		"a base path that ends with a slash":  {"/api/", []string{"a"}, nil, "/api/a"},
		"a base path that ends with slashes":  {"/api///", []string{"a"}, nil, "/api/a"},
		"an escape in the base path":          {"/a%2Fb", []string{"c"}, nil, "/a%2Fb/c"},
		"no path":                             {"/api", nil, nil, "/api"},
		"a slash within a segment":            {"/api", []string{"a/b"}, nil, "/api/a%2Fb"},
		"an escape within a segment":          {"/api", []string{"a%2Fb"}, nil, "/api/a%252Fb"},
		"escaped dots within a segment":       {"/api", []string{"%2e%2e", "x"}, nil, "/api/%252e%252e/x"},
		"a question mark within a segment":    {"/api", []string{"a?b=c"}, nil, "/api/a%3Fb=c"},
		"a fragment within a segment":         {"/api", []string{"a#b"}, nil, "/api/a%23b"},
		"a line break within a segment":       {"/api", []string{"a\r\nHost: b"}, nil, "/api/a%0D%0AHost:%20b"},
		"another address within a segment":    {"/api", []string{"http://b"}, nil, "/api/http:%2F%2Fb"},
		"letters beyond ASCII":                {"/api", []string{"café"}, nil, "/api/caf%C3%A9"},
		"dots beside other letters":           {"/api", []string{"...", "a..b", ".a"}, nil, "/api/.../a..b/.a"},
		"a query, sorted and escaped":         {"/api", []string{"a"}, url.Values{"q": {"1&2"}, "b": {"x y"}}, "/api/a?b=x+y&q=1%262"},
		"a query that names nothing":          {"/api", []string{"a"}, url.Values{}, "/api/a"},
		"a method of Connect keeps its dots":  {"", []string{"raystack.frontier.v1.Service", "Get"}, nil, "/raystack.frontier.v1.Service/Get"},
		"a key with colons and at signs":      {"", []string{"a:b@c"}, nil, "/a:b@c"},
		"a semicolon and a comma are escaped": {"", []string{"a;b,c"}, nil, "/a%3Bb%2Cc"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got string
			address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got = r.RequestURI
				answer(w, "{}")
			})
			client := dial(t, address+c.base)
			if _, err := ask(context.Background(), client, upstream.Request{Path: c.path, Query: c.query}); err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("the source was asked for %q, want %q", got, c.want)
			}
		})
	}
}

func TestPathsThatLeadElsewhereAreNotSent(t *testing.T) {
	address, calls := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, "{}") })
	client := dial(t, address+"/api")
	meter := new(upstream.Meter)
	ctx := upstream.WithMeter(context.Background(), meter)
	for _, segment := range []string{"", ".", "..", "../x", "x/..", "x/../y", "/..", `..\x`, `x\..`, "./x", "x/./y", "x/.."} {
		_, err := ask(ctx, client, upstream.Request{Path: []string{"organizations", segment, "subscriptions"}})
		wantCode(t, err, billing.CodeBadUserInput)
	}
	if calls.Load() != 0 || meter.Calls() != 0 {
		t.Errorf("the source was asked %d times, %d were counted", calls.Load(), meter.Calls())
	}
	if state := client.Health().State; state != billing.HealthUnknown {
		t.Errorf("the source is %s, and was never asked", state)
	}
}
