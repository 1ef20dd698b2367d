package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tributary/access"
	"tributary/accounts"
	"tributary/answers"
	"tributary/billing"
	"tributary/graph"
	"tributary/graphqlhttp"
	"tributary/loaders"
	"tributary/resolvers"
)

// graphQL answers /graphql. What is cheapest to refuse is refused first, and
// nothing of a request is executed before all of it was judged.
type graphQL struct {
	*Gateway
	executor *executor.Executor
	inputs   inputs
}

func (g *Gateway) graphQL() http.Handler {
	schema := graph.NewExecutableSchema(graph.Config{
		Resolvers:  resolvers.Root{Portfolio: g.Portfolio, Writes: g.Writes},
		Directives: graph.DirectiveRoot{Requires: resolvers.Requires},
	})
	h := &graphQL{Gateway: g, executor: executor.New(schema), inputs: inputs{schema.Schema()}}
	h.executor.SetErrorPresenter(g.present)
	h.executor.SetRecoverFunc(g.recover)
	return h
}

// ServeHTTP answers one request, or the requests of one batch.
func (g *graphQL) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	defer func() {
		if fault := recover(); fault != nil {
			graphqlhttp.WriteRefusal(w, r, &graphqlhttp.Refusal{Status: http.StatusInternalServerError, Err: g.panicked(ctx, fault)}, extensions)
		}
	}()
	refused := g.HTTP.Check(r)
	if refused == nil {
		refused = graphqlhttp.CheckPreflight(r)
	}
	if refused == nil {
		var leave func()
		if r, leave, refused = g.admit(r); refused == nil {
			defer leave()
			refused = g.serve(w, r)
		}
	}
	if refused != nil {
		entryOf(ctx).noteErrors(gqlerror.List{{Extensions: extensions(ctx, refused.Err)}})
		graphqlhttp.WriteRefusal(w, r, refused, extensions)
	}
}

// serve answers a request that was let in.
func (g *graphQL) serve(w http.ResponseWriter, r *http.Request) *graphqlhttp.Refusal {
	media, refused := graphqlhttp.Negotiate(r)
	if refused != nil {
		return refused
	}
	text, refused := g.HTTP.ReadText(r)
	if refused != nil {
		return refused
	}
	var asked *asking
	if g.Answers != nil && len(text) <= answers.Longest && !isBatch(text) {
		asked = g.asking(r, text)
		if done, refused := g.recall(w, r, media, asked); done {
			return refused
		}
	}
	requests, batched, refused := g.HTTP.Parse(r.Method, text)
	if refused != nil {
		return refused
	}
	ctx, cancel := context.WithDeadline(r.Context(), entryOf(r.Context()).begun.Add(g.RequestTime))
	defer cancel()
	r = r.WithContext(ctx)
	if batched {
		return g.serveBatch(w, r, media, requests)
	}
	result, refused := g.execute(r, requests[0])
	if refused != nil {
		return refused
	}
	result.retryAfter(w.Header())
	answer := graphqlhttp.Answer{Status: graphqlhttp.Status(media, result.outcome), Media: media}
	if result.lacks != nil {
		answer.Status = http.StatusForbidden
		w.Header().Set("WWW-Authenticate", result.lacks.challenge())
	}
	ageless := g.marshal(ctx, result, int(g.HTTP.Answer))
	answer.Body = result.basis.AsOf(ageless, result.asOf)
	g.keep(w.Header(), r, requests[0], asked, result, ageless, &answer)
	return g.send(w, r, answer, result.isWrite)
}

// isBatch reports whether a text can be that of a batch, none of which are kept.
func isBatch(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("["))
}

// serveBatch answers the requests of a batch, one after the other.
func (g *graphQL) serveBatch(w http.ResponseWriter, r *http.Request, media string, requests []*graphqlhttp.Request) *graphqlhttp.Refusal {
	var body bytes.Buffer
	hasWritten := false
	for i, request := range requests {
		body.WriteByte("[,"[min(i, 1)])
		result, refused := g.execute(r, request)
		if refused != nil {
			return refused
		}
		result.retryAfter(w.Header())
		hasWritten = hasWritten || result.isWrite
		part := g.marshal(r.Context(), result, int(g.HTTP.Answer)-body.Len())
		body.Write(bytes.TrimSpace(result.basis.AsOf(part, result.asOf)))
	}
	body.WriteByte(']')
	entryOf(r.Context()).noteBatch()
	return g.send(w, r, graphqlhttp.Answer{Status: http.StatusOK, Media: media, Body: body.Bytes()}, hasWritten)
}

// send writes an answer, where its caller does not leave too many others unread.
// What a write has done is told all the same.
func (g *graphQL) send(w http.ResponseWriter, r *http.Request, answer graphqlhttp.Answer, hasWritten bool) *graphqlhttp.Refusal {
	give, ok := g.Sending.Take(access.From(r.Context()).Subject, int64(len(answer.Body)))
	if ok {
		defer give()
	} else if !hasWritten {
		w.Header().Del("Cache-Status")
		return full(&billing.Error{Code: billing.CodeRateLimited, Op: "send an answer", RetryAfter: time.Now().Add(time.Second),
			Message: "too many answers wait to be read; read them, or try again in a moment"})
	}
	answer.Vary = g.Vary
	if r.Header.Get(timingHeader) != "" {
		w.Header().Set("Server-Timing", entryOf(r.Context()).timing())
	}
	graphqlhttp.Write(w, r, answer)
	return nil
}

// result is what came of one request.
type result struct {
	outcome graphqlhttp.Outcome
	answer  *graphql.Response
	isWrite bool
	lacks   *missingScope // why it is refused; nil for any other reason

	// Of what was executed.
	text  string // of its document
	basis loaders.Basis
	asOf  time.Time

	// Of a query that was executed.
	directory *accounts.Directory
	fetched   int64 // documents that no cache had
	isLive    bool  // it tells of the gateway itself
}

// refusedBy is the result of a request whose document, operation or variables
// are refused.
func (g *graphQL) refusedBy(ctx context.Context, err error) *result {
	answer := &graphql.Response{}
	var list gqlerror.List
	if errors.As(err, &list) {
		for _, one := range list {
			answer.Errors = append(answer.Errors, g.present(ctx, one))
		}
	} else {
		answer.Errors = gqlerror.List{g.present(ctx, err)}
	}
	refused := &result{outcome: graphqlhttp.Refused, answer: answer}
	errors.As(err, &refused.lacks)
	return refused
}

// retryAfter tells in a header when another try is worth while, where the whole
// request was refused for its time.
func (r *result) retryAfter(header http.Header) {
	if r.outcome != graphqlhttp.Refused || len(r.answer.Errors) == 0 {
		return
	}
	told, _ := r.answer.Errors[0].Extensions["retryAfter"].(string)
	if at, err := time.Parse(time.RFC3339, told); err == nil {
		header.Set("Retry-After", secondsUntil(at))
	}
}

// marshal writes an answer within its bounds, of which room is left for its data;
// what stands for ages is still in it.
// What a write has done is told at any size.
func (g *graphQL) marshal(ctx context.Context, r *result, room int) []byte {
	if len(r.answer.Data) > room && !r.isWrite {
		r.answer = &graphql.Response{Data: json.RawMessage("null"), Errors: gqlerror.List{g.present(ctx, billing.Errorf(billing.CodeLimitExceeded,
			"the answer has %d bytes; there is room for %d (limit answer: %d)", len(r.answer.Data), max(room, 0), g.HTTP.Answer))}}
	}
	answer := r.answer
	entryOf(ctx).noteErrors(answer.Errors)
	if hidden := len(answer.Errors) - g.HTTP.Errors; hidden > 0 {
		answer.Errors = answer.Errors[:g.HTTP.Errors]
		answer.Errors[g.HTTP.Errors-1].Extensions["andMore"] = hidden
	}
	return write(answer)
}

// write is an answer as JSON. A request that was not executed has no data.
func write(answer *graphql.Response) []byte {
	var body bytes.Buffer
	member := func(name string, value any) {
		text, err := json.Marshal(value)
		if err != nil {
			panic(err) // an error or extension is no JSON, which is a fault of the program
		}
		body.WriteByte("{,"[min(body.Len(), 1)])
		body.WriteString(name)
		body.Write(text)
	}
	if len(answer.Errors) > 0 {
		member(`"errors":`, answer.Errors)
	}
	if answer.Data != nil {
		body.Grow(len(answer.Data) + 64)
		body.WriteByte("{,"[min(body.Len(), 1)])
		body.WriteString(`"data":`)
		body.Write(answer.Data)
	}
	if len(answer.Extensions) > 0 {
		member(`"extensions":`, answer.Extensions)
	}
	body.WriteString("}\n")
	return body.Bytes()
}
