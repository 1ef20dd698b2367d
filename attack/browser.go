package main

import (
	"errors"
	"fmt"
	"net/url"
)

// elsewhere is a page of somebody else's.
const elsewhere = "https://evil.example"

// pages are requests that a browser sends, or asks to send, for a page of
// somebody else's, with nothing in them that a page cannot add unasked.
func pages() []attack {
	unasked := func(name string, r request) attack {
		r.bare = true
		r.header = append(r.header, "Origin: "+elsewhere, "Cookie: session=1")
		// Who has no key is no caller either: what comes first is the gateway's choice.
		return attack{class: "browser", name: name, send: send(r), statuses: []int{401, 403, 415}, codes: []string{"FORBIDDEN", "UNAUTHENTICATED", "BAD_USER_INPUT"}, check: sharesNothing}
	}
	query := "?query=" + url.QueryEscape("{ viewer { subject } }")
	preflight := func(name, origin, headers string) attack {
		return attack{class: "browser", name: name, check: sharesNothing, statuses: []int{200, 204, 403, 405}, harmless: true,
			send: send(request{method: "OPTIONS", bare: true, header: []string{"Origin: " + origin, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: " + headers}})}
	}
	honestFrom := func(name, origin string) attack {
		return attack{class: "browser", name: name, check: sharesNothing, statuses: []int{200, 403}, harmless: true, within: busyTime,
			send: send(request{body: honest, header: []string{"Origin: " + origin}})}
	}
	return []attack{
		unasked("a POST of plain text", request{body: honest, header: []string{"Content-Type: text/plain"}}),
		unasked("a POST of plain text that is called JSON behind a semicolon", request{body: honest, header: []string{"Content-Type: text/plain; application/json"}}),
		unasked("a POST without a type", request{body: honest}),
		unasked("a form", request{body: "query=%7B+viewer+%7B+subject+%7D+%7D", header: []string{"Content-Type: application/x-www-form-urlencoded"}}),
		unasked("a form of parts", request{body: "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" + honest + "\r\n--x--\r\n", header: []string{"Content-Type: multipart/form-data; boundary=x"}}),
		unasked("an image's GET", request{method: "GET", path: query, header: []string{"Accept: image/*,*/*"}}),
		unasked("a GET with Basic, which browsers add themselves", request{method: "GET", path: query, header: []string{"Authorization: Basic YTpi"}}),
		unasked("a GET whose proof is empty", request{method: "GET", path: query, header: []string{"GraphQL-Require-Preflight: "}}),
		preflight("a preflight of another origin", elsewhere, "content-type,x-api-key"),
		preflight("a preflight of no origin", "null", "content-type"),
		preflight("a preflight of 10,000 headers", elsewhere, again(10_000, "a,")+"b"),
		preflight("a preflight of an origin that ends like ours", "https://127.0.0.1.evil.example", "content-type"),
		honestFrom("an honest POST of another origin's page", elsewhere),
		honestFrom("an honest POST of no origin", "null"),
		{class: "browser", name: "a page that frames another", check: noFrame, statuses: []int{200, 302, 307, 401, 404}, harmless: true, send: send(request{method: "GET", path: "/graphiql", bare: true}), within: busyTime},
	}
}

// sharesNothing holds that a page of another origin cannot read the answer.
func sharesNothing(got *answer) error {
	for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"} {
		if value := got.header.Get(name); value != "" {
			return fmt.Errorf("%s: %s", name, value)
		}
	}
	return nil
}

func noFrame(got *answer) error {
	if got.status == 200 && got.header.Get("X-Frame-Options") == "" && got.header.Get("Content-Security-Policy") == "" {
		return errors.New("any page may frame it")
	}
	return nil
}
