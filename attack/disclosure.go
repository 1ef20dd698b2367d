package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// disclosures ask for what is nobody's business.
func disclosures() []attack {
	said := func(name, document string) attack {
		return attack{class: "disclosure", name: name, send: body(is(asking(document, ""))), codes: refusal}
	}
	rows := []attack{
		said("a field's name, nearly", "{ viewr { subject } }"),
		said("an argument's name, nearly", "{ accounts(firs: 1) { totalCount } }"),
		said("an input's key, nearly", `{ subscriptions(filter: {source: ["psa"]}) { totalCount } }`),
		said("a type's name, nearly", "query($f: SubscriptionFiltr) { viewer { subject } }"),
		said("an enum's value, nearly", "{ subscriptions(filter: {statuses: [ACTIV]}) { totalCount } }"),
		said("a directive's name, nearly", "{ viewer @skp(if: true) { subject } }"),
		said("introspection of the schema", "{ __schema { types { name } } }"),
		said("introspection of a type", `{ __type(name: "Query") { fields { name } } }`),
		said("introspection in a fragment", "query A { ...F } fragment F on Query { s: __schema { queryType { name } } }"),
		{class: "disclosure", name: "what a source says when it fails", send: failingSource, statuses: []int{200}, harmless: true, within: busyTime, memory: busyMemory, check: saysNoMore},
		{class: "disclosure", name: "@defer, which is passed by", send: body(is(asking("{ viewer { subject ... @defer { scopes } } }", "")), "Accept: application/json, multipart/mixed"), statuses: []int{200, 400}, harmless: true, within: busyTime, check: whole},
		{class: "disclosure", name: "an alias that scripts take for a prototype", send: body(is(asking("{ __proto__: viewer { constructor: subject } }", ""))), statuses: []int{200, 400}, harmless: true, within: busyTime},
	}
	for _, media := range []string{"application/graphql-response+json", "text/event-stream", "application/json, text/event-stream"} {
		row := said("a subscription, accepting "+media, `subscription { subscriptionChanged(id: "subscription/psa/682") { id } }`)
		row.send = body(is(asking(`subscription { subscriptionChanged(id: "subscription/psa/682") { id } }`, "")), "Accept: "+media)
		row.statuses = []int{200, 400, 405, 406}
		rows = append(rows, row)
	}
	rows = append(rows, said("10 subscriptions in an operation", "subscription {"+each(10, ` a#: subscriptionChanged(id: "subscription/psa/682") { id }`)+"}"))
	// What operators have is not on the port that everybody reaches.
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/vars", "/admin", "/_sandbox/calls", "/_sandbox/faults", "/.env", "/.git/config", "/config.yaml", "/graphql/metrics", "/%2e/metrics", "/graphql;/metrics"} {
		rows = append(rows, attack{class: "path", name: path, send: send(request{method: "GET", path: path, bare: true}), statuses: []int{301, 307, 308, 401, 403, 404}, check: saysNothing})
	}
	for _, path := range []string{"/graphiql", "/schema.graphqls"} {
		rows = append(rows, attack{class: "path", name: path + ", which is for development", send: send(request{method: "GET", path: path, bare: true}), statuses: []int{401, 403, 404}})
	}
	rows = append(rows,
		attack{class: "path", name: "a path with a script in it", send: send(request{method: "GET", path: "/<script>" + secretWord, bare: true}), statuses: []int{404}, check: saysNothing},
		attack{class: "path", name: "a path of 20 KB", send: send(request{method: "GET", path: "/" + again(20_000, "a"), bare: true}), statuses: []int{404, 414}, check: saysNothing},
		attack{class: "path", name: "a POST to a page", send: send(request{path: "/healthz", body: again(10_000, "x"), bare: true}), statuses: []int{404, 405}},
		attack{class: "path", name: "GraphQL on the listener for operators", send: onAdmin, statuses: []int{404}},
	)
	return rows
}

// saysNothing holds that a page that is not there does not repeat what was asked.
func saysNothing(got *answer) error {
	if strings.Contains(string(got.body), "script") || strings.Contains(string(got.body), again(100, "a")) {
		return errors.New("the page repeats the path")
	}
	if got.status == http.StatusNotFound && got.header.Get("X-Content-Type-Options") != "nosniff" {
		return errors.New("the page lets its type be guessed")
	}
	return nil
}

// whole holds that an answer is one, and not the first of several.
func whole(got *answer) error {
	if strings.Contains(got.header.Get("Content-Type"), "multipart") || strings.Contains(string(got.body), "hasNext") {
		return errors.New("the answer comes in parts")
	}
	return nil
}

// failingSource has the simulated Productive answer with words that nobody is to
// read, and asks for what is there.
func failingSource(t *target) (*answer, error) {
	if t.sandbox == "" {
		return t.do(request{body: honest})
	}
	fault := `{"source":"psa","status":500,"body":"` + secretWord + ` at /root/app.rb"}`
	response, err := client.Post(t.sandbox+"/_sandbox/faults", "application/json", strings.NewReader(fault))
	if err != nil {
		return nil, err
	}
	response.Body.Close()
	defer clearFaults(t)
	// plan needs a document that no row before this one has left in the cache.
	return t.do(request{body: asking(`{ plans(source: "psa", organizationId: "682") { id name } subscription(id: "subscription/psa/682") { name plan { name features { name } } } }`, "")})
}

func clearFaults(t *target) {
	if cleared, err := http.NewRequest(http.MethodDelete, t.sandbox+"/_sandbox/faults", nil); err == nil {
		if response, err := client.Do(cleared); err == nil {
			response.Body.Close()
		}
	}
}

func saysNoMore(got *answer) error {
	if strings.Contains(string(got.body), "/productive/") || strings.Contains(string(got.body), "127.0.0.1") {
		return fmt.Errorf("the answer names the source's address: %s", bounded(got.body))
	}
	return nil
}

func onAdmin(t *target) (*answer, error) {
	if t.admin == "" {
		return &answer{status: http.StatusNotFound}, nil
	}
	response, err := client.Post(t.admin+"/graphql", "application/json", strings.NewReader(honest))
	if err != nil {
		return nil, err
	}
	return read(response)
}
