package gateway_test

import "strings"

type requestSeed struct {
	method                                                             uint8 // 0 for POST, 1 for GET
	target, accept, contentType, authorization, apiKey, encoding, body string
}

func requestSeeds() []requestSeed {
	const (
		plain   = "application/json"
		graphQL = "application/graphql-response+json"
		query   = `{"query":"query A($id: ID!) { account(id: $id) { name } }","operationName":"A","variables":{"id":"account/acme"},"extensions":{"cost":true}}`
	)
	seeds := []requestSeed{
		{0, "/graphql", plain, plain, "", "acme", "", query},
		{0, "/graphql", graphQL, plain, "", "globex", "", query},
		{0, "/graphql", graphQL + ";q=0.9, */*;q=0.1", plain + "; charset=utf-8", "Bearer acme", "", "", query},
		{0, "/graphql", "text/event-stream", plain, "Bearer acme", "", "", query},
		{0, "/graphql", "", plain, "", "acme", "", "[" + query + "," + viewer + "]"},
		{0, "/graphql", "", plain, "", "acme", "", `{"query":"{ a }","query":"{ b }"}`},
		{0, "/graphql", "", plain, "", "acme", "", `{"Query":"{ a }"}`},
		{0, "/graphql", "", plain, "", "acme", "", `{"documentId":"sha256:00","extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + strings.Repeat("0", 64) + `"}}}`},
		{0, "/graphql", "", plain, "", "acme", "", `{"doc_id":"1","variables":{"a":1e999,"b":-0,"c":"\ud800"}}`},
		{0, "/graphql", "", plain, "", "acme", "", "\xef\xbb\xbf" + viewer},
		{0, "/graphql", "", plain, "", "acme", "", strings.Repeat(`{"variables":`, 200)},
		{0, "/graphql", "", plain, "", "acme", "gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"},
		{0, "/graphql", "", plain, "", "acme", "zstd", "\x28\xb5\x2f\xfd\x04\x00"},
		{0, "/graphql", "", plain, "", "acme", "deflate, gzip", ""},
		{0, "/graphql", "", "text/plain", "", "acme", "", query},
		{0, "/graphql", "", "multipart/form-data; boundary=x", "", "acme", "", "--x--"},
		{0, "/graphql", "", plain, "Basic acme", "", "", query},
		{0, "/graphql", "", plain, "", "nobody", "", query},
		{1, get("{ viewer { subject accounts { nodes { id } } } }"), plain, "", "", "acme", "", ""},
		{1, get("query A($a: [ID!]!) { nodes(ids: $a) { id } }", "variables", `{"a":["account/acme","subscription/psa/682"]}`), graphQL, "", "Bearer globex", "", "", ""},
		{1, "/graphql?query=%7B__typename%7D&query=%7Ba%7D", "", "", "", "acme", "", ""},
		{1, "/graphql?query=%zz", "", "", "", "acme", "", ""},
		{1, get(`mutation { deletePlan(input: { id: "plan/teams/1" }) { userErrors { message } } }`), "", "", "", "acme", "", ""},
		{1, "/graphql", "", "", "", "acme", "", ""},
		{1, "/graphql/", "", "", "", "acme", "", ""},
		{1, "//graphql", "", "", "", "acme", "", ""},
		{1, "/readyz", "", "", "", "", "", ""},
		{1, "/healthz?x", "", "", "", "", "", ""},
		{1, "/graphiql/../../etc/passwd", "", "", "", "acme", "", ""},
		{2, "/graphql?query={a}", "", "", "", "acme", "", ""},
		{3, "/graphql", "", "", "", "", "https://app.example.com", ""},
		{7, "/graphql", "", plain, "", "acme", "", query},
	}
	return seeds
}

type operationSeed struct{ document, variables, operation, extensions, cursor string }

// page goes on from a cursor.
const page = `query($cursor: String) { subscriptions(first: 2, after: $cursor, orderBy: { field: PLAN_NAME, direction: DESC }) { totalCount pageInfo { endCursor hasNextPage } edges { cursor node { id status plan { name } } } completeness { complete } } }`

func operationSeeds() []operationSeed {
	const details = `id name status provenance { fetchedAt freshness } plan { id name features { name } } customer { name email } trial { endsAt } details { __typename ... on FocusSubscription { currentTrial { planName } } }`
	return []operationSeed{
		{"{ __typename }", "", "", "", ""},
		{"{ viewer { subject accounts(first: 3) { totalCount nodes { id name } } } sources { name kind } }", "", "", `{"cost":true}`, ""},
		{page, "", "", "", ""},
		{page, "", "", "", "bm9uc2Vuc2U"},
		{`query($cursor: String) { accounts(first: 2, after: $cursor) { edges { cursor } } }`, "", "", "", "\x00\xff"},
		{"{ subscriptions(first: 100) { nodes { " + details + " } } }", "", "", "", ""},
		{`{ account(id: "account/globex") { id name summary { subscriptionCount monthlyRecurring { decimal } upcoming(days: 366) { at kind } } subscriptions { nodes { id } } } }`, "", "", "", ""},
		{`query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Subscription { ` + details + ` } ... on Account { name } } }`,
			`{"ids":["subscription/psa/682","subscription/psa/683","subscription/focus/4711","subscription/teams/team_2","account/acme","plan/teams/1","source/psa","","a/b/c"]}`, "", "", ""},
		{`query A { a: __typename } query B { b: __typename }`, "", "B", "", ""},
		{`query A($a: Boolean = true) { x: viewer @include(if: $a) @skip(if: false) { subject } ...F @defer } fragment F on Query { sources { name } }`, `{"a":false}`, "A", "", ""},
		{`{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }`, "", "", "", ""},
		{"{ " + strings.Repeat("viewer { subject } ", 500) + "}", "", "", "", ""},
		{"{ a: viewer { subject } a: sources { name } }", "", "", "", ""},
		{strings.Repeat("{ a ", 100), "", "", "", ""},
		{`{ __schema { types { name fields { name type { ofType { ofType { name } } } } } } }`, "", "", "", ""},
		{`{ __type(name: "Query") { name } }`, "", "", "", ""},
		{`subscription { accountChanged(id: "account/acme") { __typename } }`, "", "", "", ""},
		{`mutation($input: CancelSubscriptionInput!) { a: cancelSubscription(input: $input) { subscription { id status } userErrors { code field message } } }`,
			`{"input":{"id":"subscription/teams/team_2","when":"AT_PERIOD_END","idempotencyKey":"k"}}`, "", "", ""},
		{`mutation { changeSubscription(input: { id: "subscription/psa/683", seats: 99999999999 }) { userErrors { code } } }`, "", "", "", ""},
		{`mutation { createPlan(input: { source: "teams", name: "x", price: "1e999999999" }) { userErrors { code } } }`, "", "", "", ""},
		{`{ plans(source: "billing") { id name features { name } } a: plans(source: "focus", organizationId: "4711") { name } }`, "", "", "", ""},
		{`{ subscriptions(filter: { accounts: ["account/globex"], statuses: [ACTIVE], renewsBefore: "2030-01-01T00:00:00Z" }) { totalCount } }`, "", "", "", ""},
		{"query($a: Int = 2147483648, $b: [String!] = [null]) { accounts(first: $a) { totalCount } }", `{"a":1e400}`, "", "", ""},
		{"{ account(id: \"\"\"\n  account/acme\n\"\"\") { name } }", "", "", "", ""},
		{"{ node(id: \"\\uD83D\\uDE00\\u{1F600}\\ud800\") { id } }", "", "", "", ""},
		{"", "", "", `{"persistedQuery":{"version":1,"sha256Hash":"ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38"}}`, ""},
		{"{__typename}", "", "", `{"persistedQuery":{"version":1,"sha256Hash":"ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38"}}`, ""},
	}
}
