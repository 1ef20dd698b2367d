package graphqlhttp_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/config"
	"tributary/graphqlhttp"
)

func TestTheStatusFollowsTheMediaType(t *testing.T) {
	for _, test := range []struct {
		outcome        graphqlhttp.Outcome
		plain, graphQL int
	}{
		{graphqlhttp.Malformed, 400, 400},
		{graphqlhttp.Refused, 200, 400},
		{graphqlhttp.Executed, 200, 200},
	} {
		if got := graphqlhttp.Status(plain, test.outcome); got != test.plain {
			t.Errorf("%s: %d, want %d", plain, got, test.plain)
		}
		if got := graphqlhttp.Status(graphQL, test.outcome); got != test.graphQL {
			t.Errorf("%s: %d, want %d", graphQL, got, test.graphQL)
		}
	}
}

func TestAnAnswerTellsItsTypeAndLength(t *testing.T) {
	server := serve(t, defaults())
	for _, media := range []string{plain, graphQL} {
		for body, status := range map[string]int{`{` + q + `}`: 200, `{`: 400} {
			got := post(t, server.URL, body, "Accept", media)
			header := got.header
			if got.status != status || header.Get("Content-Type") != media+"; charset=utf-8" || header.Get("Content-Length") == "" ||
				header.Get("Vary") != "Accept, Accept-Encoding" || header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %v", media, got.status, header)
			}
		}
	}
	got := post(t, server.URL, `{`+q+`}`, "Accept", "text/html")
	got.want(t, 406, billing.CodeBadUserInput, "Accept allows neither")
	if got.header.Get("Content-Type") != plain+"; charset=utf-8" {
		t.Errorf("%v", got.header)
	}
}

func TestARefusalIsAGraphQLErrorWhateverItsText(t *testing.T) {
	for message, want := range map[string]string{
		"":              `{"errors":[{"extensions":{"code":"UNAUTHENTICATED"},"message":"the gateway does not know these credentials"}]}`,
		"no \"\xff\"\n": `{"errors":[{"extensions":{"code":"UNAUTHENTICATED"},"message":"no \"` + "\ufffd" + `\"\n"}]}`,
	} {
		w := httptest.NewRecorder()
		graphqlhttp.WriteRefusal(w, httptest.NewRequest("POST", "/", nil), &graphqlhttp.Refusal{
			Status: 401, Header: http.Header{"Www-Authenticate": {"Bearer"}},
			Err: &billing.Error{Code: billing.CodeUnauthenticated, Message: message},
		}, extensions)
		if w.Code != 401 || w.Header().Get("WWW-Authenticate") != "Bearer" || w.Body.String() != want {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
	}
}

func TestSettingsAreReadFromTheConfiguration(t *testing.T) {
	read := func(text string) (settings graphqlhttp.Settings, err error) {
		node, err := config.Read("a.yaml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		return settings, node.Decode(&settings)
	}
	got, err := read("body: 2MiB\nbatch: 5\n")
	want := *defaults()
	want.Body, want.Batch = 2<<20, 5
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	for text, message := range map[string]string{
		"body: 1":         "a.yaml:1:7: body: must be from 1KiB to 64MiB",
		"body: 1GiB":      "body: must be from",
		"url: 65KiB":      "a.yaml:1:6: url: must be from 256 to 64KiB",
		"nesting: 0":      "a.yaml:1:10: nesting: must be from 10 to 1000",
		"nesting: 10000":  "nesting: must be from",
		"values: -1":      "a.yaml:1:9: values: must be from 100 to 10000000",
		"batch: -1":       "a.yaml:1:8: batch: must be from 0 to 100",
		"body: 1\nurl: 1": "a.yaml:2:6: url: must be from",
	} {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%q: %v, want %q", text, err, message)
		}
	}
}
