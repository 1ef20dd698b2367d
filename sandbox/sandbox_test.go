package sandbox_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tributary/sandbox"
)

func start(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(sandbox.New(time.Now).Handler())
	t.Cleanup(server.Close)
	return server
}

// ask sends a request with the vendors' credentials and reads the answer.
func ask(t *testing.T, server *httptest.Server, method, path, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer token")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, strings.TrimSpace(string(data))
}

// expect holds an answer to a status and a part of its body.
func expect(t *testing.T, server *httptest.Server, request, body string, status int, part string) {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	resp, got := ask(t, server, method, path, body)
	if resp.StatusCode != status || !strings.Contains(got, part) {
		t.Errorf("%s %s answers %d %s; want %d with %s", request, body, resp.StatusCode, got, status, part)
	}
}

const tiers = "GET /intercode/subscriptions"

func TestTheVendorsAreMounted(t *testing.T) {
	server := start(t)
	for _, vendor := range []string{"focus", "frontier", "intercode", "productive"} {
		resp, body := ask(t, server, "GET", "/"+vendor+"/", "")
		if strings.Contains(body, "the sandbox serves") {
			t.Errorf("%s is not there: %d %s", vendor, resp.StatusCode, body)
		}
	}
	expect(t, server, tiers, "", 200, `"title":"Basic"`)
	expect(t, server, "GET /", "", 404, "the sandbox serves /focus")
	expect(t, server, "GET /teams/subscriptions", "", 404, "the sandbox serves /focus")
	expect(t, server, "GET /_sandbox/", "", 404, "the controls are")
	expect(t, server, "PUT /_sandbox/faults", "", 404, "the controls are")
}

func TestAFaultStrikesUntilItsTimesAreSpent(t *testing.T) {
	server := start(t)
	expect(t, server, "POST /_sandbox/faults", `{"source":"teams","status":503,"times":2}`, 201, `"source":"intercode"`)
	expect(t, server, tiers, "", 503, "a fault that was set in the sandbox")
	expect(t, server, "GET /_sandbox/faults", "", 200, `"left":1`)
	expect(t, server, tiers, "", 503, "")
	expect(t, server, tiers, "", 200, "Basic")
	expect(t, server, "GET /_sandbox/faults", "", 200, `{"faults":[]}`)
}

func TestAFaultWithoutTimesStrikesUntilCleared(t *testing.T) {
	server := start(t)
	expect(t, server, "POST /_sandbox/faults", `{"source":"intercode","status":500}`, 201, `"left":null`)
	for range 3 {
		expect(t, server, tiers, "", 500, "")
	}
	expect(t, server, "POST /_sandbox/faults", `{"source":"psa","status":500}`, 201, `"source":"productive"`)
	expect(t, server, "DELETE /_sandbox/faults?source=teams", "", 200, `{"cleared":1}`)
	expect(t, server, tiers, "", 200, "Basic")
	expect(t, server, "GET /productive/api/v2/organization_subscriptions/682", "", 500, "")
	expect(t, server, "DELETE /_sandbox/faults", "", 200, `{"cleared":1}`)
	expect(t, server, "DELETE /_sandbox/faults?source=nobody", "", 400, `is none of focus, frontier, intercode, productive, billing, teams, psa`)
}

func TestTheOldestFaultGoesFirst(t *testing.T) {
	server := start(t)
	expect(t, server, "POST /_sandbox/faults", `{"source":"teams","status":500,"times":1}`, 201, `"id":1`)
	expect(t, server, "POST /_sandbox/faults", `{"source":"teams","status":429,"times":1}`, 201, `"id":2`)
	expect(t, server, tiers, "", 500, "")
	expect(t, server, tiers, "", 429, "")
	expect(t, server, tiers, "", 200, "")
}

func TestAFaultOfAPathLeavesOthersAlone(t *testing.T) {
	server := start(t)
	expect(t, server, "POST /_sandbox/faults", `{"source":"teams","status":404,"path":"/subscriptions/me"}`, 201, "")
	expect(t, server, tiers, "", 200, "Basic")
	expect(t, server, "GET /intercode/subscriptions/me?teamId=team_1", "", 404, "a fault")
}

func TestAFaultSaysWhatItIsTold(t *testing.T) {
	server := start(t)
	expect(t, server, "POST /_sandbox/faults", `{"source":"psa","body":"<html>maintenance","headers":{"Retry-After":"7"}}`, 201, "")
	resp, body := ask(t, server, "GET", "/productive/api/v2/organization_subscriptions/682", "")
	if resp.StatusCode != 200 || body != "<html>maintenance" || resp.Header.Get("Retry-After") != "7" {
		t.Errorf("answers %d %s %v", resp.StatusCode, body, resp.Header)
	}
	if media := resp.Header.Get("Content-Type"); media != "application/vnd.api+json" {
		t.Errorf("the content type is %q, want the vendor's own", media)
	}
}

func TestADelayAloneIsFollowedByTheVendorsAnswer(t *testing.T) {
	server := start(t)
	expect(t, server, "POST /_sandbox/faults", `{"source":"teams","delay":"60ms"}`, 201, `"delay":"60ms"`)
	began := time.Now()
	expect(t, server, tiers, "", 200, "Basic")
	if took := time.Since(began); took < 60*time.Millisecond {
		t.Errorf("took %v, want at least the delay", took)
	}
	// The vendor still gets the body that came before the delay.
	expect(t, server, "POST /intercode/subscriptions", `{"name":"Late"}`, 201, `"title":"Late"`)
}

func TestADelayAndAStatusAreBothKept(t *testing.T) {
	server := start(t)
	expect(t, server, "POST /_sandbox/faults", `{"source":"teams","delay":"30ms","status":502}`, 201, "")
	began := time.Now()
	expect(t, server, tiers, "", 502, "")
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("took %v, want at least the delay", took)
	}
}

func TestHangHoldsUntilTheClientLeaves(t *testing.T) {
	server := httptest.NewServer(sandbox.New(time.Now).Handler())
	expect(t, server, "POST /_sandbox/faults", `{"source":"teams","hang":true}`, 201, `"hang":true`)
	ctx, cancel := context.WithTimeout(context.Background(), 80*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "POST", server.URL+"/intercode/subscriptions", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := http.DefaultClient.Do(r); err == nil {
		resp.Body.Close()
		t.Errorf("answers %d", resp.StatusCode)
	}
	began := time.Now()
	server.Close() // waits for the handler
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the handler held on for %v after its client had left", took)
	}
}

func TestFaultsThatCannotBeSet(t *testing.T) {
	server := start(t)
	cases := map[string]struct{ body, want string }{
		"no body":                 {``, "the body is no fault"},
		"no JSON":                 {`status=503`, "the body is no fault"},
		"two documents":           {`{"source":"psa","status":503}{}`, "the body is no fault"},
		"an unknown key":          {`{"source":"psa","stauts":503}`, "stauts"},
		"a key twice":             {`{"source":"psa","status":503,"status":500}`, "duplicate"},
		"a status in a string":    {`{"source":"psa","status":"503"}`, "/status"},
		"no source":               {`{"status":503}`, `is none of focus`},
		"an unknown source":       {`{"source":"stripe","status":503}`, `stripe`},
		"nothing that goes wrong": {`{"source":"psa","times":1}`, "needs a status"},
		"a status out of reach":   {`{"source":"psa","status":99}`, "between 200 and 599"},
		"a delay that is none":    {`{"source":"psa","delay":"2"}`, "such as 2s"},
		"a delay without end":     {`{"source":"psa","delay":"2h"}`, "such as 2s"},
		"a delay back in time":    {`{"source":"psa","delay":"-1s"}`, "such as 2s"},
		"never":                   {`{"source":"psa","status":503,"times":0}`, "below 1"},
		"a hang with a status":    {`{"source":"psa","status":503,"hang":true}`, "nothing follows it"},
		"a hang with a cut":       {`{"source":"psa","cut":true,"hang":true}`, "nothing follows it"},
		"a hang with a drop":      {`{"source":"psa","drop":true,"hang":true}`, "nothing follows it"},
		"a drop with a status":    {`{"source":"psa","status":503,"drop":true}`, "nothing is answered"},
		"a drop with a body":      {`{"source":"psa","body":"x","drop":true}`, "nothing is answered"},
		"a drop with a cut":       {`{"source":"psa","cut":true,"drop":true}`, "nothing is answered"},
		"a drop with headers":     {`{"source":"psa","drop":true,"headers":{"A":"b"}}`, "headers need"},
		"after, and then nothing": {`{"source":"psa","after":true}`, "a delay, hang, cut or drop"},
		"headers of the vendor's": {`{"source":"psa","after":true,"cut":true,"headers":{"A":"b"}}`, "headers need"},
		"a cut of nothing":        {`{"source":"psa","cut":true,"body":""}`, "needs a body to cut"},
		"a cut of no content":     {`{"source":"psa","cut":true,"status":204}`, "needs a body to cut"},
		"a cut of the same":       {`{"source":"psa","cut":true,"status":304}`, "needs a body to cut"},
		"a method in lower case":  {`{"source":"psa","status":503,"method":"patch"}`, `method: \"patch\" is none of DELETE, GET, PATCH, POST, PUT`},
		"no method":               {`{"source":"psa","status":503,"method":""}`, `is none of DELETE`},
		"headers of no answer":    {`{"source":"psa","delay":"1s","headers":{"A":"b"}}`, "headers need"},
		"half a path":             {`{"source":"psa","status":503,"path":"api"}`, "begin with a slash"},
		"a body without end":      {`{"source":"psa","body":"` + strings.Repeat("x", 2<<20) + `"}`, "larger than 1 MiB"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			resp, got := ask(t, server, "POST", "/_sandbox/faults", c.body)
			if resp.StatusCode != 400 || !strings.Contains(got, c.want) {
				t.Errorf("answers %d %s; want 400 with %q", resp.StatusCode, got, c.want)
			}
		})
	}
	expect(t, server, "GET /_sandbox/faults", "", 200, `{"faults":[]}`)
}

func TestCallsAreCountedFromTheLastReset(t *testing.T) {
	server := start(t)
	expect(t, server, "GET /_sandbox/calls", "", 200, `{"calls":{"focus":0,"frontier":0,"intercode":0,"productive":0},"writes":{"focus":0,"frontier":0,"intercode":0,"productive":0}}`)
	expect(t, server, "POST /_sandbox/faults", `{"source":"teams","status":503,"times":1}`, 201, "")
	expect(t, server, tiers, "", 503, "")
	expect(t, server, tiers, "", 200, "")
	expect(t, server, "GET /_sandbox/calls", "", 200, `"intercode":2`)
	expect(t, server, "POST /_sandbox/reset", "", 204, "")
	expect(t, server, "GET /_sandbox/calls", "", 200, `"intercode":0`)
}

func TestWritesAreCountedApart(t *testing.T) {
	server := start(t)
	const (
		account = "/frontier/v1beta1/organizations/0f3c0000-0000-4000-8000-000000000001/billing"
		call    = "POST /frontier/raystack.frontier.v1beta1.FrontierService/"
	)
	for _, request := range []string{
		"GET /focus/organizations/4711/subscriptions/current",
		"POST /focus/organizations/4711/workspaces/1/subscriptions/upsert-forced-trial",
		"GET " + account,
		"POST " + account + "/subscriptions/7d1e0000-0000-4000-8000-000000000001/cancel",
		call + "GetSubscription", call + "ListSubscriptions", call + "CancelSubscription", call + "ChangeSubscription",
		"POST /frontier/v1beta1/GetRich",
		tiers, createTier, "PUT /intercode/subscriptions", "DELETE /intercode/subscriptions/5",
		"PATCH /productive/api/v2/organization_subscriptions/682",
	} {
		method, path, _ := strings.Cut(request, " ")
		ask(t, server, method, path, "")
	}
	expect(t, server, "POST /_sandbox/faults", `{"source":"psa","status":503}`, 201, "")
	expect(t, server, "PATCH /productive/api/v2/organization_subscriptions/682", "", 503, "")
	expect(t, server, "GET /_sandbox/calls", "", 200, `{"calls":{"focus":2,"frontier":7,"intercode":4,"productive":2},"writes":{"focus":1,"frontier":4,"intercode":3,"productive":2}}`)
	expect(t, server, "POST /_sandbox/reset", "", 204, "")
	expect(t, server, "GET /_sandbox/calls", "", 200, `"writes":{"focus":0,"frontier":0,"intercode":0,"productive":0}}`)
}

func TestResetPutsEverythingBack(t *testing.T) {
	server := start(t)
	expect(t, server, "DELETE /intercode/subscriptions/1", "", 200, "")
	expect(t, server, "POST /_sandbox/faults", `{"source":"teams","status":503}`, 201, "")
	expect(t, server, "POST /_sandbox/reset", "", 204, "")
	expect(t, server, tiers, "", 200, "Basic")
}
