package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// send is a request as it stands; the answer need be no GraphQL.
func (w *world) send(method, query, contentType, body string) *answer {
	w.t.Helper()
	req, err := http.NewRequest(method, w.gateway.URL+"/graphql"+query, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := &answer{status: resp.StatusCode, header: resp.Header, raw: raw}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, a); err != nil {
			w.t.Fatalf("the answer is no JSON: %v: %s", err, raw)
		}
	}
	return a
}

// refused checks an answer that holds one error of a code and a text, at a path,
// and for which no source was asked.
func refused(t *testing.T, a *answer, code, says string, path ...any) {
	t.Helper()
	if len(a.Errors) != 1 || a.codes() != code || !strings.Contains(a.Errors[0].Message, says) {
		t.Fatalf("got %.500s, want one %s that says %q", a.raw, code, says)
	}
	e := a.Errors[0]
	if len(path) > 0 && !slices.Equal(e.Path, path) {
		t.Errorf("the path is %v, want %v", e.Path, path)
	}
	if e.Extensions["requestId"] != a.header.Get("X-Request-Id") || e.Extensions["retryable"] != false {
		t.Errorf("extensions are %v", e.Extensions)
	}
}

func TestMalformedIDsAreNullWithAnError(t *testing.T) {
	w := start(t, nil)
	const whole = "0f3c0000-0000-4000-8000-000000000002/7d1e0000-0000-4000-8000-000000000002"
	cases := map[string]struct{ field, id, says string }{
		"empty":                               {"subscription", "", "an id looks like"},
		"a word":                              {"subscription", "4711", "an id looks like"},
		"no kind":                             {"subscription", "/focus/4711", "an id looks like"},
		"a kind alone":                        {"subscription", "subscription", "an id looks like"},
		"a source alone":                      {"subscription", "subscription/focus", ""},
		"an empty part":                       {"subscription", "subscription//4711", "part 2 of the id is empty"},
		"an empty end":                        {"subscription", "subscription/focus/", "part 3 of the id is empty"},
		"a bad escape":                        {"subscription", "subscription/teams/%zz", "part 3 of the id has a bad escape"},
		"half an escape":                      {"subscription", "subscription/teams/%2", "bad escape"},
		"an escape that need not be":          {"subscription", "subscription/focus/%34711", "not written the way"},
		"an escape in small letters":          {"subscription", "subscription/teams/a%2fb", "not written the way"},
		"a space that is not escaped":         {"subscription", "subscription/teams/a b", "not written the way"},
		"bytes that are no text":              {"subscription", "subscription/teams/%FF", "not UTF-8"},
		"too long":                            {"subscription", "subscription/teams/" + strings.Repeat("a", 2000), "at most 1024"},
		"an account's":                        {"subscription", "account/acme", "begins with subscription/"},
		"a plan's":                            {"subscription", "plan/teams/1", "begins with subscription/"},
		"a kind in capitals":                  {"subscription", "Subscription/focus/4711", "begins with subscription/"},
		"a Focus organisation in letters":     {"subscription", "subscription/focus/acme", ""},
		"a Focus organisation below zero":     {"subscription", "subscription/focus/-1", ""},
		"a Focus organisation past 64 bits":   {"subscription", "subscription/focus/92233720368547758080", ""},
		"Focus with a part too many":          {"subscription", "subscription/focus/4711/1", ""},
		"Productive with a part too many":     {"subscription", "subscription/psa/682/1", ""},
		"Intercode with a part too many":      {"subscription", "subscription/teams/team_1/1", ""},
		"Frontier without a subscription":     {"subscription", "subscription/billing/0f3c0000-0000-4000-8000-000000000002", ""},
		"Frontier with a part too many":       {"subscription", "subscription/billing/" + whole + "/1", ""},
		"an account of two parts":             {"account", "account/acme/1", "account/<name>"},
		"a subscription's, for an account":    {"account", "subscription/focus/4711", "account/<name>"},
		"a bare name, for an account":         {"account", "acme", "an id looks like"},
		"a node of no kind that there is":     {"node", "invoice/psa/1", "there is no kind of thing"},
		"a customer, which no one looks up":   {"node", "customer/focus/1", "there is no kind of thing"},
		"a node with a bad escape":            {"node", "source/%", "bad escape"},
		"a subscription's node, malformed":    {"node", "subscription/focus/acme", ""},
		"an account's node, of two parts":     {"node", "account/acme/1", "account/<name>"},
		"a source's node, of two parts":       {"node", "source/psa/1", ""},
		"a plan's node, without its plan":     {"node", "plan/teams", ""},
		"a plan's node, with a part too many": {"node", "plan/teams/1/2", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var a *answer
			calls := w.during(func() {
				a = w.ask("query Q($id: ID!) { "+c.field+"(id: $id) { id } }", map[string]any{"id": c.id})
			})
			if value, there := a.Data[c.field]; !there || value != nil {
				t.Errorf("%s is %v in %s", c.field, value, a.raw)
			}
			refused(t, a, "BAD_USER_INPUT", c.says, c.field)
			if calls != 0 {
				t.Errorf("it cost %d calls", calls)
			}
		})
	}
}

func TestWhatIsUnknownIsNullWithoutAnError(t *testing.T) {
	w := start(t, nil)
	for field, ids := range map[string][]string{
		"subscription": {"subscription/nowhere/1", "subscription/nowhere/a/b/c", "subscription/teams/team_3", "subscription/teams/team_99", "subscription/focus/4726",
			"subscription/billing/0f3c0000-0000-4000-8000-000000000002/7d1e0000-0000-4000-8000-000000000099"},
		"account": {"account/nobody", "account/acm%C3%A9", "account/ACME"},
		"node":    {"source/nowhere", "plan/nowhere/1", "plan/teams/99", "account/nobody", "subscription/nowhere/1"},
	} {
		for _, id := range ids {
			a := w.ask("query Q($id: ID!) { "+field+"(id: $id) { id } }", map[string]any{"id": id})
			if value, there := a.Data[field]; !there || value != nil || len(a.Errors) > 0 {
				t.Errorf("%s: %s", id, a.raw)
			}
		}
	}
}

func TestOneBadIDAmongNodesCostsItsOwnPlace(t *testing.T) {
	w := start(t, nil)
	a := w.ask(`{ nodes(ids: ["account/acme", "nonsense", "subscription/psa/682", "subscription/focus/x"]) { id } }`, nil)
	if got := fmt.Sprint(a.at("nodes")); got != "[map[id:account/acme] <nil> map[id:subscription/psa/682] <nil>]" {
		t.Errorf("nodes are %s", got)
	}
	if len(a.Errors) != 2 || a.codes() != "BAD_USER_INPUT BAD_USER_INPUT" || fmt.Sprint(a.Errors[0].Path, a.Errors[1].Path) != "[nodes 1] [nodes 3]" {
		t.Errorf("errors are %s", a.raw)
	}
}

func TestNodesAreAtMostAHundred(t *testing.T) {
	w := start(t, nil)
	ids := make([]string, 100)
	for i := range ids {
		ids[i] = "account/acme"
	}
	const query = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }"
	if nodes, _ := w.mustAsk(query, map[string]any{"ids": ids}).at("nodes").([]any); len(nodes) != 100 {
		t.Errorf("100 ids gave %d nodes", len(nodes))
	}
	refused(t, w.ask(query, map[string]any{"ids": append(ids, "account/acme")}), "BAD_USER_INPUT", "101", "nodes")
	if nodes, _ := w.mustAsk(query, map[string]any{"ids": []string{}}).at("nodes").([]any); len(nodes) != 0 {
		t.Errorf("no ids gave %d nodes", len(nodes))
	}
}

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
		"no document":                   {``, nil, "no operation"},
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
		"a date without a time":         {variable, filter("renewsBefore", "2026-03-15"), "filter.renewsBefore: a DateTime looks like"},
		"a date without an offset":      {variable, filter("renewsBefore", "2026-03-15T12:00:00"), "DateTime"},
		"30 February":                   {variable, filter("renewsBefore", "2026-02-30T00:00:00Z"), "DateTime"},
		"the year 10000":                {variable, filter("renewsBefore", "10000-01-01T00:00:00Z"), "DateTime"},
		"the year 10000, by its offset": {variable, filter("trialEndsBefore", "9999-12-31T23:59:59-01:00"), "filter.trialEndsBefore"},
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

func TestRequestsThatAreNoGraphQLAreRefused(t *testing.T) {
	w := start(t, nil)
	asked := func(query string) string { return "?query=" + url.QueryEscape(query) }
	cases := map[string]struct {
		method, query, contentType, body string
		status                           int
		code, says                       string
	}{
		"a body that is no JSON":                {"POST", "", "application/json", `query { viewer { subject } }`, 400, "BAD_USER_INPUT", "the body is no JSON object"},
		"a body cut short":                      {"POST", "", "application/json", `{"query":"{ viewer`, 400, "BAD_USER_INPUT", "the body is no JSON object"},
		"an empty body":                         {"POST", "", "application/json", ``, 400, "BAD_USER_INPUT", "the body is no JSON object"},
		"a list, which would be a batch":        {"POST", "", "application/json", `[{"query":"{ viewer { subject } }"}]`, 400, "BAD_USER_INPUT", "the body is no JSON object"},
		"a query that is no text":               {"POST", "", "application/json", `{"query":5}`, 400, "BAD_USER_INPUT", "the body is no JSON object"},
		"variables that are no object":          {"POST", "", "application/json", `{"query":"{ viewer { subject } }","variables":[1]}`, 400, "BAD_USER_INPUT", "the body is no JSON object"},
		"the same key twice":                    {"POST", "", "application/json", `{"query":"{ viewer { subject } }","query":"{ viewer { scopes } }"}`, 400, "BAD_USER_INPUT", "each key once"},
		"the same variable twice":               {"POST", "", "application/json", `{"query":"query Q($n: Int) { accounts(first: $n) { totalCount } }","variables":{"n":1,"n":2}}`, 400, "BAD_USER_INPUT", "each key once"},
		"more behind the body":                  {"POST", "", "application/json", `{"query":"{ viewer { subject } }"} {}`, 400, "BAD_USER_INPUT", "the body is no JSON object"},
		"a body of 1 MiB and a byte":            {"POST", "", "application/json", `{"query":"` + strings.Repeat(" ", 1<<20-11) + `"}`, 413, "LIMIT_EXCEEDED", "1048576 bytes"},
		"a body of plain text":                  {"POST", "", "text/plain", `{"query":"{ viewer { subject } }"}`, 415, "BAD_USER_INPUT", "application/json"},
		"a form":                                {"POST", "", "application/x-www-form-urlencoded", `query={viewer{subject}}`, 415, "BAD_USER_INPUT", "application/json"},
		"a body of no type":                     {"POST", "", "", `{"query":"{ viewer { subject } }"}`, 415, "BAD_USER_INPUT", "application/json"},
		"PUT":                                   {"PUT", "", "application/json", `{"query":"{ viewer { subject } }"}`, 405, "BAD_USER_INPUT", "POST or GET"},
		"DELETE":                                {"DELETE", "", "", ``, 405, "BAD_USER_INPUT", "POST or GET"},
		"PATCH":                                 {"PATCH", "", "application/json", `{}`, 405, "BAD_USER_INPUT", "POST or GET"},
		"GET of nothing":                        {"GET", "", "", ``, 422, "BAD_USER_INPUT", "no operation"},
		"GET of a mutation":                     {"GET", asked(`mutation { cancelSubscription(input: { id: "subscription/psa/682" }) { subscription { id } } }`), "", ``, 405, "BAD_USER_INPUT", "POST"},
		"GET with variables that are no object": {"GET", asked(`{ viewer { subject } }`) + "&variables=nonsense", "", ``, 400, "BAD_USER_INPUT", "variables"},
		"a live operation by POST":              {"POST", "", "application/json", `{"query":"subscription { subscriptionChanged(id: \"subscription/psa/682\") { kind } }"}`, 200, "NOT_SUPPORTED", "live"},
		"a live operation by GET":               {"GET", asked(`subscription { accountChanged(id: "account/acme") { kind } }`), "", ``, 200, "NOT_SUPPORTED", "live"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			calls := w.during(func() {
				a := w.send(c.method, c.query, c.contentType, c.body)
				if a.status != c.status {
					t.Errorf("status %d, want %d: %.300s", a.status, c.status, a.raw)
				}
				refused(t, a, c.code, c.says)
				if c.status == http.StatusMethodNotAllowed && a.header.Get("Allow") == "" {
					t.Error("a method that is not allowed is answered without those that are")
				}
			})
			if calls != 0 {
				t.Errorf("it cost %d calls", calls)
			}
		})
	}
	if a := w.send("GET", asked("query Q($n: Int) { accounts(first: $n) { nodes { id } } }")+"&operationName=Q&variables="+url.QueryEscape(`{"n":1}`), "", ""); a.at("accounts", "nodes", 0, "id") != "account/acme" {
		t.Errorf("a query by GET answers %s", a.raw)
	}
}

func TestMutationsSayThatNothingWasSent(t *testing.T) {
	w := start(t, nil)
	cases := map[string]string{
		"cancelSubscription": `(input: { id: "subscription/psa/682" }) { subscription { id } userErrors { code } }`,
		"renewSubscription":  `(input: { id: "subscription/psa/682" }) { subscription { id } }`,
		"changeSubscription": `(input: { id: "subscription/psa/682", seats: 3 }) { subscription { id } }`,
		"startTrial":         `(input: { source: "focus", organizationId: "4711", workspaceId: "1" }) { changed }`,
		"createCheckout":     `(input: { source: "teams", priceId: "p", quantity: 1, isTeamCreation: false }) { url }`,
		"createPlan":         `(input: { source: "teams", name: "New", price: "12.50" }) { plan { id } }`,
		"updatePlan":         `(input: { source: "teams", name: "Basic" }) { plan { id } }`,
		"deletePlan":         `(input: { id: "plan/teams/1" }) { deletedPlanId }`,
	}
	for name, rest := range cases {
		t.Run(name, func(t *testing.T) {
			calls := w.during(func() {
				a := w.ask("mutation { "+name+rest+" }", nil)
				if a.Data != nil || a.status != http.StatusOK {
					t.Errorf("status %d, data %v", a.status, a.Data)
				}
				refused(t, a, "NOT_SUPPORTED", "nothing was sent", name)
			})
			if calls != 0 {
				t.Errorf("it cost %d calls", calls)
			}
		})
	}
	for name, input := range map[string]string{
		"a price that is no number": `createPlan(input: { source: "teams", price: "twelve" }) { plan { id } }`,
		"a rank that is no integer": `createPlan(input: { source: "teams", rank: "1" }) { plan { id } }`,
		"a time that there is not":  `cancelSubscription(input: { id: "subscription/psa/682", when: SOMETIME }) { subscription { id } }`,
	} {
		if a := w.ask("mutation { "+input+" }", nil); a.codes() != "BAD_USER_INPUT" {
			t.Errorf("%s: %s", name, a.raw)
		}
	}
}

func TestAQueryMayDeferAndStillEnds(t *testing.T) {
	w := start(t, nil)
	for _, query := range []string{
		`{ viewer { subject } ... @defer { subscription(id: "subscription/psa/682") { status } } }`,
		`{ subscription(id: "subscription/psa/682") { id ... @defer { status plan { name } } } }`,
	} {
		a := w.ask(query, nil)
		if len(a.Errors) > 0 || a.at("subscription") == nil {
			t.Errorf("%s answers %s", query, a.raw)
		}
	}
}
