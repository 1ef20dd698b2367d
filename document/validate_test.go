package document

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"tributary/billing"
)

// TestWhatGqlparserAcceptsIsAccepted compares documents whole and damaged,
// within the limits, with gqlparser and all its rules.
func TestWhatGqlparserAcceptsIsAccepted(t *testing.T) {
	documents := open(t)
	m := maker{Rand: rand.New(rand.NewPCG(3, 4)), schema: documents.schema}
	var texts []string
	for _, text := range ours(t) {
		texts = append(texts, text)
	}
	for range 300 {
		texts = append(texts, m.document())
	}
	accepted, refused := 0, 0
	judge := func(text string) {
		_, err := documents.Prepare(text)
		if billing.CodeOf(err) == billing.CodeLimitExceeded {
			return
		}
		parsed, errs := gqlparser.LoadQueryWithRules(documents.schema, text, rules.NewDefaultRules())
		if want := len(errs) == 0 && len(parsed.Operations) > 0; (err == nil) != want {
			t.Errorf("%s\ngot %v, want %v", text, err, errs)
		}
		if err == nil {
			accepted++
		} else {
			refused++
		}
	}
	for _, text := range texts {
		judge(text)
		words := strings.Fields(text)
		for range 20 {
			damaged := append([]string(nil), words...)
			switch i, j := m.IntN(len(words)), m.IntN(len(words)); m.IntN(3) {
			case 0:
				damaged[i], damaged[j] = damaged[j], damaged[i]
			case 1:
				damaged[i] = damaged[j]
			default:
				damaged = append(damaged[:i], damaged[i+1:]...)
			}
			judge(strings.Join(damaged, "\n"))
		}
	}
	t.Logf("%d accepted, %d refused", accepted, refused)
	if accepted < 300 || refused < 300 {
		t.Error("too few of one kind to show anything")
	}
}

// slips are documents with a name that is nearly right, of each kind that errors
// can suggest another for.
var slips = map[string]string{
	"a field":            `{ viewer { subjec } }`,
	"a field of a type":  `{ node(id: 1) { name } }`,
	"an argument":        `{ node(idd: 1) { id } }`,
	"a directive's":      `{ viewer { subject @skip(iff: true) } }`,
	"an input field":     `{ subscriptions(filter: {plann: "a"}) { totalCount } }`,
	"an enum value":      `{ subscriptions(filter: {statuses: [ACTIV]}) { totalCount } }`,
	"an enum as a text":  `{ subscriptions(filter: {statuses: ["ACTIVE"]}) { totalCount } }`,
	"a type of fragment": `{ ...F } fragment F on Quer { viewer { subject } }`,
	"a type":             `{ node(id: 1) { ... on Accoun { id } } }`,
	"a variable's type":  `query($a: Strin) { node(id: $a) { id } }`,
	"a missing set":      `{ viewer }`,
}

func TestSuggestionsAreMadeOnlyWhereTheyAreOn(t *testing.T) {
	quiet, helpful := open(t), open(t, func(o *Options) { o.Suggestions = true })
	suggestions := 0
	for name, text := range slips {
		for _, documents := range []*Documents{quiet, helpful} {
			_, err := documents.Prepare(text)
			var list gqlerror.List
			if !errors.As(err, &list) {
				t.Errorf("%s is accepted", name)
			}
			for _, fault := range list {
				if !strings.Contains(fault.Message, "Did you mean") {
					continue
				}
				suggestions++
				if documents == quiet {
					t.Errorf("%s: %s", name, fault.Message)
				}
			}
		}
	}
	if suggestions < 6 {
		t.Errorf("%d suggestions where they are on", suggestions)
	}
}

func TestFaultsAreToldOnceEachAndTwentyInAll(t *testing.T) {
	documents := open(t)
	_, err := documents.Prepare(`{ viewer { a } ...F } fragment F on Query { viewer { b } }`)
	var list gqlerror.List
	if !errors.As(err, &list) || len(list) != 2 {
		t.Errorf("two faults are told as %v", err)
	}
	for _, fault := range list {
		if len(fault.Locations) == 0 || fault.Rule == "" {
			t.Errorf("%v has no place or rule", fault)
		}
	}
	_, err = documents.Prepare(`{ viewer {` + numbered(100, " a%d") + `} }`)
	if !errors.As(err, &list) || len(list) != mostFaults {
		t.Errorf("100 faults are told as %d", len(list))
	}
}

func TestWhatGqlparserShouldNotAcceptIsRefused(t *testing.T) {
	documents := open(t)
	for text, want := range map[string]string{
		`{ ...F } fragment F($a: Int = 1) on Query { subscriptions(first: $a) { totalCount } }`: `Expected "on", found "(".`,
		`{ subscriptions(filter: {renewsBefore: 99999999999999999999}) { totalCount } }`:        "The number 99999999999999999999 is too large.",
		`{ subscriptions(filter: {renewsBefore: 1e999}) { totalCount } }`:                       "The number 1e999 is too large.",
		`{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }`:                    `Cannot spread fragment "F" within itself.`,
		"# nothing": "the document has no operation",
	} {
		if _, err := documents.Prepare(text); message(err) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestIntrospectionCanBeOff(t *testing.T) {
	off := open(t, func(o *Options) { o.Introspection = false })
	for name, c := range map[string]struct {
		text string
		want billing.Code
	}{
		"the schema":             {`{ __schema { queryType { name } } }`, billing.CodeNotSupported},
		"a type":                 {`{ t: __type(name: "Query") { name } }`, billing.CodeNotSupported},
		"within a fragment":      {`{ ...F } fragment F on Query { ... { __schema { queryType { name } } } }`, billing.CodeNotSupported},
		"left out by a word":     {`query($a: Boolean!) { viewer { subject } __schema @include(if: $a) { queryType { name } } }`, billing.CodeNotSupported},
		"a type's name":          {`{ __typename viewer { __typename subject } }`, ""},
		"a type's name, aliased": {`{ schema: __typename }`, ""},
	} {
		if _, err := off.Prepare(c.text); billing.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDeferIsValidatedAndIgnored(t *testing.T) {
	documents := open(t)
	doc, err := documents.Prepare(`query($d: Boolean!, $s: Boolean!) {
		...F @defer(if: $d, label: "a") ... @defer { viewer { ...V @skip(if: $s) @defer } } }
		fragment F on Query { viewer { ... on Viewer @defer(if: true) { subject } } } fragment V on Viewer { scopes }`)
	if err != nil {
		t.Fatal(err)
	}
	op, err := doc.Operation("", map[string]any{"d": true, "s": false}, Holdings{})
	if err != nil {
		t.Fatal(err)
	}
	if deferred := directives(op.Definition.SelectionSet) + directives(doc.AST.Fragments[0].SelectionSet); deferred != "skip " {
		t.Errorf("the directives %s are left, want skip alone", deferred)
	}
	for name, text := range map[string]string{
		"an argument that is not": `{ ... @defer(iff: true) { viewer { subject } } }`,
		"a text as condition":     `{ ... @defer(if: "yes") { viewer { subject } } }`,
		"on a field":              `{ viewer @defer { subject } }`,
		"twice":                   `{ ... @defer @defer { viewer { subject } } }`,
	} {
		if _, err := documents.Prepare(text); err == nil {
			t.Errorf("@defer with %s is accepted", name)
		}
	}
}

// directives are the names of those in a selection set, outside other
// fragments.
func directives(set ast.SelectionSet) (names string) {
	add := func(list ast.DirectiveList) {
		for _, directive := range list {
			names += directive.Name + " "
		}
	}
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			add(selection.Directives)
			names += directives(selection.SelectionSet)
		case *ast.InlineFragment:
			add(selection.Directives)
			names += directives(selection.SelectionSet)
		case *ast.FragmentSpread:
			add(selection.Directives)
		}
	}
	return names
}
