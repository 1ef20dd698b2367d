package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tributary/access"
	"tributary/billing"
	"tributary/document"
	"tributary/graph"
	"tributary/graphqlhttp"
	"tributary/loaders"
	"tributary/persisted"
	"tributary/throttle"
)

// execute judges a request and executes it. Its refusal is of the transport's
// kind: the wrong method for what is asked.
func (g *graphQL) execute(r *http.Request, request *graphqlhttp.Request) (*result, *graphqlhttp.Refusal) {
	ctx := r.Context()
	prepared, operation, err := g.prepare(ctx, request)
	if err != nil {
		return g.refusedBy(ctx, err), nil
	}
	kind := operation.Definition.Operation
	entryOf(ctx).note(operation)
	if kind == ast.Mutation && r.Method == http.MethodGet {
		return nil, graphqlhttp.RefuseMutation()
	}
	asked := &graphql.OperationContext{
		RawQuery:               prepared.Text,
		Variables:              operation.Variables,
		OperationName:          operation.Definition.Name,
		Doc:                    prepared.AST,
		Extensions:             request.Extensions,
		Headers:                r.Header,
		Operation:              operation.Definition,
		DisableIntrospection:   !g.Development.Introspection,
		RecoverFunc:            g.recover,
		ResolverMiddleware:     pass,
		RootResolverMiddleware: visit,
	}
	asked.Stats.OperationStart = graphql.Now()
	if err := g.judge(ctx, asked); err != nil {
		return g.refusedBy(ctx, err), nil
	}
	charge := g.Budgets.Take(ctx, access.From(ctx).Subject, operation.Cost.Calls)
	if !charge.Allowed {
		return g.refusedBy(ctx, g.Budgets.Refusal(charge)), nil
	}
	before := entryOf(ctx).meter.Calls()
	done := g.run(ctx, asked)
	calls := int(entryOf(ctx).meter.Calls() - before)
	if wanted, _ := request.Extensions["cost"].(bool); wanted {
		done.answer.Extensions = map[string]any{"cost": map[string]any{
			"estimated": map[string]int{"calls": operation.Cost.Calls, "fields": operation.Cost.Fields},
			"actual":    map[string]int{"calls": calls},
		}}
	}
	g.settle(ctx, charge, max(calls, entryOf(ctx).loads.Looked()/looksPerCall))
	return done, nil
}

// prepare is the document of a request and the operation that it asks for.
func (g *graphQL) prepare(ctx context.Context, request *graphqlhttp.Request) (*document.Document, *document.Operation, error) {
	found, err := g.Persisted.Resolve(ctx, persisted.Request{Query: request.Query, DocumentID: request.DocumentID, Extensions: request.Extensions})
	if err != nil {
		return nil, nil, err
	}
	prepared, err := g.Documents.Prepare(found.Text)
	if err != nil {
		return nil, nil, err
	}
	g.Persisted.Accept(ctx, found)
	operation, err := prepared.Operation(request.OperationName, request.Variables, document.Holdings{
		All:  func() int { return g.Portfolio.Held(ctx) },
		Of:   func(account string) int { return g.Portfolio.HeldBy(ctx, account) },
		Scan: g.Portfolio.ScanLimit,
	})
	return prepared, operation, err
}

// settle corrects a charge by what the operation did cost. The answer does not wait
// for it.
func (g *graphQL) settle(ctx context.Context, charge throttle.Decision, calls int) {
	if !g.Budgets.IsShared() {
		g.Budgets.Settle(ctx, charge, calls)
		return
	}
	g.settling.Go(func() { g.Budgets.Settle(context.WithoutCancel(ctx), charge, calls) })
}

// judge refuses what a well-formed operation may not do, before any of it is done.
func (g *graphQL) judge(ctx context.Context, asked *graphql.OperationContext) error {
	if asked.Operation.Operation == ast.Subscription {
		return billing.Errorf(billing.CodeNotSupported, "this version of the gateway has no live operations")
	}
	if err := mayExecute(ctx, asked); err != nil {
		return err
	}
	return g.inputs.check(asked)
}

// run executes an operation that nothing speaks against.
func (g *graphQL) run(ctx context.Context, asked *graphql.OperationContext) *result {
	ctx, entryOf(ctx).loads = g.Portfolio.Sources.Begin(ctx, rootFields(asked))
	isWrite := asked.Operation.Operation == ast.Mutation
	room := &bound{mostFields: int64(g.Documents.MostFields()), mostBytes: int64(g.HTTP.Answer)}
	if !isWrite { // of which nothing is left out
		room.plain = graph.Plain.Begin(asked, func(scope string) bool { return access.From(ctx).Has(access.Scope(scope)) }, room)
		asked.ResolverMiddleware = room.resolve
	}
	entryOf(ctx).executing = time.Now()
	answers, ctx := g.executor.DispatchOperation(ctx, asked)
	answer := answers(ctx)
	entryOf(ctx).executed = time.Now()
	done := &result{outcome: graphqlhttp.Executed, answer: answer, isWrite: isWrite, text: asked.RawQuery}
	loads := entryOf(ctx).loads
	done.basis, done.asOf = loads.Basis(), loads.Now()
	if !isWrite {
		done.directory, done.fetched = loads.Directory(), loads.CacheMisses()
		done.isLive = isLive(asked.Operation.SelectionSet)
	}
	if err := room.fault(ctx); err != nil {
		done.answer = &graphql.Response{Data: json.RawMessage("null"), Errors: gqlerror.List{g.present(ctx, err)}}
	}
	if done.answer == nil { // the client has gone, or the time is over
		return g.refusedBy(ctx, billing.Errorf(billing.CodeSourceTimeout, "the time for the request ran out"))
	}
	return done
}

// looksPerCall is how many kept subscriptions lists may look at for the charge of a
// call.
const looksPerCall = 100

func pass(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) }

// rootFields counts the fields that visit will see at the same time: those of
// a query; a mutation's run one after the other.
func rootFields(request *graphql.OperationContext) int {
	if request.Operation.Operation != ast.Query {
		return 0
	}
	count := 0
	for _, field := range graphql.CollectFields(request, request.Operation.SelectionSet, []string{"Query"}) {
		if !isIntrospection(field.Name) {
			count++
		}
	}
	return count
}

// visit tells the loaders when a root field of a query begins and ends.
func visit(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	isQuery := graphql.GetOperationContext(ctx).Operation.Operation == ast.Query
	if !isQuery || isIntrospection(graphql.GetRootFieldContext(ctx).Field.Name) {
		return next(ctx)
	}
	ctx, done := loaders.From(ctx).Visit(ctx)
	defer done()
	return next(ctx)
}

// rootTypes are the types that operations begin at.
var rootTypes = map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation", ast.Subscription: "SubscriptionRoot"}

func isIntrospection(field string) bool { return strings.HasPrefix(field, "__") }
