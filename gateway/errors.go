package gateway

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tributary/billing"
	"tributary/loaders"
)

// present is the one place where an error meets GraphQL: clients get a code out
// of ErrorCode and a sentence, the log gets the cause. It is nil for what the
// answer tells already. It panics never: the
// executor presents what it recovers from in goroutines of its own, where nobody
// else would recover from that.
func (g *Gateway) present(ctx context.Context, err error) (shown *gqlerror.Error) {
	if errors.Is(err, errStopped) {
		return stopped
	}
	defer func() {
		if fault := recover(); fault != nil {
			internal := g.panicked(ctx, fault)
			shown = &gqlerror.Error{Message: billing.ClientMessage(internal), Path: graphql.GetPath(ctx), Extensions: extensions(ctx, internal)}
		}
	}()
	var untold *loaders.Untold
	if errors.As(err, &untold) && !untold.IsFirst() {
		return nil
	}
	var refused *gqlerror.Error
	if _, ours := billing.AsError(err); !ours && errors.As(err, &refused) && refused.Err == nil {
		return presentRefusal(ctx, refused)
	}
	shown = &gqlerror.Error{Path: graphql.GetPath(ctx)}
	shown.Message = billing.ClientMessage(err)
	if argument := argumentOf(err, shown.Path); argument != "" && billing.CodeOf(err) == billing.CodeBadUserInput {
		shown.Message = argument + ": " + shown.Message
	}
	shown.Extensions = extensions(ctx, err)
	level := slog.LevelDebug
	if billing.CodeOf(err) == billing.CodeInternal {
		level = slog.LevelError
	}
	g.Log.Log(ctx, level, "a field failed", "path", shown.Path.String(), "error", cause(err), "requestId", RequestID(ctx))
	return shown
}

// cause is err without the sentence for the client, which may quote what the
// client sent.
func cause(err error) error {
	e, ok := billing.AsError(err)
	if !ok {
		return err
	}
	return &billing.Error{Code: e.Code, Source: e.Source, Op: e.Op, Err: e.Err}
}

// presentRefusal shows what the parser, the validator or the executor has
// against a document or its variables: always the client's to mend.
func presentRefusal(ctx context.Context, refused *gqlerror.Error) *gqlerror.Error {
	shown := *refused
	shown.Err = nil
	shown.Extensions = extensions(ctx, &billing.Error{Code: billing.CodeBadUserInput})
	switch {
	case len(shown.Path) == 0:
		shown.Path = graphql.GetPath(ctx)
	case shown.Path[0] == ast.PathName("variable"):
		// No place in an answer, but where in the variables.
		shown.Message, shown.Path = "$"+shown.Path[1:].String()+": "+shown.Message, nil
	}
	return &shown
}

// argumentOf names the argument of the field at path that err is about, such as
// filter.renewsBefore; "" where it is about none. The executor adds the names to
// the path of the field.
func argumentOf(err error, path ast.Path) string {
	var wrapped *gqlerror.Error
	if !errors.As(err, &wrapped) || len(wrapped.Path) <= len(path) {
		return ""
	}
	return wrapped.Path[len(path):].String()
}

func extensions(ctx context.Context, err error) map[string]any {
	code := billing.CodeOf(err)
	fields := map[string]any{"code": code, "retryable": code.Retryable()}
	if e, ok := billing.AsError(err); ok {
		if e.Source != "" {
			fields["source"] = e.Source
		}
		if e.Seen != "" {
			fields["seen"] = e.Seen
		}
		if !e.RetryAfter.IsZero() {
			fields["retryAfter"] = e.RetryAfter.UTC().Add(time.Second - 1).Truncate(time.Second).Format(time.RFC3339)
		}
	}
	if id := RequestID(ctx); id != "" {
		fields["requestId"] = id
	}
	return fields
}
