package graph_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"tributary/access"
	"tributary/billing"
	"tributary/graph"
	"tributary/loaders"
	"tributary/plain"
	"tributary/portfolio"
	"tributary/resolvers"
	"tributary/sources/focus"
	"tributary/sources/frontier"
	"tributary/sources/intercode"
	"tributary/sources/productive"
)

// givers make what the fields where trees begin resolve to.
var givers = map[string]func(r *rand.Rand) any{
	"Query.subscription":  func(*rand.Rand) any { return &loaders.Subscription{} },
	"Query.account":       give[*billing.Account],
	"Query.accounts":      give[*portfolio.AccountConnection],
	"Query.plans":         give[[]*billing.Plan],
	"Query.viewer":        give[*portfolio.Viewer],
	"Query.node":          func(r *rand.Rand) any { return give[*billing.Plan](r) },
	"Account.summary":     give[*portfolio.Summary],
	"Viewer.accounts":     give[*portfolio.AccountConnection],
	"Subscription.status": give[billing.Status],

	"Account.subscriptions": func(r *rand.Rand) any {
		made := give[*portfolio.Connection](r).(*portfolio.Connection)
		if made != nil { // a subscription is made of more than its fields
			made.Edges = nil
		}
		return made
	},
	"Subscription.account":          give[*billing.Account],
	"Subscription.plan":             give[*billing.Plan],
	"Subscription.product":          give[*billing.Product],
	"Subscription.price":            give[*billing.Price],
	"Subscription.monthlyRecurring": give[*billing.Money],
	"Subscription.seats":            give[*billing.SeatUsage],
	"Subscription.discounts":        give[[]billing.Discount],
	"Subscription.addOns":           give[[]billing.AddOn],
	"Subscription.billingInterval":  give[*billing.Interval],
	"Subscription.paymentMethod":    give[*billing.PaymentMethod],
	"Subscription.currentPeriod":    give[*billing.Period],
	"Subscription.trial":            give[*loaders.Trial],
	"Subscription.cancellation":     give[*billing.Cancellation],
	"Subscription.phases":           give[[]billing.Phase],
	"Subscription.pendingChange":    give[*billing.PendingChange],
	"Subscription.customer":         give[*billing.Customer],
	"Subscription.organization":     give[*billing.Organization],
	"Subscription.provenance":       give[*loaders.Provenance],
	"Subscription.details": func(r *rand.Rand) any {
		switch r.IntN(4) {
		case 0:
			return give[*focus.Details](r)
		case 1:
			return give[*frontier.Details](r)
		case 2:
			return give[*intercode.Details](r)
		default:
			return give[*productive.Details](r)
		}
	},
}

func give[T any](r *rand.Rand) any {
	var made T
	fill(r, reflect.ValueOf(&made).Elem(), 0)
	return made
}

var texts = []string{"", "plain", `"quoted" \ and
` + "\ttabbed\r", "\x00\x1f\x7f", "<b>&amp;</b>", "Größe 日本 \u2028", "broken \xff\xc3", "ACTIVE", "SEAT", "MONTH", "39.00"}

// fill puts something into everything that v holds, and sometimes nothing.
func fill(r *rand.Rand, v reflect.Value, depth int) {
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(r.Int64N(4e9), r.Int64N(1e9)).UTC()))
		return
	case reflect.TypeFor[json.RawMessage]():
		v.SetBytes([]byte([]string{"", "null", `{"a":[1,"<"]}`}[r.IntN(3)]))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(texts[r.IntN(len(texts))])
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(r.Int64() >> (64 - min(v.Type().Bits(), 31)))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint:
		v.SetUint(r.Uint64N(200))
	case reflect.Float64:
		v.SetFloat(r.NormFloat64())
	case reflect.Pointer:
		if r.IntN(8) > 0 && depth < 9 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem(), depth+1)
		}
	case reflect.Slice:
		if r.IntN(6) > 0 && depth < 9 {
			v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 4))
			for i := range v.Len() {
				fill(r, v.Index(i), depth+1)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() && v.Type() != reflect.TypeFor[loaders.Subscription]() {
				fill(r, v.Field(i), depth+1)
			}
		}
	}
}

// document makes queries.
type document struct {
	*rand.Rand
	schema    *ast.Schema
	fragments []string
	asked     map[string]int // how often each field was
	mayVary   bool           // by @skip and @include
}

// selection is one of the type of that name.
func (d *document) selection(name string, depth int) string {
	var b strings.Builder
	b.WriteString("{ ")
	definition := d.schema.Types[name]
	if d.IntN(4) == 0 || len(definition.Fields) == 0 {
		b.WriteString("__typename ")
	}
	if objects := d.schema.GetPossibleTypes(definition); definition.IsAbstractType() {
		for _, object := range objects {
			fmt.Fprintf(&b, "... on %s %s ", object.Name, d.selection(object.Name, depth))
		}
	}
	var may []*ast.FieldDefinition
	for _, field := range definition.Fields {
		_, given := givers[name+"."+field.Name]
		if !strings.HasPrefix(field.Name, "__") && (name != "Query" || given) && (depth < 5 || d.schema.Types[field.Type.Name()].IsLeafType()) {
			may = append(may, field)
		}
	}
	for range 1 + d.IntN(8) {
		if len(may) == 0 {
			break
		}
		field := may[d.IntN(len(may))]
		if other := may[d.IntN(len(may))]; d.asked[name+"."+other.Name] < d.asked[name+"."+field.Name] {
			field = other
		}
		d.asked[name+"."+field.Name]++
		text := d.field(field, depth)
		choice := d.IntN(12)
		if !d.mayVary {
			choice |= 3
		}
		switch choice {
		case 0:
			text = "... on " + name + " { " + text + " }"
		case 1:
			text = "... @include(if: $yes) { " + text + " }"
		case 2:
			text = "... @skip(if: $yes) { " + text + " }"
		case 3:
			fragment := fmt.Sprintf("F%d", len(d.fragments))
			d.fragments = append(d.fragments, "fragment "+fragment+" on "+name+" { "+text+" }")
			text = "..." + fragment + " ..." + fragment
		}
		b.WriteString(text + " ")
	}
	b.WriteString("__typename }")
	return b.String()
}

func (d *document) field(field *ast.FieldDefinition, depth int) string {
	text := field.Name
	// Never the alias of one field for another: such a document is not valid.
	if d.IntN(5) == 0 {
		text = fmt.Sprintf("%s_%d: %s", field.Name, d.IntN(2), field.Name)
	}
	for _, argument := range field.Arguments {
		if argument.Type.NonNull {
			text += `(` + argument.Name + `: "x")`
		}
	}
	if !d.schema.Types[field.Type.Name()].IsLeafType() {
		text += " " + d.selection(field.Type.Name(), depth+1)
	}
	return text
}

func (d *document) query() string {
	query := "query Q($yes: Boolean!) " + d.selection("Query", 0)
	return query + strings.Join(d.fragments, "\n")
}

// unlimited is a plain.Counter that lets everything pass.
type unlimited struct{}

func (unlimited) Count(context.Context, int64, int64) bool { return true }

func TestWhatIsPlainIsWrittenAsGqlgenWritesIt(t *testing.T) {
	executable := graph.NewExecutableSchema(graph.Config{Directives: graph.DirectiveRoot{Requires: resolvers.Requires}})
	asked := make(map[string]int)
	var written atomic.Int64
	// Chance leaves out some fields for long; those that nothing asked for are told below.
	for seed := uint64(0); seed < 300 || seed < 3000 && !isAllAsked(asked); seed++ {
		r := rand.New(rand.NewPCG(seed, 0))
		made := &document{Rand: r, schema: executable.Schema(), asked: asked, mayVary: seed%2 == 0}
		text := made.query()
		parsed, err := gqlparser.LoadQueryWithRules(executable.Schema(), text, rules.NewRules())
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		// The second time, with other scopes, what was prepared the first time is used.
		for _, scopes := range [][]access.Scope{{access.Read}, {access.Read, access.Sensitive}} {
			ctx := access.With(t.Context(), &access.Caller{Scopes: scopes})
			usual := execute(ctx, executable, parsed, text, func(_ context.Context, value any) any { return value })
			var once sync.Once
			var lean *plain.Execution
			leanly := execute(ctx, executable, parsed, text, func(ctx context.Context, value any) any {
				once.Do(func() {
					has := func(scope string) bool { return access.From(ctx).Has(access.Scope(scope)) }
					lean = graph.Plain.Begin(graphql.GetOperationContext(ctx), has, unlimited{})
				})
				resolved := lean.Resolved(ctx, value)
				if _, ok := resolved.(graphql.Marshaler); ok {
					written.Add(1)
				}
				return resolved
			})
			compare(t, seed, leanly, usual)
		}
	}
	if written.Load() < 1000 {
		t.Errorf("%d trees were plain", written.Load())
	}
	for name, object := range graph.Plain.Objects {
		for field := range object.Fields {
			if asked[name+"."+field] == 0 {
				t.Errorf("nothing asked for %s.%s", name, field)
			}
		}
	}
}

func isAllAsked(asked map[string]int) bool {
	for name, object := range graph.Plain.Objects {
		for field := range object.Fields {
			if asked[name+"."+field] == 0 {
				return false
			}
		}
	}
	return true
}

// compare holds what was written leanly against the usual.
func compare(t *testing.T, seed uint64, leanly, usual []byte) {
	t.Helper()
	if bytes.Equal(leanly, usual) {
		return
	}
	at := 0
	for at < min(len(usual), len(leanly)) && usual[at] == leanly[at] {
		at++
	}
	from := max(0, at-300)
	t.Fatalf("seed %d: an answer goes on with\n%.600s\nand without package plain with\n%.600s", seed, leanly[from:], usual[from:])
}

// execute is the answer to a query, with its errors in an order of their own. What
// fields resolve to goes through resolved.
func execute(ctx context.Context, schema graphql.ExecutableSchema, parsed *ast.QueryDocument, text string, resolved func(context.Context, any) any) []byte {
	recovered := func(context.Context, any) error { return errors.New("a panic") }
	asked := &graphql.OperationContext{
		RawQuery: text, Doc: parsed, Operation: parsed.Operations[0], Variables: map[string]any{"yes": true}, RecoverFunc: recovered,
		RootResolverMiddleware: func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler { return next(ctx) },
		ResolverMiddleware: func(ctx context.Context, next graphql.Resolver) (any, error) {
			field := graphql.GetFieldContext(ctx)
			giver, ok := givers[field.Object+"."+field.Field.Name]
			if !ok {
				value, err := next(ctx)
				if err != nil || value == nil {
					return value, err
				}
				return resolved(ctx, value), nil
			}
			hash := fnv.New64a()
			fmt.Fprint(hash, text, field.Path())
			return resolved(ctx, giver(rand.New(rand.NewPCG(hash.Sum64(), 0)))), nil
		},
	}
	executor := executor.New(schema)
	executor.SetRecoverFunc(recovered)
	answers, ctx := executor.DispatchOperation(ctx, asked)
	answer := answers(ctx)
	slices.SortFunc(answer.Errors, func(a, b *gqlerror.Error) int { return cmp.Compare(a.Error(), b.Error()) })
	whole, err := json.Marshal(answer.Errors)
	if err != nil {
		panic(err)
	}
	return append(append(whole, '\n'), answer.Data...)
}

func TestEveryFieldWithADirectiveKeepsItWhereItIsPlain(t *testing.T) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	guarded := 0
	for name, object := range graph.Plain.Objects {
		for fieldName, field := range object.Fields {
			definition := schema.Types[name].Fields.ForName(fieldName)
			scope := ""
			for _, directive := range definition.Directives {
				switch directive.Name {
				case "deprecated":
				case "requires":
					scope = directive.Arguments.ForName("scope").Value.Raw
					guarded++
				default:
					t.Errorf("%s.%s is plain and has @%s, which nothing carries out", name, fieldName, directive.Name)
				}
			}
			denied := ""
			switch {
			case scope == "":
			case !definition.Type.NonNull:
				denied = "null"
			case definition.Type.Elem != nil:
				denied = "[]"
			default:
				t.Errorf("%s.%s takes a scope and can be neither null nor empty, so it is not plain", name, fieldName)
			}
			if field.Scope != scope || field.Denied != denied {
				t.Errorf("%s.%s takes %q and is %q without, where the schema says %q and %q", name, fieldName, field.Scope, field.Denied, scope, denied)
			}
			if len(definition.Arguments) > 0 {
				t.Errorf("%s.%s is plain and has arguments", name, fieldName)
			}
		}
	}
	if guarded < 30 {
		t.Errorf("%d plain fields take a scope", guarded)
	}
}
