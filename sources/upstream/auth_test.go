package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"tributary/sources/upstream"
)

func TestCredentialsThatAreSent(t *testing.T) {
	caller := http.Header{
		"Authorization": {"Bearer caller"}, "Cookie": {"a=1", "b=2"}, "X-Other": {"kept"}, "User-Agent": {"browser"},
	}
	cases := map[string]struct {
		auth upstream.Auth
		want map[string][]string
	}{
		"none":   {upstream.Auth{}, map[string][]string{"Authorization": nil, "User-Agent": {"tributary"}}},
		"bearer": {upstream.Auth{Bearer: "t0ken"}, map[string][]string{"Authorization": {"Bearer t0ken"}}},
		"basic": {upstream.Auth{Basic: &upstream.Basic{Username: "me", Password: "pass:word"}},
			map[string][]string{"Authorization": {"Basic bWU6cGFzczp3b3Jk"}}},
		"headers": {upstream.Auth{Headers: map[string]string{"x-auth-token": "t", "X-Organization-Id": "682"}},
			map[string][]string{"X-Auth-Token": {"t"}, "X-Organization-Id": {"682"}, "Authorization": nil}},
		"headers beside bearer": {upstream.Auth{Bearer: "t", Headers: map[string]string{"X-Org": "1"}},
			map[string][]string{"Authorization": {"Bearer t"}, "X-Org": {"1"}}},
		"headers beside basic": {upstream.Auth{Basic: &upstream.Basic{Username: "u", Password: "p"}, Headers: map[string]string{"X-Org": "1"}},
			map[string][]string{"Authorization": {"Basic dTpw"}, "X-Org": {"1"}}},
		"a header of the configuration goes over the gateway's own": {upstream.Auth{Headers: map[string]string{"User-Agent": "ours"}},
			map[string][]string{"User-Agent": {"ours"}}},
		"forward": {upstream.Auth{Forward: []string{"authorization", "Cookie"}},
			map[string][]string{"Authorization": {"Bearer caller"}, "Cookie": {"a=1", "b=2"}, "User-Agent": {"tributary"}}},
		"forward of a header that is named twice": {upstream.Auth{Forward: []string{"Cookie", "cookie"}},
			map[string][]string{"Cookie": {"a=1", "b=2"}}},
		"forward of one that the gateway sends too": {upstream.Auth{Forward: []string{"User-Agent"}},
			map[string][]string{"User-Agent": {"browser"}}},
		"forward of one that the caller did not send": {upstream.Auth{Forward: []string{"X-Absent"}},
			map[string][]string{"X-Absent": nil, "Authorization": nil}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got http.Header
			address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got = r.Header
				answer(w, "{}")
			})
			client := connect(t, upstream.Config{URL: address, Auth: c.auth})
			if _, err := get(upstream.WithForwarded(context.Background(), caller), client); err != nil {
				t.Fatal(err)
			}
			for header, want := range c.want {
				if !slices.Equal(got[header], want) {
					t.Errorf("%s is %q, want %q", header, got[header], want)
				}
			}
			if got["X-Other"] != nil {
				t.Error("a header that no list names left the gateway")
			}
			if !slices.Equal(got["Accept"], []string{"application/json"}) {
				t.Errorf("Accept is %q", got["Accept"])
			}
		})
	}
}

func TestRequestsArriveAsMade(t *testing.T) {
	var got *http.Request
	var body []byte
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got, body = r, make([]byte, 100)
		n, _ := r.Body.Read(body)
		body = body[:n]
		w.Header().Set("Content-Type", "application/vnd.api+json; charset=utf-8")
		w.Write([]byte("{}"))
	})
	client := connect(t, upstream.Config{URL: address, Auth: upstream.Auth{Headers: map[string]string{"X-Twice": "ours"}}})
	header := http.Header{"Content-Type": {"application/proto"}, "X-Twice": {"theirs"}, "Authorization": {"request's own"}}
	_, err := ask(context.Background(), client, upstream.Request{
		Method: http.MethodPut, Path: []string{"x"}, Header: header, Body: []byte("body"),
		Accept: []string{"application/vnd.api+json", "application/json"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Method != http.MethodPut || string(body) != "body" || got.ContentLength != 4 {
		t.Errorf("got %s %q of %d bytes", got.Method, body, got.ContentLength)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/proto", "Accept": "application/vnd.api+json, application/json", "X-Twice": "ours",
	} {
		if !slices.Equal(got.Header[name], []string{want}) {
			t.Errorf("%s is %q, want %q", name, got.Header[name], want)
		}
	}
	if len(header) != 3 || header.Get("X-Twice") != "theirs" {
		t.Errorf("the request's headers were changed: %v", header)
	}
}

func TestForwardedCredentialsNeverMix(t *testing.T) {
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { answer(w, r.Header.Get("Authorization")) })
	client := connect(t, upstream.Config{URL: address, Auth: upstream.Auth{Forward: []string{"Authorization"}}})
	var calls sync.WaitGroup
	for i := range 100 {
		calls.Go(func() {
			want := fmt.Sprintf("Bearer %d", i%7)
			ctx := upstream.WithForwarded(context.Background(), http.Header{"Authorization": {want}})
			resp, err := get(ctx, client)
			if err != nil || string(resp.Body) != want {
				t.Errorf("caller %q was answered as %v, %v", want, resp, err)
			}
		})
	}
	calls.Wait()
}

func TestValidate(t *testing.T) {
	good := "https://api.example.com"
	auth := func(a upstream.Auth) upstream.Config { return upstream.Config{URL: good, Auth: a} }
	cases := map[string]struct {
		config upstream.Config
		field  string
	}{
		"no URL":                       {upstream.Config{}, "url"},
		"no scheme":                    {upstream.Config{URL: "api.example.com"}, "url"},
		"a port for a scheme":          {upstream.Config{URL: "localhost:8080"}, "url"},
		"another scheme":               {upstream.Config{URL: "ftp://api.example.com"}, "url"},
		"no host":                      {upstream.Config{URL: "https:///api"}, "url"},
		"a port and no host":           {upstream.Config{URL: "https://:443/api"}, "url"},
		"no URL at all":                {upstream.Config{URL: "http://a b"}, "url"},
		"credentials":                  {upstream.Config{URL: "https://me:hunter2@api.example.com"}, "url"},
		"a query":                      {upstream.Config{URL: good + "?key=hunter2"}, "url"},
		"an empty query":               {upstream.Config{URL: good + "?"}, "url"},
		"a fragment":                   {upstream.Config{URL: good + "#x"}, "url"},
		"a timeout below nothing":      {upstream.Config{URL: good, Timeout: -1}, "timeout"},
		"a timeout past five minutes":  {upstream.Config{URL: good, Timeout: 5*time.Minute + 1}, "timeout"},
		"no attempt":                   {upstream.Config{URL: good, Retry: &upstream.Retry{}}, "retry.attempts"},
		"a backoff below nothing":      {upstream.Config{URL: good, Retry: &upstream.Retry{Attempts: 1, Backoff: -1}}, "retry.backoff"},
		"a backoff above the longest":  {upstream.Config{URL: good, Retry: &upstream.Retry{Attempts: 1, Backoff: 2, MaxBackoff: 1}}, "retry.maxBackoff"},
		"a budget that is no share":    {upstream.Config{URL: good, Retry: &upstream.Retry{Attempts: 1, Budget: math.NaN()}}, "retry.budget"},
		"a rate that is no share":      {upstream.Config{URL: good, Circuit: &upstream.Circuit{FailureRate: 1.1}}, "circuit.failureRate"},
		"a circuit without a window":   {upstream.Config{URL: good, Circuit: &upstream.Circuit{}}, "circuit.window"},
		"a circuit of no calls":        {upstream.Config{URL: good, Circuit: &upstream.Circuit{Window: time.Second}}, "circuit.calls"},
		"a circuit open for no time":   {upstream.Config{URL: good, Circuit: &upstream.Circuit{Window: time.Second, Calls: 1}}, "circuit.open"},
		"a circuit without a probe":    {upstream.Config{URL: good, Circuit: &upstream.Circuit{Window: time.Second, Calls: 1, Open: time.Second}}, "circuit.probes"},
		"room for fewer than none":     {upstream.Config{URL: good, Bulkhead: &upstream.Bulkhead{Calls: -1}}, "bulkhead.calls"},
		"a wait below nothing":         {upstream.Config{URL: good, Bulkhead: &upstream.Bulkhead{Wait: -1}}, "bulkhead.wait"},
		"a hedge before the call":      {upstream.Config{URL: good, Hedge: upstream.Hedge{After: -1}}, "hedge.after"},
		"a window of no calls":         {upstream.Config{URL: good, Quota: &upstream.Quota{Windows: []upstream.Window{{Per: time.Second}}}}, "quota.windows"},
		"a window of no time":          {upstream.Config{URL: good, Quota: &upstream.Quota{Windows: []upstream.Window{{Calls: 1}}}}, "quota.windows"},
		"all of a quota in reserve":    {upstream.Config{URL: good, Quota: &upstream.Quota{Reserve: 1}}, "quota.reserve"},
		"a quota waited for too long":  {upstream.Config{URL: good, Quota: &upstream.Quota{Wait: time.Hour}}, "quota.wait"},
		"bearer and basic":             {auth(upstream.Auth{Bearer: "a", Basic: &upstream.Basic{}}), "auth"},
		"bearer and forward":           {auth(upstream.Auth{Bearer: "a", Forward: []string{"Cookie"}}), "auth"},
		"basic and forward":            {auth(upstream.Auth{Basic: &upstream.Basic{}, Forward: []string{"Cookie"}}), "auth"},
		"a bearer with a line break":   {auth(upstream.Auth{Bearer: "hunter2\n"}), "auth.bearer"},
		"a user name with a colon":     {auth(upstream.Auth{Basic: &upstream.Basic{Username: "a:b"}}), "auth.basic.username"},
		"a header with a space":        {auth(upstream.Auth{Headers: map[string]string{"X Y": "hunter2"}}), "auth.headers"},
		"a header with no name":        {auth(upstream.Auth{Headers: map[string]string{"": "hunter2"}}), "auth.headers"},
		"a header with a line break":   {auth(upstream.Auth{Headers: map[string]string{"X": "hunter2\r\nY: 1"}}), "auth.headers"},
		"a header named twice":         {auth(upstream.Auth{Headers: map[string]string{"X-A": "1", "x-a": "2"}}), "auth.headers"},
		"the header that bearer sends": {auth(upstream.Auth{Bearer: "a", Headers: map[string]string{"authorization": "b"}}), "auth.headers"},
		"a header that is never sent":  {auth(upstream.Auth{Headers: map[string]string{"host": "b"}}), "auth.headers"},
		"a header that breaks answers": {auth(upstream.Auth{Headers: map[string]string{"Accept-Encoding": "br"}}), "auth.headers"},
		"forward of a connection's":    {auth(upstream.Auth{Forward: []string{"connection"}}), "auth.forward"},
		"forward of a body's":          {auth(upstream.Auth{Forward: []string{"content-length"}}), "auth.forward"},
		"forward of what was asked":    {auth(upstream.Auth{Forward: []string{"Accept"}}), "auth.forward"},
		"forward of no header":         {auth(upstream.Auth{Forward: []string{""}}), "auth.forward"},
		"forward of a fixed header":    {auth(upstream.Auth{Headers: map[string]string{"X-A": "1"}, Forward: []string{"x-a"}}), "auth.forward"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := upstream.New("src", c.config, upstream.Options{})
			var invalid *upstream.Invalid
			if !errors.As(err, &invalid) || invalid.Field != c.field {
				t.Fatalf("got %v, want a fault of %s", err, c.field)
			}
			if text := err.Error(); containsAny(text, "hunter2", "%!") || invalid.Message == "" {
				t.Errorf("the fault reads %q", text)
			}
		})
	}
	for _, address := range []string{good, good + "/", good + "/api", "http://127.0.0.1:8080", "http://[::1]:80/a/", "HTTPS://API.example.com"} {
		config := upstream.Config{URL: address, Timeout: 5 * time.Minute}
		if err := config.Validate(); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}
