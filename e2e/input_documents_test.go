package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestArgumentsOutOfRangeNameThemselves(t *testing.T) {
	w := start(t, nil)
	cases := map[string]struct{ query, says string }{
		"first 0":                      {`{ subscriptions(first: 0) { totalCount } }`, "first is 0"},
		"first -1":                     {`{ subscriptions(first: -1) { totalCount } }`, "first is -1"},
		"first 101":                    {`{ subscriptions(first: 101) { totalCount } }`, "first is 101"},
		"last 0":                       {`{ subscriptions(last: 0) { totalCount } }`, "last is 0"},
		"last 101":                     {`{ subscriptions(last: 101) { totalCount } }`, "last is 101"},
		"first with last":              {`{ subscriptions(first: 1, last: 1) { totalCount } }`, "first and last"},
		"after with before":            {`{ subscriptions(after: "x", before: "y") { totalCount } }`, "after and before"},
		"last with after":              {`{ subscriptions(last: 1, after: "x") { totalCount } }`, "last goes with before"},
		"first with before":            {`{ subscriptions(first: 1, before: "x") { totalCount } }`, "first goes with after"},
		"a forged cursor":              {`{ subscriptions(after: "eyJpIjoiYSJ9") { totalCount } }`, "cursor"},
		"an account's page of 0":       {`{ account(id: "account/acme") { subscriptions(first: 0) { totalCount } } }`, "first is 0"},
		"accounts, first 101":          {`{ accounts(first: 101) { totalCount } }`, "first is 101"},
		"accounts, a forged cursor":    {`{ accounts(after: "x") { totalCount } }`, "cursor"},
		"accounts, a malformed id":     {`{ accounts(filter: { ids: ["acme"] }) { totalCount } }`, "filter.ids: entry 1"},
		"the viewer's accounts, -5":    {`{ viewer { accounts(first: -5) { totalCount } } }`, "first is -5"},
		"a filter's unknown source":    {`{ subscriptions(filter: { sources: ["stripe"] }) { totalCount } }`, `there is no source "stripe"`},
		"a filter's malformed account": {`{ subscriptions(filter: { accounts: ["acme"] }) { totalCount } }`, "filter.accounts: entry 1"},
		"plans of no source":           {`{ plans(source: "stripe") { id } }`, `there is no source "stripe"`},
		"Focus plans of nobody":        {`{ plans(source: "focus") { id } }`, ""},
		"Productive plans of nobody":   {`{ plans(source: "psa") { id } }`, ""},
		"Focus plans of a word":        {`{ plans(source: "focus", organizationId: "acme") { id } }`, ""},
		"upcoming in 0 days":           {`{ account(id: "account/nobody") { id } x: account(id: "account/acme") { summary(filter: { sources: [] }) { upcoming(days: 0) { at } } } }`, "days is 0"},
		"upcoming in -1 days":          {`{ account(id: "account/acme") { summary(filter: { sources: [] }) { upcoming(days: -1) { at } } } }`, "days is -1"},
		"upcoming in 367 days":         {`{ account(id: "account/acme") { summary(filter: { sources: [] }) { upcoming(days: 367) { at } } } }`, "days is 367"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			calls := w.during(func() { refused(t, w.ask(c.query, nil), "BAD_USER_INPUT", c.says) })
			if calls != 0 {
				t.Errorf("it cost %d calls", calls)
			}
		})
	}
	for _, fine := range []string{"days: 1", "days: 366", "days: null"} {
		w.mustAsk(`{ account(id: "account/acme") { summary { upcoming(`+fine+`) { at } } } }`, nil)
	}
}

func TestDocumentsThatAreNoneAreRefused(t *testing.T) {
	w := start(t, nil)
	const variable = `query Q($f: SubscriptionFilter) { subscriptions(filter: $f) { totalCount } }`
	filter := func(name string, value any) map[string]any {
		return map[string]any{"f": map[string]any{name: value}}
	}
	cases := map[string]struct {
		query     string
		variables map[string]any
		says      string
	}{
		"a syntax error":                {`{ viewer { subject }`, nil, "Expected Name"},
		"no document":                   {``, nil, "query is missing"},
		"space alone":                   {"  \n", nil, "no operation"},
		"a comment alone":               {"# nothing", nil, "no operation"},
		"a fragment alone":              {"fragment F on Account { id }", nil, ""},
		"an unknown field":              {`{ viewer { subject name } }`, nil, `"name"`},
		"an unknown argument":           {`{ subscriptions(size: 1) { totalCount } }`, nil, `"size"`},
		"a missing argument":            {`{ subscription { id } }`, nil, `"id"`},
		"a missing selection":           {`{ viewer }`, nil, "viewer"},
		"an unknown type":               {`{ node(id: "source/psa") { ... on Invoice { id } } }`, nil, "Invoice"},
		"an unknown enum value":         {`{ subscriptions(filter: { statuses: [DEAD] }) { totalCount } }`, nil, "DEAD"},
		"an unknown enum, as variable":  {variable, filter("statuses", []string{"DEAD"}), "DEAD"},
		"an unknown order":              {`{ subscriptions(orderBy: { field: PRICE, direction: ASC }) { totalCount } }`, nil, "PRICE"},
		"an unknown filter":             {variable, filter("colour", "red"), "$f.colour"},
		"a date that there is not":      {`{ subscriptions(filter: { renewsBefore: "2026-13-45" }) { totalCount } }`, nil, "filter.renewsBefore: a DateTime looks like"},
		"a date without a time":         {variable, filter("renewsBefore", "2026-03-15"), "$f.renewsBefore: a DateTime looks like"},
		"a date without an offset":      {variable, filter("renewsBefore", "2026-03-15T12:00:00"), "DateTime"},
		"30 February":                   {variable, filter("renewsBefore", "2026-02-30T00:00:00Z"), "DateTime"},
		"the year 10000":                {variable, filter("renewsBefore", "10000-01-01T00:00:00Z"), "DateTime"},
		"the year 10000, by its offset": {variable, filter("trialEndsBefore", "9999-12-31T23:59:59-01:00"), "$f.trialEndsBefore"},
		"a date as a number":            {variable, filter("renewsBefore", 1773576000), "DateTime"},
		"a page of half a row":          {`query Q($n: Int) { subscriptions(first: $n) { totalCount } }`, map[string]any{"n": 1.5}, ""},
		"a page past 32 bits":           {`query Q($n: Int) { subscriptions(first: $n) { totalCount } }`, map[string]any{"n": 4294967297}, ""},
		"a page past 64 bits":           {`{ subscriptions(first: 99999999999999999999) { totalCount } }`, nil, ""},
		"null for what must be there":   {`query Q($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": nil}, "$id"},
		"a variable left out":           {`query Q($id: ID!) { node(id: $id) { id } }`, nil, "$id"},
		"a variable never declared":     {`{ node(id: $id) { id } }`, nil, "id"},
		"a variable never used":         {`query Q($id: ID) { viewer { subject } }`, nil, "id"},
		"a fragment in itself":          {`{ viewer { ...F } } fragment F on Viewer { subject ...F }`, nil, ""},
		"two operations of no name":     {`{ viewer { subject } } { viewer { subject } }`, nil, ""},
		"two operations, none chosen":   {`query A { viewer { subject } } query B { viewer { subject } }`, nil, ""},
		"one place, two meanings":       {`{ viewer { x: subject x: scopes } }`, nil, "x"},
		"an unknown directive":          {`{ viewer @cached { subject } }`, nil, "cached"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			calls := w.during(func() {
				a := w.ask(c.query, c.variables)
				if len(a.Errors) == 0 || !strings.Contains(a.codes(), "BAD_USER_INPUT") || strings.Trim(strings.ReplaceAll(a.codes(), "BAD_USER_INPUT", ""), " ") != "" {
					t.Fatalf("got %.500s", a.raw)
				}
				if !strings.Contains(a.Errors[0].Message, c.says) {
					t.Errorf("%q does not say %q", a.Errors[0].Message, c.says)
				}
				if a.status >= 500 || a.Errors[0].Extensions["requestId"] != a.header.Get("X-Request-Id") {
					t.Errorf("status %d, extensions %v", a.status, a.Errors[0].Extensions)
				}
			})
			if calls != 0 {
				t.Errorf("it cost %d calls", calls)
			}
		})
	}
	a := w.send(http.MethodPost, "", "application/json", `{"query":"query A { viewer { subject } } query B { viewer { scopes } }","operationName":"B"}`)
	if a.at("viewer", "scopes") == nil {
		t.Errorf("the operation that was named answers %s", a.raw)
	}
	refused(t, w.send(http.MethodPost, "", "application/json", `{"query":"query A { viewer { subject } }","operationName":"Z"}`), "BAD_USER_INPUT", "Z")
}

func TestScalarsComeInAsTheyGoOut(t *testing.T) {
	w := start(t, nil)
	const query = `query Q($at: DateTime) { subscriptions(filter: { renewsBefore: $at }) { totalCount } }`
	count := func(at string) any {
		return w.mustAsk(query, map[string]any{"at": at}).at("subscriptions", "totalCount")
	}
	utc := count("2026-04-01T00:00:00.000Z")
	if utc == nil || fmt.Sprint(utc) == "0" {
		t.Fatalf("%v are billed before April, so this shows nothing", utc)
	}
	for _, same := range []string{"2026-04-01T00:00:00Z", "2026-04-01T02:00:00+02:00", "2026-03-31T19:00:00.000000-05:00"} {
		if got := count(same); got != utc {
			t.Errorf("%s gives %v, want %v", same, got, utc)
		}
	}
	if got := count("0001-01-01T00:00:00Z"); fmt.Sprint(got) != "0" {
		t.Errorf("%v were billed before the year 1", got)
	}
}
