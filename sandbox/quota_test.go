package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tributary/sandbox"
)

// startAt is a sandbox whose clock is moved by what is stored in the seconds.
func startAt(t *testing.T) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	begun, seconds := time.Now(), new(atomic.Int64)
	server := httptest.NewServer(sandbox.New(func() time.Time {
		return begun.Add(time.Duration(seconds.Load()) * time.Second)
	}).Handler())
	t.Cleanup(server.Close)
	return server, seconds
}

func readProductive(t *testing.T, server *httptest.Server, token string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest("GET", server.URL+"/productive/api/v2/organization_subscriptions/682", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", token)
	r.Header.Set("X-Organization-Id", "682")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, strings.TrimSpace(string(body))
}

func TestProductiveRefusesBeyondEachOfItsQuotas(t *testing.T) {
	server, seconds := startAt(t)
	read := func(token string) (*http.Response, string) { return readProductive(t, server, token) }
	allowed := func(token string) {
		t.Helper()
		if resp, body := read(token); resp.StatusCode != 200 {
			t.Errorf("it answers %d %s", resp.StatusCode, body)
		}
	}
	allowed("ann")
	expect(t, server, "POST /_sandbox/quota", `{"source":"psa","calls":2,"per":"10s"}`, 201, `"source":"productive"`)
	expect(t, server, "POST /_sandbox/quota", `{"source":"productive","calls":3,"per":"1m"}`, 201, `"refused":0`)
	seconds.Store(4)
	allowed("ann")
	allowed("ann")
	resp, body := read("ann")
	const want = `{"errors":[{"status":429,"title":"Too many requests","detail":"The request limit of the token is used up.","limit":2,"period":10}]}`
	if resp.StatusCode != 429 || resp.Header.Get("X-RateLimit-Reset") != "6" || resp.Header.Get("Content-Type") != "application/vnd.api+json" || body != want {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Header, body)
	}
	allowed("bob")
	seconds.Store(10) // the next window, whenever the calls came
	allowed("ann")
	resp, _ = read("ann")
	if resp.StatusCode != 429 || resp.Header.Get("X-RateLimit-Reset") != "50" {
		t.Errorf("the longer window: %d %v", resp.StatusCode, resp.Header)
	}
	expect(t, server, "GET /_sandbox/quota", "", 200, `{"quotas":[{"source":"productive","calls":2,"per":"10s","refused":1},{"source":"productive","calls":3,"per":"1m","refused":1}]}`)
	expect(t, server, "DELETE /_sandbox/quota", "", 200, `{"cleared":2}`)
	allowed("ann")
}

func TestFocusRefusesAsItsQuotaIsUsedUp(t *testing.T) {
	server, _ := startAt(t)
	const read = "GET /focus/organizations/4711/subscriptions/current"
	expect(t, server, "POST /_sandbox/quota", `{"source":"focus","calls":1,"per":"1h"}`, 201, `"focus"`)
	expect(t, server, read, "", 200, "")
	resp, _ := ask(t, server, "GET", "/focus/organizations/4711/subscriptions/current", "")
	if resp.StatusCode != 402 || resp.Header.Get("X-Toggl-Quota-Remaining") != "0" || resp.Header.Get("X-Toggl-Quota-Resets-In") != "3600" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	expect(t, server, tiers, "", 200, "") // another vendor
	expect(t, server, "POST /_sandbox/reset", "", 204, "")
	expect(t, server, read, "", 200, "")
	expect(t, server, read, "", 200, "")
}

func TestWhatIsNoQuotaIsRefused(t *testing.T) {
	server := start(t)
	for body, part := range map[string]string{
		`{`:              "the body is no quota: ",
		`{"source":"x"}`: `source: \"x\" is none of focus, productive, psa`,
		`{"source":"teams","calls":1,"per":"1s"}`:  "is none of",
		`{"source":"psa","per":"1s"}`:              "calls: 0 is below 1",
		`{"source":"psa","calls":1,"per":"never"}`: `per: \"never\" is no duration above 0s`,
		`{"source":"psa","calls":1,"per":"-1s"}`:   "is no duration above 0s",
		`{"source":"psa","calls":1,"limit":"-1s"}`: "the body is no quota: ",
	} {
		expect(t, server, "POST /_sandbox/quota", body, 400, part)
	}
	expect(t, server, "GET /_sandbox/quota", "", 200, `{"quotas":[]}`)
}
