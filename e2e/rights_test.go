package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"tributary/sandbox"
)

// roomy lifts the limits that a query for everything passes.
func roomy(text string) string {
	return "limits: { tokens: 100000, expandedFields: 50000, fields: 10000000, aliases: 5000, cost: 100000, depth: 40 }\n" + text
}

// dump asks for all there is of an account.
func dump(schema *ast.Schema) string {
	return `query($id: ID!) { account(id: $id) { id name
		subscriptions(first: 100) { totalCount nodes ` + everything(schema, "Subscription", 5) + ` }
		summary { subscriptionCount upcoming(days: 366) { at kind subscription { id } } } } }`
}

func accountNames() []string {
	var names []string
	for _, account := range sandbox.Accounts() {
		names = append(names, account.ID)
	}
	return names
}

// randomQuery asks for something of an account in one of the ways there are.
func randomQuery(r *rand.Rand, ids []string, account string) (string, map[string]any) {
	id := ids[r.IntN(len(ids))]
	parts := strings.Split(id, "/")
	all := "{ id externalId providerId account { id name } customer { id name email } plan { name } trial { endsAt } }"
	switch r.IntN(18) {
	case 0:
		return `query($id: ID!) { node(id: $id) { id ... on Subscription ` + all + ` ... on Account { name } } }`, map[string]any{"id": id}
	case 1:
		return `query($id: ID!) { node(id: $id) { id ... on Account { name subscriptions { nodes { id } } } } }`, map[string]any{"id": "account/" + account}
	case 2:
		return `query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Subscription ` + all + ` ... on Account { name } } }`, map[string]any{"ids": append(slices.Clone(ids), "account/"+account)}
	case 3:
		return `query($id: ID!) { subscription(id: $id) ` + all + ` }`, map[string]any{"id": id}
	case 4:
		return `query($id: ID!) { account(id: $id) { id name subscriptions { totalCount nodes { id } } summary { subscriptionCount monthlyRecurring { decimal } } } }`, map[string]any{"id": "account/" + account}
	case 5:
		return `{ subscriptions(first: 100) { totalCount nodes ` + all + ` completeness { sources { source { name } outcome count } } } }`, nil
	case 6:
		return `query($ids: [ID!]) { subscriptions(first: 50, filter: { accounts: $ids }) { totalCount nodes { id account { id } } } }`, map[string]any{"ids": []string{"account/" + account}}
	case 7:
		return `{ subscriptions(last: 30, orderBy: { field: PLAN_NAME, direction: DESC }) { totalCount edges { cursor node { id plan { name } } } } }`, nil
	case 8:
		return `{ accounts(first: 100) { totalCount nodes { id name subscriptions(first: 3) { nodes { id } } } } }`, nil
	case 9:
		return `query($ids: [ID!]) { accounts(filter: { ids: $ids }) { totalCount nodes { id name } } viewer { subject accounts { totalCount nodes { id } } } }`, map[string]any{"ids": []string{"account/" + account}}
	case 10:
		return `query($source: String!, $org: ID!) { plans(source: $source, organizationId: $org) { id name } }`, map[string]any{"source": parts[1], "org": parts[2]}
	case 11:
		return `mutation($id: ID!) { cancelSubscription(input: { id: $id, when: AT_PERIOD_END }) { subscription ` + all + ` userErrors { code message } } }`, map[string]any{"id": id}
	case 12:
		return `mutation($id: ID!) { changeSubscription(input: { id: $id, seats: 7 }) { subscription { id } userErrors { code message } } }`, map[string]any{"id": id}
	case 13:
		return `mutation($source: String!, $org: ID!) { startTrial(input: { source: $source, organizationId: $org, workspaceId: 7 }) { subscription { id } trial { id } userErrors { code message } } }`, map[string]any{"source": parts[1], "org": parts[2]}
	case 14:
		return `mutation($team: ID!) { createCheckout(input: { source: "teams", priceId: "price_1", quantity: 1, isTeamCreation: false, teamId: $team }) { url userErrors { code message } } }`, map[string]any{"team": parts[2]}
	case 15:
		return `mutation($id: ID!) { renewSubscription(input: { id: $id }) { subscription ` + all + ` userErrors { code message } } }`, map[string]any{"id": id}
	case 16:
		return `query($plan: ID!, $org: ID!) { node(id: $plan) { id ... on Plan { name } } nodes(ids: ["source/psa", $plan, $org]) { id } sources { name health { lastError { message } } } }`,
			map[string]any{"plan": "plan/" + parts[1] + "/1", "org": strings.Replace(id, "subscription/", "organization/", 1)}
	default:
		return `query($name: String) { accounts(filter: { nameContains: $name }) { totalCount nodes { id } } subscriptions(filter: { sources: ["focus", "psa"] }, first: 100) { totalCount nodes { id } } }`, map[string]any{"name": account[:2]}
	}
}

func TestEveryFieldThatReachesAnAccountIsAskedForAtRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var asked strings.Builder
	for range 500 {
		query, _ := randomQuery(r, []string{"subscription/psa/682"}, "acme")
		asked.WriteString(query)
	}
	schema := loadSchema(t)
	for _, field := range slices.Concat(schema.Query.Fields, schema.Mutation.Fields) {
		ofNoAccount := strings.HasPrefix(field.Name, "__") || strings.HasSuffix(field.Name, "Plan")
		if !ofNoAccount && !strings.Contains(asked.String(), field.Name) {
			t.Errorf("nobody asks for %s", field.Name)
		}
	}
}

func TestNoAnswerHoldsAnythingOfAnothersAccount(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	names := accountNames()
	everyone := &caller{name: "everyone", scopes: allScopes}
	callers := []*caller{everyone}
	for i := range 24 {
		some := slices.Clone(names)
		r.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		c := &caller{name: fmt.Sprintf("caller-%d", i), accounts: some[:r.IntN(4)]}
		for _, scope := range allScopes {
			if r.IntN(4) > 0 {
				c.scopes = append(c.scopes, scope)
			}
		}
		if len(c.scopes) == 0 {
			c.scopes = []string{"read"}
		}
		callers = append(callers, c)
	}
	w := start(t, func(text string) string { return roomy(withCallers(callers...)(text)) })
	schema := loadSchema(t)
	whole, idsOf := map[string]map[string]bool{}, map[string][]string{}
	for _, name := range names {
		a := w.askAs(everyone.header(), dump(schema), map[string]any{"id": "account/" + name})
		if len(a.Errors) > 0 {
			t.Fatalf("%s", a.raw[:min(len(a.raw), 2000)])
		}
		whole[name] = map[string]bool{}
		leaves(a.Data, whole[name])
		for _, node := range a.at("account", "subscriptions", "nodes").([]any) {
			idsOf[name] = append(idsOf[name], node.(map[string]any)["id"].(string))
		}
	}
	catalogues := map[string]bool{} // what vendors sell is nobody's own
	list := `query($source: String!, $org: ID) { plans(source: $source, organizationId: $org) ` + everything(schema, "Plan", 4) + ` }`
	for _, ids := range idsOf {
		for _, id := range ids {
			parts := strings.Split(id, "/")
			leaves(w.askAs(everyone.header(), list, map[string]any{"source": parts[1], "org": parts[2]}).Data, catalogues)
		}
	}
	own := marks(whole)
	for _, texts := range own {
		maps.DeleteFunc(texts, func(text string, _ bool) bool { return catalogues[text] })
	}
	cursors := map[string]string{} // by caller
	for range 1500 {
		c, account := callers[1+r.IntN(len(callers)-1)], names[r.IntN(len(names))]
		query, variables := randomQuery(r, idsOf[account], account)
		writes := w.writes()
		a := w.askAs(c.header(), query, variables)
		isWrite := strings.HasPrefix(query, "mutation")
		if sent := w.writes() - writes; isWrite && sent > 0 && (!c.has("write") || !c.sees(account)) {
			t.Fatalf("%s, who may not, made %d writes by %s %v", c.name, sent, query, variables)
		}
		got := map[string]bool{}
		leaves(a.Data, got)
		for _, other := range names {
			if c.sees(other) && c.has("read") {
				continue
			}
			for text := range own[other] {
				echoed := fmt.Sprint(variables)
				if got[text] && !strings.Contains(echoed, text) || len(text) > 9 && strings.Contains(string(a.raw), `"`+text+`"`) {
					t.Fatalf("%s of %v with %v sees %q of %s in the answer to %s %v: %s", c.name, c.accounts, c.scopes, text, other, query, variables, a.raw)
				}
			}
		}
		c.countsOwn(t, a, idsOf, query)
		if cursor, ok := a.at("subscriptions", "edges", 0, "cursor").(string); ok {
			for who, theirs := range cursors {
				stolen := w.askAs(c.header(), `query($c: String) { subscriptions(before: $c, orderBy: { field: PLAN_NAME, direction: DESC }) { totalCount } }`, map[string]any{"c": theirs})
				if who != c.name && stolen.codes() != "BAD_USER_INPUT" {
					t.Fatalf("%s goes on from a cursor of %s: %s", c.name, who, stolen.raw)
				}
			}
			cursors[c.name] = cursor
		}
	}
}

// countsOwn expects the totals of what a caller may see.
func (c *caller) countsOwn(t *testing.T, a *answer, idsOf map[string][]string, query string) {
	t.Helper()
	if !c.has("read") || strings.Contains(query, "filter") {
		return
	}
	subscriptions, accounts := 0, 0
	for name, ids := range idsOf {
		if c.sees(name) {
			subscriptions += len(ids)
			accounts++
		}
	}
	if total, ok := a.at("subscriptions", "totalCount").(float64); ok && int(total) != subscriptions {
		t.Fatalf("%s of %v counts %v subscriptions of %d: %s", c.name, c.accounts, total, subscriptions, query)
	}
	if total, ok := a.at("accounts", "totalCount").(float64); ok && int(total) != accounts {
		t.Fatalf("%s of %v counts %v accounts of %d", c.name, c.accounts, total, accounts)
	}
}

func TestAnotherOrganisationsSubscriptionIsNotReachedThroughOnesOwn(t *testing.T) {
	globex := &caller{name: "globex", scopes: allScopes, accounts: []string{"globex"}}
	for _, protocol := range []string{"rest", "connect"} {
		w := start(t, func(text string) string {
			return strings.Replace(withCallers(globex)(text), "kind: frontier\n", "kind: frontier\n    protocol: "+protocol+"\n", 1)
		})
		mine := w.askAs(globex.header(), `{ account(id: "account/globex") { subscriptions(filter: { sources: ["billing"] }) { nodes { id } } } }`, nil)
		id, _ := mine.at("account", "subscriptions", "nodes", 0, "id").(string)
		org := strings.Split(id, "/")[2]
		crossed := "subscription/billing/" + org + "/7d1e0000-0000-4000-8000-000000000001" // acme's
		writes := w.writes()
		a := w.askAs(globex.header(), `query($id: ID!) { subscription(id: $id) { id status customer { name } } }`, map[string]any{"id": crossed})
		if a.at("subscription") != nil {
			t.Errorf("%s: read through another organisation: %s", protocol, a.raw)
		}
		a = w.askAs(globex.header(), `mutation($id: ID!) { cancelSubscription(input: { id: $id, when: NOW }) { subscription { id } userErrors { code } } }`, map[string]any{"id": crossed})
		code := a.at("cancelSubscription", "userErrors", 0, "code") // Frontier has a word for ids that do not go together
		if code != "NOT_FOUND" && code != "FORBIDDEN" || w.writes() != writes {
			t.Errorf("%s: written through another organisation: %s", protocol, a.raw)
		}
	}
}

func TestWhatTakesAScopeIsForbiddenWithoutIt(t *testing.T) {
	schema := loadSchema(t)
	for _, lacking := range []string{"read", "write", "plans"} {
		c := &caller{name: "c"}
		for _, scope := range allScopes {
			if scope != lacking {
				c.scopes = append(c.scopes, scope)
			}
		}
		w := start(t, withCallers(c))
		before := w.totalCalls()
		tried := 0
		for _, root := range []*ast.Definition{schema.Query, schema.Mutation} {
			for _, field := range root.Fields {
				requires := field.Directives.ForName("requires")
				if requires == nil || requires.Arguments.ForName("scope").Value.Raw != lacking {
					continue
				}
				tried++
				a := w.askAs(c.header(), string(map[bool]string{true: "query", false: "mutation"}[root == schema.Query])+" { ok: __typename "+callOf(schema, field)+" }", nil)
				if a.codes() != "FORBIDDEN" || len(a.Data) > 0 {
					t.Errorf("%s without %s: %s", field.Name, lacking, a.raw)
				}
			}
		}
		if calls := w.totalCalls() - before; tried == 0 || calls != 0 {
			t.Errorf("without %s, %d fields were tried and the sources called %d times", lacking, tried, calls)
		}
	}
}

// callOf is a field with arguments that are of the right form.
func callOf(schema *ast.Schema, field *ast.FieldDefinition) string {
	arguments := map[string]string{
		"id": `"subscription/psa/682"`, "ids": `["subscription/psa/682"]`, "source": `"teams"`,
	}
	var given []string
	for _, argument := range field.Arguments {
		if value, ok := arguments[argument.Name]; ok {
			given = append(given, argument.Name+": "+value)
		}
		if argument.Name == "input" {
			given = append(given, "input: "+inputOf(schema, argument.Type.Name()))
		}
	}
	call := field.Name
	if len(given) > 0 {
		call += "(" + strings.Join(given, ", ") + ")"
	}
	if !schema.Types[field.Type.Name()].IsLeafType() {
		call += " { __typename }"
	}
	return call
}

func inputOf(schema *ast.Schema, name string) string {
	var given []string
	for _, field := range schema.Types[name].Fields {
		if !field.Type.NonNull || field.DefaultValue != nil {
			continue
		}
		value := map[string]string{"Boolean": "false", "Int": "1", "CancelWhen": "AT_PERIOD_END"}[field.Type.Name()]
		switch definition := schema.Types[field.Type.Name()]; {
		case value == "" && definition.Kind == ast.Enum:
			value = definition.EnumValues[0].Name
		case value == "":
			value = `"1"`
		}
		given = append(given, field.Name+": "+value)
	}
	return "{ " + strings.Join(given, ", ") + " }"
}
