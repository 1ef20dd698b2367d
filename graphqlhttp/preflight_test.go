package graphqlhttp_test

import (
	"net/http"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/graphqlhttp"
)

func checkPreflight(method string, headers ...string) *graphqlhttp.Refusal {
	r := &http.Request{Method: method, Header: http.Header{}}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return graphqlhttp.CheckPreflight(r)
}

func TestWhatABrowserSendsUnaskedIsRefused(t *testing.T) {
	for _, test := range []struct {
		method  string
		headers []string
	}{
		{"GET", nil},
		{"HEAD", nil},
		{"POST", nil},
		{"POST", []string{"Content-Type", ""}},
		{"POST", []string{"Content-Type", "text/plain"}},
		{"POST", []string{"Content-Type", "TEXT/PLAIN; charset=application/json"}},
		{"POST", []string{"Content-Type", "application/x-www-form-urlencoded"}},
		{"POST", []string{"Content-Type", "multipart/form-data; boundary=application/json"}},
		{"POST", []string{"Content-Type", "text/plain, application/json"}},
		{"POST", []string{"Content-Type", "application/json, text/plain"}},
		{"POST", []string{"Content-Type", "text/plain", "Content-Type", "application/json"}},
		{"GET", []string{"Content-Type", "text/plain"}},
		{"GET", []string{"Content-Type", "application/graphql"}},
		{"GET", []string{"Accept", "application/json", "Accept-Language", "en", "Cookie", "a=b", "Origin", "https://elsewhere.example"}},
		{"GET", []string{"Sec-Fetch-Site", "same-origin"}},
		{"GET", []string{"GraphQL-Require-Preflight", ""}},
		{"GET", []string{"X-Api-Key", "  "}},
		{"GET", []string{"Authorization", "Basic dXNlcjpwYXNz"}},
		{"GET", []string{"Authorization", "Negotiate abc"}},
		{"GET", []string{"Authorization", "Bearer"}},
		{"GET", []string{"Authorization", "Bearer "}},
		{"GET", []string{"Authorization", "BearerToken"}},
	} {
		refused := checkPreflight(test.method, test.headers...)
		if refused == nil {
			t.Errorf("%s with %q is let through", test.method, test.headers)
			continue
		}
		if refused.Status != 403 || billing.CodeOf(refused) != billing.CodeForbidden || !strings.Contains(refused.Err.Message, "Content-Type: application/json") {
			t.Errorf("%s with %q: %v", test.method, test.headers, refused)
		}
	}
}

func TestWhatABrowserHasToAskForIsLetThrough(t *testing.T) {
	for _, test := range []struct {
		method  string
		headers []string
	}{
		{"POST", []string{"Content-Type", "application/json"}},
		{"POST", []string{"Content-Type", "Application/JSON; charset=utf-8"}},
		{"POST", []string{"Content-Type", "application/graphql"}}, // which Read refuses
		{"POST", []string{"Content-Type", "text/plain", "X-Api-Key", "k"}},
		{"GET", []string{"Content-Type", "application/json"}},
		{"GET", []string{"GraphQL-Require-Preflight", "1"}},
		{"GET", []string{"Apollo-Require-Preflight", "true"}},
		{"GET", []string{"X-Apollo-Operation-Name", "A"}},
		{"GET", []string{"X-GraphQL-Client-Name", "web"}},
		{"GET", []string{"apollographql-client-name", "web"}},
		{"GET", []string{"graphql-client-name", "web"}},
		{"GET", []string{"X-Api-Key", "k"}},
		{"GET", []string{"Authorization", "bearer t"}},
		{"PUT", nil}, // which Read refuses
		{"OPTIONS", nil},
	} {
		if refused := checkPreflight(test.method, test.headers...); refused != nil {
			t.Errorf("%s with %q: %v", test.method, test.headers, refused)
		}
	}
}
