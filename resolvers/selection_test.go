package resolvers

import (
	"os"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"tributary/loaders"
	"tributary/parts"
)

func loadSchema(t *testing.T) *ast.Schema {
	t.Helper()
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	return gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(text)})
}

// selectionOf is the selection of a document's first root field.
func selectionOf(t *testing.T, schema *ast.Schema, document string, variables map[string]any) selection {
	t.Helper()
	parsed, errs := gqlparser.LoadQueryWithRules(schema, document, rules.NewDefaultRules())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	root := parsed.Operations[0].SelectionSet[0].(*ast.Field)
	return selection{variables: variables, field: root, set: root.SelectionSet}
}

func TestEveryNeedIsOfAFieldThatThereIs(t *testing.T) {
	schema := loadSchema(t)
	for name, fields := range parts.Of {
		def := schema.Types[name]
		if def == nil {
			t.Errorf("there is no type %s", name)
			continue
		}
		for field := range fields {
			if def.Fields.ForName(field) == nil {
				t.Errorf("%s has no field %s", name, field)
			}
		}
	}
}

func TestASelectionNeedsTheDocumentsOfItsFields(t *testing.T) {
	const (
		plan     = loaders.PartPlan
		customer = loaders.PartCustomer
		trial    = loaders.PartTrial
	)
	cases := map[string]struct {
		fields    string
		variables map[string]any
		want      loaders.Parts
	}{
		"a subscription's own fields":        {"id status seats { used } account { name } provenance { freshness }", nil, 0},
		"the plan":                           {"plan { id }", nil, plan},
		"the plan under another name":        {"status: plan { id }", nil, plan},
		"another field named as the plan":    {"plan: status", nil, 0},
		"price and payer":                    {"price { per } customer { name }", nil, plan | customer},
		"a fragment":                         {"...F", nil, trial},
		"a fragment in a fragment":           {"... on Node { ... on Subscription { ...F } }", nil, trial},
		"left out by a word":                 {"plan @skip(if: true) { id } trial @include(if: false) { isActive }", nil, 0},
		"kept by a word":                     {"plan @skip(if: false) { id }", nil, plan},
		"left out by a variable":             {"plan @include(if: $yes) { id }", map[string]any{"yes": false}, 0},
		"kept by a variable":                 {"plan @include(if: $yes) { id }", map[string]any{"yes": true}, plan},
		"skipped and included":               {"plan @skip(if: $yes) @include(if: true) { id }", map[string]any{"yes": true}, 0},
		"a fragment that is left out":        {"...F @include(if: $yes)", map[string]any{"yes": false}, 0},
		"the plan in the source's document":  {"details { ... on FrontierSubscription { plan { title } } }", nil, plan | plan<<loaders.InDetails},
		"the trial in the source's document": {"details { ... on FocusSubscription { currentTrial { planName } } }", nil, trial | trial<<loaders.InDetails},
		"Productive's, which has it all":     {"details { ... on ProductiveSubscription { currentPlan { name } } }", nil, 0},
	}
	schema := loadSchema(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			document := `query Q($yes: Boolean = true) { subscription(id: "x") { id @skip(if: $yes) ` + c.fields + ` } }
				query Other($yes: Boolean = true) { subscription(id: "x") { id @skip(if: $yes) ...F } }
				fragment F on Subscription { trial { isActive } }`
			got := selectionOf(t, schema, document, c.variables)
			for range 2 { // worked out and, where nothing can be left out, remembered
				if got.parts() != c.want {
					t.Errorf("needs %b, want %b", got.parts(), c.want)
				}
			}
		})
	}
}

func TestASummaryNeedsWhatItsFiguresNeed(t *testing.T) {
	schema := loadSchema(t)
	for fields, want := range map[string]loaders.Parts{
		"subscriptionCount byStatus { count } seats { used }": 0,
		"monthlyRecurring { decimal }":                        loaders.PartPlan,
		"unpricedCount":                                       loaders.PartPlan,
		"upcoming { at kind }":                                loaders.PartTrial,
		"upcoming { subscription { customer { name } } }":     loaders.PartTrial | loaders.PartCustomer,
	} {
		got := selectionOf(t, schema, `{ account(id: "x") { summary { `+fields+` } } }`, nil)
		if got.parts() != want {
			t.Errorf("%s needs %b, want %b", fields, got.parts(), want)
		}
	}
}

func TestFieldsOfOneNameNeedWhatAllOfThemShow(t *testing.T) {
	one := selectionOf(t, loadSchema(t), `{ subscription(id: "x") { id } }`, nil)
	other := selectionOf(t, loadSchema(t), `{ subscription(id: "x") { plan { id } } }`, nil)
	merged := selection{field: one.field, set: slices.Concat(one.set, other.set)}
	if one.parts() != 0 || merged.parts() != loaders.PartPlan || one.parts() != 0 {
		t.Errorf("need %b and merged %b", one.parts(), merged.parts())
	}
}

func TestOnlyTheTypeItIsOnShowsAField(t *testing.T) {
	schema := loadSchema(t)
	for fields, want := range map[string]bool{
		"totalCount":                          true,
		"n: totalCount":                       true,
		"totalCount: nodes { id }":            false,
		"...F":                                true,
		"totalCount @skip(if: true)":          false,
		"nodes { account { accountID: id } }": false,
		"nodes { account { subscriptions { totalCount } } }": false,
	} {
		document := `query Q { subscriptions { nodes { id } ` + fields + ` } } query Other { subscriptions { ...F } } fragment F on SubscriptionConnection { totalCount }`
		if got := selectionOf(t, schema, document, nil).shows("totalCount"); got != want {
			t.Errorf("%s shows the total: %t, want %t", fields, got, want)
		}
	}
}
