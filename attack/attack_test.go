package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The attacks that wait for the gateway's timeouts are left to make attack, and
// the bounds of time are wide: other tests run beside this one.
func TestEveryAttackIsRefusedOrSafe(t *testing.T) {
	var out strings.Builder
	passed, err := options{Quick: true, Slack: 20}.run(&out)
	if err != nil {
		t.Fatal(err)
	}
	if !passed {
		t.Errorf("not all attacks are refused or safe:\n%s", out.String())
	}
	if n := len(attacks()); n < 80 {
		t.Errorf("there are %d attacks", n)
	}
}

func TestARowFailsWhereTheGatewayGivesWay(t *testing.T) {
	const refused = `{"errors":[{"message":"too long","extensions":{"code":"LIMIT_EXCEEDED"}}]}`
	cases := []struct {
		name   string
		status int
		body   string
		pause  time.Duration
		calls  int // that reach sources
		fault  string
	}{
		{"a refusal passes", 400, refused, 0, 0, ""},
		{"an answer", 200, `{"data":{"viewer":null}}`, 0, 0, "status"},
		{"another status", 500, refused, 0, 0, "status"},
		{"another code", 400, strings.Replace(refused, "LIMIT_EXCEEDED", "INTERNAL", 1), 0, 0, "code"},
		{"no error", 400, `{"errors":[]}`, 0, 0, "no error"},
		{"a page", 400, "<html>", 0, 0, "no GraphQL answer"},
		{"data beside the error", 400, strings.Replace(refused, "{", `{"data":null,`, 1), 0, 0, "has data"},
		{"errors without end", 400, `{"errors":[` + strings.Repeat(`{},`, 20) + `{}]}`, 0, 0, "21 errors"},
		{"a stack", 400, strings.Replace(refused, "too long", "goroutine 1", 1), 0, 0, "goroutine"},
		{"a suggestion", 400, strings.Replace(refused, "too long", "Did you mean x", 1), 0, 0, "Did you mean"},
		{"the caller's key", 400, strings.Replace(refused, "too long", "trb_mine", 1), 0, 0, "trb_mine"},
		{"a large refusal", 400, strings.Replace(refused, "too long", again(40_000, "x"), 1), 0, 0, "bytes"},
		{"a slow refusal", 400, refused, 150 * time.Millisecond, 0, "took"},
		{"a refusal after a source was asked", 400, refused, 0, 3, "3 requests"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			calls := `{"calls":{"focus":0}}`
			mux := http.NewServeMux()
			mux.HandleFunc("/graphql", func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(c.pause)
				if c.calls > 0 {
					calls = `{"calls":{"focus":3}}`
				}
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			})
			mux.HandleFunc("/_sandbox/calls", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, calls) })
			server := httptest.NewServer(mux)
			defer server.Close()
			at, err := url.Parse(server.URL + "/graphql")
			if err != nil {
				t.Fatal(err)
			}
			row := attack{send: body(is(honest)), codes: limit}
			got := row.once(&target{url: at, sandbox: server.URL, key: "trb_mine", slack: 2})
			fault := ""
			if got.fault != nil {
				fault = got.fault.Error()
			}
			if (fault == "") != (c.fault == "") || !strings.Contains(fault, c.fault) {
				t.Errorf("the fault is %q, want %q", fault, c.fault)
			}
		})
	}
}
