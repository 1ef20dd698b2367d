package document

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

func TestEveryPriceIsOfAFieldThatThereIs(t *testing.T) {
	schema := loadSchema(t)
	for name, fields := range prices {
		def := schema.Types[name]
		if def == nil {
			t.Errorf("there is no type %s", name)
			continue
		}
		for field, price := range fields {
			found := def.Fields.ForName(field)
			if found == nil {
				t.Errorf("%s has no field %s", name, field)
				continue
			}
			if price.entries > 0 && found.Type.Elem == nil {
				t.Errorf("%s.%s is no list", name, field)
			}
			for _, argument := range map[growth][]string{byPage: {"first"}, byIDs: {"ids"}}[price.grows] {
				if found.Arguments.ForName(argument) == nil {
					t.Errorf("%s.%s has no argument %s", name, field, argument)
				}
			}
		}
	}
}

func TestWhatAsksSourcesHasAPrice(t *testing.T) {
	schema := loadSchema(t)
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, field := range root.Fields {
			if _, ok := prices[root.Name][field.Name]; !ok && !strings.HasPrefix(field.Name, "__") {
				t.Errorf("%s.%s has no price", root.Name, field.Name)
			}
		}
	}
	for name, def := range schema.Types {
		for _, field := range def.Fields {
			price := prices[name][field.Name]
			if field.Arguments.ForName("first") != nil && price.grows != byPage {
				t.Errorf("%s.%s has pages that nothing is multiplied by", name, field.Name)
			}
			if strings.HasSuffix(name, "Connection") && field.Type.Elem != nil && price.grows != withPage {
				t.Errorf("%s.%s is not multiplied by its page", name, field.Name)
			}
		}
	}
}

func TestAnOperationCostsWhatItsFieldsCanCause(t *testing.T) {
	const parts = ` plan { id } price { per } customer { id } trial { isActive } details { ... on FocusSubscription { currentTrial { id } } } `
	cases := map[string]struct {
		text      string
		variables map[string]any
		want      Cost
	}{
		"one subscription":                     {`{ subscription(id:1) { id } }`, nil, Cost{1, 2}},
		"its three parts":                      {`{ subscription(id:1) {` + parts + `} }`, nil, Cost{4, 12}},
		"one by its id alone":                  {`{ node(id:1) { id ... on Subscription { plan { id } } } }`, nil, Cost{2, 4}},
		"some by ids":                          {`{ nodes(ids:[1 2 3]) { id } }`, nil, Cost{3, 6}},
		"some by an id that stands for a list": {`{ nodes(ids:1) { id } }`, nil, Cost{1, 2}},
		"ids from a variable":                  {`query($i:[ID!]!) { nodes(ids:$i) { id ... on Subscription { trial { isActive } } } }`, map[string]any{"i": []any{"a", "b"}}, Cost{4, 8}},
		"a page as it comes":                   {`{ subscriptions { nodes { id } } }`, nil, Cost{20, 41}},
		"a page of its own size":               {`{ subscriptions(first:3) { nodes { id } pageInfo { hasNextPage } } }`, nil, Cost{3, 9}},
		"a page backwards":                     {`{ subscriptions(last:3) { edges { node { plan { id } } } } }`, nil, Cost{6, 13}},
		"a page beyond the largest":            {`{ subscriptions(first:100000) { totalCount } }`, nil, Cost{100, 2}},
		"a page from a variable":               {`query($n:Int) { subscriptions(first:$n) { totalCount } }`, map[string]any{"n": json.Number("7")}, Cost{7, 2}},
		"a variable's default":                 {`query($n:Int=8) { subscriptions(first:$n) { totalCount } }`, nil, Cost{8, 2}},
		"a variable that is not given":         {`query($n:Int) { subscriptions(first:$n) { totalCount } }`, nil, Cost{20, 2}},
		"pages within pages":                   {`{ accounts(first:4) { nodes { subscriptions(first:5) { nodes { id plan { id } } } } } }`, nil, Cost{40, 1 + 4*(1+1+5*4)}},
		"subscriptions of one's account":       {`{ subscription(id:1) { account { subscriptions(first:3) { nodes { plan { id } } } } } }`, nil, Cost{2 + 3*2, 12}},
		"an id that a variable has for a list": {`query($i:[ID!]!) { nodes(ids:$i) { id } }`, map[string]any{"i": "a"}, Cost{1, 2}},
		"a page as a text":                     {`query($n:Int) { subscriptions(first:$n) { totalCount } }`, map[string]any{"n": "7"}, Cost{7, 2}},
		"a page as a floating number":          {`query($n:Int) { subscriptions(first:$n) { totalCount } }`, map[string]any{"n": 7.0}, Cost{7, 2}},
		"a page below the smallest":            {`query($n:Int) { subscriptions(first:$n) { totalCount } }`, map[string]any{"n": -7}, Cost{0, 2}},
		"a page of null":                       {`{ subscriptions(first:null) { totalCount } }`, nil, Cost{20, 2}},
		"accounts alone":                       {`{ accounts { nodes { name } } viewer { accounts { totalCount } } }`, nil, Cost{0, 1 + 40 + 3}},
		"a summary":                            {`{ account(id:1) { summary { unpricedCount } } }`, nil, Cost{0, 3}},
		"the plans of a source":                {`{ plans(source:"a") { id } }`, nil, Cost{1, 40}},
		"a mutation":                           {`mutation { renewSubscription(input:{id:1}) { subscription { id } } }`, nil, Cost{3, 3}},
		"a mutation that shows the plan":       {`mutation { renewSubscription(input:{id:1}) { subscription { plan { id } } } }`, nil, Cost{4, 4}},
		"left out by a word":                   {`{ subscription(id:1) { id plan @skip(if:true) { id } trial @include(if:false) { isActive } } }`, nil, Cost{1, 2}},
		"left out by a variable":               {`query($y:Boolean!) { subscription(id:1) { id ...P @skip(if:$y) } } fragment P on Subscription { plan { id } }`, map[string]any{"y": true}, Cost{1, 2}},
		"kept by a variable":                   {`query($y:Boolean!) { subscription(id:1) { id ...P @include(if:$y) } } fragment P on Subscription { plan { id } }`, map[string]any{"y": true}, Cost{2, 4}},
		"a fragment twice":                     {`query($n:Int) { ...A ...A } fragment A on Query { subscriptions(first:$n) { totalCount } }`, map[string]any{"n": 3}, Cost{6, 4}},
		"nothing but its type":                 {`{ __typename }`, nil, Cost{0, 1}},
		"a list of words":                      {`{ viewer { scopes } }`, nil, Cost{0, 2}},
		"a list of objects":                    {`{ sources { name } }`, nil, Cost{0, 10}},
	}
	documents := open(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			doc, err := documents.Prepare(c.text)
			if err != nil {
				t.Fatal(err)
			}
			op, err := doc.Operation("", c.variables, Holdings{})
			if err != nil {
				t.Fatal(err)
			}
			if op.Cost != c.want {
				t.Errorf("costs %+v, want %+v", op.Cost, c.want)
			}
		})
	}
}

func TestAHundredSubscriptionsWithAllFeaturesPass(t *testing.T) {
	doc, err := open(t).Prepare(`{ subscriptions(first: 100) { nodes { id plan { id } details { ... on ProductiveSubscription {
		currentPlan { name features { name title kind limit available } } } } } } }`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := doc.Operation("", nil, Holdings{}); err != nil {
		t.Error(err)
	}
}

func TestPricingABombIsNoWork(t *testing.T) {
	documents := open(t, func(o *Options) {
		o.Limits.ExpandedFields, o.Limits.RootFields, o.Limits.Lists, o.Limits.Cost, o.Limits.Fields = 1<<50, 1<<50, boundless, boundless, boundless
	})
	text := strings.Replace(fragmentBomb(41, 2, "subscriptions(first:$n) { totalCount }"), "{", "query($n:Int) {", 1)
	parsed := parse(t, documents, text)
	doc := &Document{Text: text, AST: parsed, of: documents}
	doc.price()
	op, err := doc.Operation("", map[string]any{"n": 100}, Holdings{})
	if err != nil {
		t.Fatal(err)
	}
	if op.Cost.Calls != boundless {
		t.Errorf("costs %+v, want calls at the bound of all sums", op.Cost)
	}
}

// parse is a text with its definitions, past all limits and rules.
func parse(t *testing.T, documents *Documents, text string) *ast.QueryDocument {
	t.Helper()
	parsed, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		t.Fatal(err)
	}
	if faults := documents.validate(parsed); len(faults) > 0 {
		t.Fatal(faults)
	}
	return parsed
}

func TestAListCostsNoMoreThanThereIsAndASumAllThatThereIs(t *testing.T) {
	documents := open(t)
	holdings := Holdings{
		All:  func() int { return 500 },
		Of:   func(account string) int { return map[string]int{"account/a": 70, "account/b": 400}[account] },
		Scan: 300,
	}
	for text, want := range map[string]int{
		`{ subscriptions(first: 3) { nodes { id } } }`:                                                                               3,
		`{ subscriptions(first: 3, orderBy: { field: ID, direction: DESC }) { nodes { id } } }`:                                      3,
		`{ subscriptions(first: 3, filter: { sources: ["psa"], accounts: ["account/a"], plan: null }) { nodes { id } } }`:            3,
		`{ subscriptions(first: 3, orderBy: { field: STATUS, direction: ASC }) { nodes { id } } }`:                                   303,
		`{ subscriptions(first: 3, filter: { plan: "p" }) { nodes { id trial { endsAt } } } }`:                                       606,
		`query($f: SubscriptionFilter) { subscriptions(first: 3, filter: $f) { nodes { id } } }`:                                     303,
		`{ subscriptions(first: 3) { ...C } } fragment C on SubscriptionConnection { totalCount }`:                                   303,
		`{ a: subscriptions(first: 3) { totalCount } b: subscriptions(first: 3, filter: { plan: "p" }) { nodes { id } } }`:           306,
		`query($y: Boolean = false) { subscriptions(first: 3) { totalCount @include(if: $y) } }`:                                     3,
		`{ account(id: "account/a") { subscriptions(first: 3, orderBy: { field: STATUS, direction: ASC }) { nodes { id } } } }`:      70,
		`{ account(id: "account/a") { subscriptions(first: 3) { totalCount } } }`:                                                    70,
		`{ account(id: "account/a") { subscriptions(first: 3) { nodes { id } } } }`:                                                  3,
		`{ account(id: "account/a") { summary { subscriptionCount upcoming { at } } } }`:                                             140,
		`{ account(id: "account/b") { summary { subscriptionCount } } }`:                                                             300,
		`{ account(id: "account/c") { summary { subscriptionCount } } }`:                                                             0,
		`query($id: ID = "account/a") { node(id: $id) { ... on Account { summary { subscriptionCount } } } }`:                        71,
		`query($id: ID = "account/a") { account(id: $id) { summary { subscriptionCount } subscriptions(first: 2) { totalCount } } }`: 70,
		`{ accounts(first: 2) { nodes { summary { subscriptionCount } } } }`:                                                         500,
		`{ accounts(first: 100) { nodes { subscriptions(first: 100) { nodes { id plan { id } } } } } }`:                              1000,
		`{ account(id: 1) { subscriptions(first: 3) { nodes { account { id } } } } accounts(first: 1) { totalCount } }`:              3,
		`{ nodes(ids: ["a", "b"]) { ... on Account { summary { subscriptionCount } } } }`:                                            502,
	} {
		doc, err := documents.Prepare(text)
		if err != nil {
			t.Fatal(err)
		}
		op, err := doc.Operation("", nil, holdings)
		if err != nil || op.Cost.Calls != want {
			t.Errorf("%s costs %v, %v, want %d", text, op, err, want)
		}
	}
}
