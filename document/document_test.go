package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tributary/billing"
)

func loadSchema(t testing.TB) *ast.Schema {
	t.Helper()
	return gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphqls", Input: text(t, "../schema.graphqls")})
}

func text(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// open makes Documents with introspection, default limits and no cache, changed
// as told.
func open(t testing.TB, change ...func(*Options)) *Documents {
	t.Helper()
	options := Options{Introspection: true}
	options.Limits.Defaults()
	for _, c := range change {
		c(&options)
	}
	return New(loadSchema(t), options)
}

// message is what a client reads of err, in one line.
func message(err error) string {
	var list gqlerror.List
	if errors.As(err, &list) {
		return list[0].Message
	}
	if err == nil {
		return ""
	}
	return billing.ClientMessage(err)
}

// ours are the documents of the product by their paths.
func ours(t testing.TB) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"../web/examples/*.graphql", "../e2e/testdata/queries/*.graphql", "testdata/*.graphql"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s matches nothing: %v", pattern, err)
		}
		for _, path := range paths {
			texts[path] = text(t, path)
		}
	}
	return texts
}

// fifty is the benchmark's document of 50 aliases.
func fifty() string {
	var b strings.Builder
	b.WriteString("query Fifty {")
	for i := range 50 {
		fmt.Fprintf(&b, " a%d: subscription(id: \"subscription/psa/%d\") { ...Dashboard }", i, 682+i)
	}
	return b.String() + `} fragment Dashboard on Subscription {` + dashboard + `}`
}

const dashboard = `
	id name status isEntitled paymentFailed source { name kind } plan { name }
	price { amount { decimal currency } per } monthlyRecurring { decimal currency } billingInterval { unit count }
	seats { purchased used available } currentPeriod { start end } nextBillingAt trial { isActive endsAt }
	cancellation { effectiveAt atPeriodEnd } provenance { freshness ageSeconds }`

func TestOurOwnDocumentsPassWithRoom(t *testing.T) {
	halved := open(t, func(o *Options) {
		for _, limit := range []*int{
			&o.Limits.Tokens, &o.Limits.Nesting, &o.Limits.Operations, &o.Limits.Fragments, &o.Limits.Variables,
			&o.Limits.Directives, &o.Limits.ExpandedFields, &o.Limits.Visits, &o.Limits.InputDepth,
			&o.Limits.InputValues, &o.Limits.ListLength, &o.Limits.Cost, &o.Limits.Fields,
		} {
			*limit /= 2
		}
	})
	texts := ours(t)
	texts["fifty"] = fifty()
	for path, text := range texts {
		doc, err := halved.Prepare(text)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		var variables map[string]any
		for _, suffix := range []string{".variables.json"} {
			if data, err := os.ReadFile(strings.TrimSuffix(path, ".graphql") + suffix); err == nil {
				if err := json.Unmarshal(data, &variables); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, op := range doc.AST.Operations {
			prepared, err := doc.Operation(op.Name, variables, Holdings{})
			if err != nil {
				t.Errorf("%s: %s: %v", path, op.Name, err)
				continue
			}
			t.Logf("%-60s %6d tokens %+v", path, doc.tokens, prepared.Cost)
		}
	}
}
