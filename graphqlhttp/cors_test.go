package graphqlhttp_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tributary/config"
	"tributary/graphqlhttp"
)

func corsOf(origins ...string) *graphqlhttp.CORS {
	settings := new(graphqlhttp.CORS)
	settings.Defaults()
	settings.Origins = origins
	return settings
}

func TestOnlyOriginsThatCanBeTrustedAreAllowed(t *testing.T) {
	for _, origin := range []string{"https://app.example.com", "https://*.example.com", "https://app.example.com:8443", "http://localhost:3000", "http://127.0.0.1:*"} {
		if err := corsOf(origin).Validate(); err != nil {
			t.Errorf("%s: %v", origin, err)
		}
	}
	for origin, message := range map[string]string{
		"*":                             "allows every page",
		"null":                          "is no origin",
		"":                              "is no origin",
		"https://app.example.com/":      "is no origin",
		"https://app.example.com:443":   "is no origin",
		"app.example.com":               "is no origin",
		"https://example.*":             "is no origin",
		"https://*":                     "is no origin",
		"file:///tmp":                   "is no origin",
		"http://app.example.com":        "has to be https",
		"https://*.com":                 "public suffix",
		"https://app.example.com,https": "is no origin",
	} {
		err := corsOf("https://app.example.com", origin).Validate()
		if err == nil || !strings.Contains(err.Error(), "origins: ") || !strings.Contains(err.Error(), message) {
			t.Errorf("%q: %v, want %q", origin, err, message)
		}
	}
	for _, age := range []time.Duration{-time.Second, 25 * time.Hour, time.Millisecond} {
		settings := corsOf()
		settings.MaxAge = age
		if err := settings.Validate(); err == nil {
			t.Errorf("maxAge %v is taken", age)
		}
	}
}

func TestCORSIsReadFromTheConfiguration(t *testing.T) {
	node, err := config.Read("a.yaml", []byte("origins: [https://app.example.com, '*']\ncredentials: true\nmaxAge: 25h\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var settings graphqlhttp.CORS
	err = node.Decode(&settings)
	if err == nil || !strings.Contains(err.Error(), `a.yaml:1:1: origins: "*" allows every page`) || !strings.Contains(err.Error(), "a.yaml:3:9: maxAge: ") {
		t.Errorf("got %v", err)
	}
}

// preflight asks as a browser does before a page of origin may POST.
func preflight(t *testing.T, server *httptest.Server, origin string) answer {
	t.Helper()
	request := newRequest(t, "OPTIONS", server.URL, "", "Origin", origin,
		"Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "authorization,content-type,graphql-client-name,graphql-client-version,graphql-require-preflight,x-api-key,x-request-id")
	return do(t, request)
}

func serveCORS(t *testing.T, settings *graphqlhttp.CORS) *httptest.Server {
	t.Helper()
	handler, err := settings.Wrap(echo(defaults()))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func TestAPageOfAnAllowedOriginMayAskAndRead(t *testing.T) {
	settings := corsOf("https://app.example.com", "https://*.partner.example")
	settings.Credentials = true
	if err := settings.Validate(); err != nil {
		t.Fatal(err)
	}
	server := serveCORS(t, settings)
	for _, origin := range []string{"https://app.example.com", "https://a.b.partner.example"} {
		asked := preflight(t, server, origin)
		allowed := strings.ToLower(asked.header.Get("Access-Control-Allow-Headers"))
		if asked.status != 204 || asked.header.Get("Access-Control-Allow-Origin") != origin || asked.header.Get("Access-Control-Max-Age") != "600" ||
			asked.header.Get("Access-Control-Allow-Credentials") != "true" || !strings.Contains(allowed, "x-api-key") {
			t.Errorf("%s: %d %v", origin, asked.status, asked.header)
		}
		got := post(t, server.URL, `{`+q+`}`, "Origin", origin)
		exposed := strings.ToLower(got.header.Get("Access-Control-Expose-Headers"))
		if got.status != 200 || got.header.Get("Access-Control-Allow-Origin") != origin || exposed != "age,cache-status,etag,retry-after,server-timing,x-request-id" {
			t.Errorf("%s: %d %v", origin, got.status, got.header)
		}
		vary := strings.Join(got.header.Values("Vary"), ",")
		if !strings.Contains(vary, "Origin") || !strings.Contains(vary, "Accept") {
			t.Errorf("Vary: %s", vary)
		}
	}
}

func TestAPageOfAnotherOriginMayNot(t *testing.T) {
	server := serveCORS(t, corsOf("https://app.example.com"))
	off := serveCORS(t, corsOf())
	for _, origin := range []string{"https://elsewhere.example", "http://app.example.com", "https://app.example.com.elsewhere.example", "null"} {
		for _, asked := range []answer{
			preflight(t, server, origin), post(t, server.URL, `{`+q+`}`, "Origin", origin),
			preflight(t, off, origin), post(t, off.URL, `{`+q+`}`, "Origin", origin),
		} {
			for name := range asked.header {
				if strings.HasPrefix(name, "Access-Control-Allow") {
					t.Errorf("%s: %s: %v", origin, name, asked.header)
				}
			}
		}
	}
	never := corsOf("https://app.example.com")
	never.MaxAge = 0
	if got := preflight(t, serveCORS(t, never), "https://app.example.com").header.Get("Access-Control-Max-Age"); got != "0" {
		t.Errorf("a maxAge of 0 is told as %q", got)
	}
}
