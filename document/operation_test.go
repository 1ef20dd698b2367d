package document

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"tributary/billing"
)

func TestTheOperationIsFoundByItsName(t *testing.T) {
	documents := open(t)
	two, one := `query A { viewer { subject } } query B { viewer { scopes } }`, `query A { viewer { subject } }`
	long := strings.Repeat("x", 10_000)
	for name, c := range map[string]struct{ text, name, want, refusal string }{
		"the only one, unnamed":  {one, "", "A", ""},
		"the only one, by name":  {one, "A", "A", ""},
		"the second":             {two, "B", "B", ""},
		"none of two":            {two, "", "", "the document has 2 operations; operationName says which of them is meant"},
		"one that is not there":  {two, "C", "", `the document has no operation called "C"`},
		"not the only one":       {one, "a", "", `the document has no operation called "a"`},
		"a name without end":     {one, long, "", `the document has no operation called "` + long[:longestWord] + `…"`},
		"a name in an anonymous": {`{ viewer { subject } }`, "A", "", `the document has no operation called "A"`},
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := documents.Prepare(c.text)
			if err != nil {
				t.Fatal(err)
			}
			op, err := doc.Operation(c.name, nil, Holdings{})
			if got := message(err); got != c.refusal {
				t.Errorf("got %q, want %q", got, c.refusal)
			}
			if err == nil && op.Definition.Name != c.want {
				t.Errorf("found %s", op.Definition.Name)
			}
			if err != nil && billing.CodeOf(err) != billing.CodeBadUserInput {
				t.Errorf("the code is %s", billing.CodeOf(err))
			}
		})
	}
}

func TestVariablesAreJudgedAndCoerced(t *testing.T) {
	documents := open(t, func(o *Options) {
		o.Limits.Variables, o.Limits.InputDepth, o.Limits.ListLength, o.Limits.StringLength, o.Limits.InputValues = 5, 3, 4, 100, 10
	})
	doc, err := documents.Prepare(filtered)
	if err != nil {
		t.Fatal(err)
	}
	deep := any("a")
	for range 100_000 {
		deep = []any{deep}
	}
	long := strings.Repeat("x", 90)
	cases := map[string]struct {
		variables string
		set       map[string]any
		want      string // within the message; "" where all is well
		code      billing.Code
	}{
		"none":                     {`{}`, nil, "", ""},
		"all":                      {`{"id": "a", "n": 3, "f": {"statuses": ["ACTIVE"], "plan": "a"}, "o": {"field": "ID", "direction": "ASC"}, "y": false}`, nil, "", ""},
		"one that nobody declared": {`{"z": [[[[[[1]]]]]]}`, nil, "", ""},
		"nulls":                    {`{"id": null, "n": null, "f": null}`, nil, "", ""},
		"an id of digits":          {`{"id": 4711}`, nil, "", ""},
		"a text for a number":      {`{"n": "many"}`, nil, "$n: cannot use string as Int", billing.CodeBadUserInput},
		"a fraction for a number":  {`{"n": 1.5}`, nil, "$n: cannot use", billing.CodeBadUserInput},
		"a number beyond all":      {`{"n": 1e400}`, nil, "$n: cannot use", billing.CodeBadUserInput},
		"a list for an object":     {`{"f": []}`, nil, "$f: must be a SubscriptionFilter", billing.CodeBadUserInput},
		"a truth for an enum":      {`{"f": {"statuses": [true]}}`, nil, "$f.statuses[0]: enums must be", billing.CodeBadUserInput},
		"a word that is no value":  {`{"f": {"statuses": ["` + long + `"]}}`, nil, "$f.statuses[0]: " + long[:longestWord], billing.CodeBadUserInput},
		"a field that is not":      {`{"f": {"` + strings.Repeat("x y", 5000) + `": 1}}`, nil, "$f.x", billing.CodeBadUserInput},
		"a field that is missing":  {`{"o": {"field": "ID"}}`, nil, "$o.direction: must be defined", billing.CodeBadUserInput},
		"null for what is not":     {`{"y": null}`, nil, "$y: cannot be null", billing.CodeBadUserInput},
		"too many":                 {`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":null}`, nil, "the request has 6 variables; at most 5 are allowed", billing.CodeLimitExceeded},
		"too deep":                 {"", map[string]any{"id": deep}, "an argument or variable has 4 lists or objects or more within each other; at most 3", billing.CodeLimitExceeded},
		"too long a list":          {`{"f": {"sources": ["a","a","a","a","a"]}}`, nil, "a list in an argument or variable has 5 entries; at most 4", billing.CodeLimitExceeded},
		"too long a text":          {`{"id": "` + long + long + `"}`, nil, "a text in an argument or variable has 180 bytes; at most 100", billing.CodeLimitExceeded},
		"too many values":          {`{"f": {"sources": ["a","a","a","a"], "accounts": ["a","a","a","a"]}}`, nil, "arguments or variables hold 11 values or more; at most 10", billing.CodeLimitExceeded},
		"a value of no JSON":       {"", map[string]any{"n": struct{}{}}, "$n: cannot use", billing.CodeBadUserInput},
		"a value that panics":      {"", map[string]any{"f": map[int]any{1: 1}}, "", billing.CodeBadUserInput},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			given := c.set
			if given == nil {
				decoder := json.NewDecoder(strings.NewReader(c.variables))
				decoder.UseNumber()
				if err := decoder.Decode(&given); err != nil {
					t.Fatal(err)
				}
			}
			_, err := doc.Operation("", given, Holdings{})
			if billing.CodeOf(err) != c.code || !strings.Contains(message(err), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			toldShortly(t, err)
		})
	}
	op, err := doc.Operation("", map[string]any{"n": json.Number("3"), "z": 1}, Holdings{})
	if err != nil {
		t.Fatal(err)
	}
	if len(op.Variables) != 3 || op.Variables["id"] != "a" || op.Variables["n"] != int64(3) || op.Variables["y"] != true {
		t.Errorf("coerced to %v", op.Variables)
	}
}

// filtered takes a variable of each kind.
const filtered = `query($id: ID = "a", $n: Int, $f: SubscriptionFilter, $o: SubscriptionOrder, $y: Boolean! = true) {
	viewer { subject @include(if: $y) } plans(source: "a", organizationId: $id) { id }
	subscriptions(first: $n, filter: $f, orderBy: $o) { totalCount } }`

func TestADefaultIsOfItsOwnOperation(t *testing.T) {
	doc := prepared(t, open(t), `query A($n: Int) { ...F } query B($n: Int = 5) { ...F } fragment F on Query { subscriptions(first: $n) { totalCount } }`)
	field := doc.AST.Fragments[0].SelectionSet[0].(*ast.Field)
	for name, want := range map[string]any{"A": nil, "B": int64(5)} {
		op, err := doc.Operation(name, nil, Holdings{})
		if err != nil {
			t.Fatal(err)
		}
		if got := field.ArgumentMap(op.Variables)["first"]; got != want {
			t.Errorf("%s asks for %v, want %v", name, got, want)
		}
	}
}
