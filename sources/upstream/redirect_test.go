package upstream_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"tributary/billing"
	"tributary/secrets"
	"tributary/sources/upstream"
)

func TestARedirectToAnotherHostIsRefusedAndTellsItNothing(t *testing.T) {
	var asked atomic.Int64
	other, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		answer(w, "{}")
	})
	forms := map[string]upstream.Auth{
		"bearer":  {Bearer: "hunter2"},
		"basic":   {Basic: &upstream.Basic{Username: "u", Password: "hunter2"}},
		"headers": {Headers: map[string]string{"X-Auth-Token": "hunter2"}},
		"forward": {Forward: []string{"X-Session"}},
		"own":     {},
	}
	own := openOwn(t, upstream.Auth{Bearer: "hunter2", Headers: map[string]string{"X-Auth-Token": "hunter2"}}, new(secrets.Files))
	for name, auth := range forms {
		for _, code := range []int{301, 302, 303, 307, 308} {
			for _, req := range []upstream.Request{{}, {Method: http.MethodPost}, {Method: http.MethodPost, Read: true}} {
				t.Run(fmt.Sprintf("%s %d %s", name, code, req.Method), func(t *testing.T) {
					address, calls := serve(t, func(w http.ResponseWriter, r *http.Request) {
						http.Redirect(w, r, other+"/?token=s3cret", code)
					})
					client := owning(t, upstream.Config{URL: address, Auth: auth}, nil, func(string) *upstream.Credentials {
						if name == "own" {
							return own
						}
						return nil
					})
					req.Org = "organisation"
					ctx := upstream.WithForwarded(context.Background(), http.Header{"X-Session": {"hunter2"}})
					_, err := ask(ctx, client, req)
					want := billing.CodeSourceUnavailable
					if req.Method == http.MethodPost && !req.Read {
						want = billing.CodeOutcomeUnknown
					}
					wantCode(t, err, want)
					if calls.Load() != 1 {
						t.Errorf("made %d calls, want 1", calls.Load())
					}
					if err != nil && containsAny(err.Error(), "s3cret", "hunter2", strings.TrimPrefix(other, "http://")) {
						t.Errorf("the log is told where it leads: %v", err)
					}
				})
			}
		}
	}
	if asked.Load() != 0 {
		t.Errorf("the other host was asked %d times", asked.Load())
	}
}

func TestOtherSchemesAndPortsAreOtherHosts(t *testing.T) {
	var target string
	address, calls := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, http.StatusFound) })
	host := strings.TrimPrefix(address, "http://")
	for name, location := range map[string]string{
		"another scheme":            "https://" + host + "/x",
		"another port":              "http://127.0.0.1:1/x",
		"the default port":          "http://127.0.0.1/x",
		"a host that begins alike":  "http://127.0.0.1.example.com/x",
		"a host behind an at sign":  "http://" + host + "@example.com/x",
		"a host behind two slashes": "//example.com/x",
		"a host below":              "http://a." + host + "/x",
		"a host that ends in a dot": strings.Replace(address, "127.0.0.1", "127.0.0.1.", 1) + "/x",
		"credentials for the host":  "http://me:hunter2@" + host + "/x",
		"a name for the host":       "http://me@" + host + "/x",
		"no HTTP":                   "file:///etc/passwd",
	} {
		t.Run(name, func(t *testing.T) {
			target = location
			before := calls.Load()
			_, err := get(context.Background(), dial(t, address))
			wantCode(t, err, billing.CodeSourceUnavailable)
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the log is told %v", err)
			}
			if calls.Load()-before != 1 {
				t.Errorf("made %d calls, want 1", calls.Load()-before)
			}
		})
	}
}

func TestARedirectOfAGETWithinTheHostIsFollowed(t *testing.T) {
	for _, absolute := range []bool{false, true} {
		for _, code := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprintf("%d, absolute %t", code, absolute), func(t *testing.T) {
				address, calls := serve(t, func(w http.ResponseWriter, r *http.Request) {
					target := "/moved/x"
					if absolute {
						target = "http://" + r.Host + target
					}
					if r.URL.Path != "/moved/x" {
						http.Redirect(w, r, target, code)
						return
					}
					answer(w, r.Method+" "+r.Header.Get("Authorization")+" "+r.Header.Get("X-Org"))
				})
				client := connect(t, upstream.Config{URL: address, Auth: upstream.Auth{Bearer: "t", Headers: map[string]string{"X-Org": "1"}}})
				meter := new(upstream.Meter)
				resp, err := get(upstream.WithMeter(context.Background(), meter), client)
				if err != nil {
					t.Fatal(err)
				}
				if string(resp.Body) != "GET Bearer t 1" {
					t.Errorf("it arrived as %q", resp.Body)
				}
				if calls.Load() != 2 || meter.Calls() != 2 {
					t.Errorf("made %d calls and counted %d, want 2", calls.Load(), meter.Calls())
				}
			})
		}
	}
}

func TestARedirectThatIsNotFollowedIsNotRepeatedEither(t *testing.T) {
	// 303 is how some servers answer a write that they have carried out.
	const read, write = billing.CodeSourceUnavailable, billing.CodeOutcomeUnknown
	cases := map[string]struct {
		req   upstream.Request
		calls int64
		code  billing.Code
	}{
		"a loop ends after three":    {upstream.Request{}, 4, read},
		"a write":                    {upstream.Request{Method: http.MethodPost, Body: []byte("{}")}, 1, write},
		"a deletion":                 {upstream.Request{Method: http.MethodDelete}, 1, write},
		"a POST that reads":          {upstream.Request{Method: http.MethodPost, Read: true, Body: []byte("{}")}, 1, read},
		"a write that has no body":   {upstream.Request{Method: http.MethodPut}, 1, write},
		"a write that changes parts": {upstream.Request{Method: http.MethodPatch, Body: []byte("{}")}, 1, write},
	}
	for name, c := range cases {
		for _, code := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprintf("%s %d", name, code), func(t *testing.T) {
				address, calls := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", code) })
				meter := new(upstream.Meter)
				_, err := ask(upstream.WithMeter(context.Background(), meter), dial(t, address), c.req)
				wantCode(t, err, c.code)
				if calls.Load() != c.calls || meter.Calls() != c.calls {
					t.Errorf("made %d calls and counted %d, want %d", calls.Load(), meter.Calls(), c.calls)
				}
			})
		}
	}
}
