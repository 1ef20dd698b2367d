package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// headers are requests whose method or headers are wrong.
func headers() []attack {
	rows := []attack{
		{class: "header", name: "a header of 100 KiB", send: send(request{body: honest, header: []string{"X-Large: " + strings.Repeat("x", 100<<10)}}), statuses: []int{431}, plain: true},
		{class: "header", name: "20,000 headers", send: send(request{body: honest, header: numbered(20_000)}), statuses: []int{431}, plain: true},
		{class: "header", name: "a charset of UTF-16", send: send(request{body: honest, header: []string{"Content-Type: application/json; charset=utf-16"}}), statuses: []int{415}, codes: refusal},
		{class: "header", name: "a charset of UTF-7", send: send(request{body: honest, header: []string{"Content-Type: application/json; charset=utf-7"}}), statuses: []int{415}, codes: refusal},
		{class: "header", name: "two Content-Types", send: send(request{body: honest, header: []string{"Content-Type: application/json", "Content-Type: text/plain"}}), statuses: []int{415}, codes: refusal},
		{class: "header", name: "a request id with a line's end in it", send: send(request{body: honest, header: []string{"X-Request-Id: a\tb" + secretWord}}), statuses: []int{200}, harmless: true, memory: busyMemory, within: busyTime},
		{class: "header", name: "a request id of 10 KiB", send: send(request{body: honest, header: []string{"X-Request-Id: " + strings.Repeat(secretWord, 1000)}}), statuses: []int{200}, harmless: true, memory: busyMemory, within: busyTime},
		{class: "header", name: "a client's name of 10 KiB", send: send(request{body: honest, header: []string{"GraphQL-Client-Name: " + strings.Repeat(secretWord, 1000)}}), statuses: []int{200, 400}, harmless: true, memory: busyMemory, within: busyTime},
		{class: "header", name: "X-Forwarded-For and the like", send: send(request{body: honest, header: []string{"X-Forwarded-For: 127.0.0.1", "X-Real-Ip: 127.0.0.1", "Forwarded: for=127.0.0.1", "X-Original-Url: /metrics", "X-Rewrite-Url: /metrics", "X-Http-Method-Override: DELETE"}}), statuses: []int{200}, harmless: true, memory: busyMemory, within: busyTime, check: answersHonestly},
		{class: "header", name: "an upgrade to WebSocket", send: send(request{method: "GET", header: []string{"Content-Type:", "Connection: Upgrade", "Upgrade: websocket", "Sec-Websocket-Version: 13", "Sec-Websocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-Websocket-Protocol: graphql-transport-ws"}}), statuses: []int{400, 426}, codes: refusal},
		{class: "header", name: "an upgrade to h2c", send: send(request{body: honest, header: []string{"Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "Http2-Settings: AAMAAABkAARAAAAAAAIAAAAA"}}), statuses: []int{200}, harmless: true, memory: busyMemory, within: busyTime, check: answersHonestly},
	}
	for _, media := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/graphql", "application/graphql+json", "application/json-patch+json", "text/xml", "application/json; =", ""} {
		name := media
		if name == "" {
			name = "none"
		}
		rows = append(rows, attack{class: "media type", name: name, send: send(request{body: honest, header: []string{"Content-Type: " + media}}), statuses: []int{415}, codes: refusal})
	}
	accepted := []struct {
		accept string
		status int
	}{
		{"text/html", 406}, {"application/xml, text/*", 406}, {"application/graphql-response+json;q=0, application/json;q=0", 406},
		{"text/event-stream", 406}, {"multipart/mixed", 406},
		// What urql sends: a plain answer is right, and no stream.
		{"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed", 200},
		{"x/application/json, */*;q=0.0001", 200},
	}
	for _, a := range accepted {
		row := attack{class: "Accept", name: a.accept, send: send(request{body: honest, header: []string{"Accept: " + a.accept}}), statuses: []int{a.status}}
		if a.status == 200 {
			row.harmless, row.check, row.memory, row.within = true, answersHonestly, busyMemory, busyTime
		} else {
			row.codes = refusal
		}
		rows = append(rows, row)
	}
	rows = append(rows, attack{class: "Accept", name: "10,000 ranges", send: send(request{body: honest, header: []string{"Accept: " + strings.Repeat("a/b,", 10_000) + "text/html"}}), statuses: []int{400, 406, 431}, plain: true})
	for _, method := range []string{"PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "HEAD", "PROPFIND", "ZQX"} {
		rows = append(rows, attack{class: "method", name: method, send: send(request{method: method, body: bodyOf(method)}), statuses: []int{405}, check: allows})
	}
	return rows
}

func bodyOf(method string) string {
	if method == "TRACE" || method == "HEAD" || method == "OPTIONS" {
		return ""
	}
	return honest
}

func numbered(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("X-%d: x", i)
	}
	return lines
}

func allows(got *answer) error {
	if allow := got.header.Get("Allow"); !strings.Contains(allow, "POST") {
		return fmt.Errorf("the header Allow is %q", allow)
	}
	return nil
}

// answersHonestly holds that an honest query was answered as ever, in JSON.
func answersHonestly(got *answer) error {
	g, err := got.graphQL()
	switch {
	case err != nil:
		return err
	case len(g.Errors) > 0 || g.Data == nil:
		return fmt.Errorf("no data: %s", bounded(got.body))
	case !strings.Contains(got.header.Get("Content-Type"), "json"):
		return errors.New("an answer that is not called JSON")
	case got.status != http.StatusOK:
		return fmt.Errorf("status %d", got.status)
	}
	return nil
}
