package sandbox_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// broken is what came of a request whose connection may be lost.
type broken struct {
	status int    // 0 where no answer came
	body   string // what arrived of it
	lost   bool
}

// try sends a request on a connection of its own, so that it is not repeated.
func try(t *testing.T, ctx context.Context, server *httptest.Server, request, body string) broken {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	r, err := http.NewRequestWithContext(ctx, method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	r.Header.Set("Authorization", "Bearer token")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return broken{lost: true}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return broken{resp.StatusCode, string(data), err != nil}
}

const (
	createTier  = "POST /intercode/subscriptions"
	lostTier    = `{"name":"Lost"}`
	createdTier = `{"id":7,"title":"Lost","price":0,"priority":0,"usersLimit":0,"teamsLimit":0}`
	faultBody   = `{"error":"a fault that was set in the sandbox"}`
)

func TestAFaultStrikesBeforeOrAfterTheVendorActs(t *testing.T) {
	half := func(s string) string { return s[:len(s)/2] }
	cases := []struct {
		name, fault string
		want        broken
		done        bool
	}{
		{"a status", `"status":502`, broken{502, faultBody, false}, false},
		{"a status after", `"status":502,"after":true`, broken{502, faultBody, false}, true},
		{"a body after", `"body":"<html>","after":true`, broken{200, "<html>", false}, true},
		{"a delay and a status after", `"delay":"5ms","status":504,"body":"late","after":true`, broken{504, "late", false}, true},
		{"a delay alone after", `"delay":"5ms","after":true`, broken{201, createdTier, false}, true},
		{"a drop", `"drop":true`, broken{0, "", true}, false},
		{"a drop after", `"drop":true,"after":true`, broken{0, "", true}, true},
		{"a drop after a delay", `"drop":true,"delay":"5ms"`, broken{0, "", true}, false},
		{"a cut", `"cut":true`, broken{200, half(faultBody), true}, false},
		{"a cut of a given answer", `"cut":true,"status":503,"body":"0123456789"`, broken{503, "01234", true}, false},
		{"a cut of the vendor's answer", `"cut":true,"after":true`, broken{201, half(createdTier), true}, true},
		{"a cut of a given answer after", `"cut":true,"body":"0123456789","after":true`, broken{200, "01234", true}, true},
		{"a cut after a delay", `"cut":true,"delay":"5ms"`, broken{200, half(faultBody), true}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			server := start(t)
			expect(t, server, "POST /_sandbox/faults", `{"source":"teams","times":1,`+c.fault+`}`, 201, "")
			if got := try(t, t.Context(), server, createTier, lostTier); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			_, listed := ask(t, server, "GET", "/intercode/subscriptions", "")
			if done := strings.Contains(listed, "Lost"); done != c.done {
				t.Errorf("the vendor acted: %v, want %v", done, c.done)
			}
		})
	}
}

func TestWhatWasDoneIsSeenWhileItsAnswerIsHeld(t *testing.T) {
	for _, fault := range []string{`"hang":true`, `"delay":"60s"`, `"delay":"60s","status":502`} {
		server := start(t)
		expect(t, server, "POST /_sandbox/faults", `{"source":"teams","method":"POST","after":true,`+fault+`}`, 201, "")
		ctx, leave := context.WithCancel(t.Context())
		answer := make(chan broken, 1)
		go func() { answer <- try(t, ctx, server, createTier, lostTier) }()
		deadline := time.Now().Add(10 * time.Second)
		for listed := ""; !strings.Contains(listed, "Lost"); _, listed = ask(t, server, "GET", "/intercode/subscriptions", "") {
			if time.Now().After(deadline) {
				t.Fatalf("%s: the vendor has not acted", fault)
			}
		}
		leave()
		if got := <-answer; got != (broken{lost: true}) {
			t.Errorf("%s: answered %+v, want it to be held", fault, got)
		}
	}
}

func TestACutOfWhatIsNextToNothing(t *testing.T) {
	server := start(t)
	for source, c := range map[string]struct {
		request, body string
		want          broken
	}{
		"billing": {"POST /frontier/v1beta1/organizations/0f3c0000-0000-4000-8000-000000000001/billing/subscriptions/7d1e0000-0000-4000-8000-000000000001/cancel", `{"immediate":false}`, broken{200, "{", true}},
		"focus":   {"POST /focus/organizations/4714/workspaces/1/subscriptions/upsert-forced-trial", "", broken{0, "", true}}, // 204
	} {
		expect(t, server, "POST /_sandbox/faults", `{"source":"`+source+`","after":true,"cut":true}`, 201, "")
		if got := try(t, t.Context(), server, c.request, c.body); got != c.want {
			t.Errorf("%s: got %+v, want %+v", source, got, c.want)
		}
	}
}

func TestAHeaderOfAFaultReplacesTheVendors(t *testing.T) {
	server := start(t)
	expect(t, server, "POST /_sandbox/faults", `{"source":"focus","after":true,"status":503,"headers":{"Retry-After":"3"}}`, 201, "")
	resp, _ := ask(t, server, "GET", "/focus/organizations/4711/subscriptions/current", "")
	if resp.Header.Get("Retry-After") != "3" || resp.Header.Get("X-Toggl-Quota-Remaining") != "" {
		t.Errorf("the headers are %v, want the fault's alone", resp.Header)
	}
	expect(t, server, "DELETE /_sandbox/faults", "", 200, "")
	expect(t, server, "POST /_sandbox/faults", `{"source":"focus","after":true,"delay":"1ms"}`, 201, "")
	resp, _ = ask(t, server, "GET", "/focus/organizations/4711/subscriptions/current", "")
	if resp.Header.Get("X-Toggl-Quota-Remaining") != "598" {
		t.Errorf("the headers are %v, want the vendor's with 598 left", resp.Header)
	}
}

func TestAFaultOfAMethodLeavesOthersAlone(t *testing.T) {
	server := start(t)
	expect(t, server, "POST /_sandbox/faults", `{"source":"teams","method":"POST","status":500,"times":1}`, 201, `"method":"POST"`)
	expect(t, server, tiers, "", 200, "Basic")
	expect(t, server, "PUT /intercode/subscriptions", `{"name":"Basic"}`, 200, "Basic")
	expect(t, server, createTier, lostTier, 500, "a fault")
	expect(t, server, createTier, lostTier, 201, "Lost")
}

func TestAFaultIsListedAsItWasSet(t *testing.T) {
	server := start(t)
	want := `{"id":1,"source":"productive","method":"PATCH","path":"/api","after":true,"delay":"1s","cut":true,"left":3}`
	expect(t, server, "POST /_sandbox/faults", `{"source":"psa","method":"PATCH","path":"/api","after":true,"delay":"1s","cut":true,"times":3}`, 201, want)
	expect(t, server, "POST /_sandbox/faults", `{"source":"psa","drop":true}`, 201, `{"id":2,"source":"productive","drop":true,"left":null}`)
	expect(t, server, "GET /_sandbox/faults", "", 200, want)
}
