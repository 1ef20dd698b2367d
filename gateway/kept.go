package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"tributary/access"
	"tributary/accounts"
	"tributary/answers"
	"tributary/graphqlhttp"
	"tributary/loaders"
	"tributary/persisted"
)

// asking is a request whose answer may be kept, or has been.
type asking struct {
	key       answers.Key
	directory *accounts.Directory
	begun     answers.Begun
}

// asking is what r asks in text.
func (g *graphQL) asking(r *http.Request, text []byte) *asking {
	return &asking{
		key:       answers.Key{Method: r.Method, Question: string(text), Caller: g.callerOf(r.Context())},
		directory: g.Portfolio.Directory(),
		begun:     g.Answers.Begin(),
	}
}

// callerOf is all of a caller that an answer may follow: who it is, what it may
// see, and the credentials of its own that sources would be sent.
func (g *graphQL) callerOf(ctx context.Context) string {
	caller := access.From(ctx)
	var b strings.Builder
	write := func(texts ...string) {
		for _, text := range texts {
			b.WriteString(strconv.Itoa(len(text)))
			b.WriteByte(':')
			b.WriteString(text)
		}
	}
	write(caller.Subject, strconv.FormatBool(caller.AllAccounts), strconv.Itoa(len(caller.Scopes)))
	for _, scope := range caller.Scopes {
		write(string(scope))
	}
	write(strconv.Itoa(len(caller.Accounts)))
	write(caller.Accounts...)
	for _, source := range g.Portfolio.Sources.Sources() {
		if borrowed := source.Borrowed(ctx); borrowed != "" {
			write(source.Name(), borrowed)
		}
	}
	return b.String()
}

// recall answers from what is kept, and reports whether it could. Whether the
// document may still be asked for is looked at again.
func (g *graphQL) recall(w http.ResponseWriter, r *http.Request, media string, asked *asking) (done bool, refused *graphqlhttp.Refusal) {
	ctx := r.Context()
	kept := g.Answers.Get(ctx, asked.key, asked.directory)
	if kept == nil {
		return false, nil
	}
	found, err := g.Persisted.Resolve(ctx, kept.Document)
	if err != nil || found.Text != kept.Text {
		return false, nil
	}
	g.Persisted.Accept(ctx, found)
	entry := entryOf(ctx)
	entry.operation, entry.kind, entry.isKept = kept.Operation, kept.Kind, true
	now := g.Portfolio.Sources.Now()
	answer := graphqlhttp.Answer{
		Status: http.StatusOK, Media: media, Body: kept.Basis.AsOf(kept.Body, now),
		Lasts: lasting(&kept.Basis, now),
	}
	if len(kept.Basis.Ages) == 0 {
		answer.Encoded = func(coding graphqlhttp.Coding) []byte { return kept.Encoded(string(coding), coding.Encode) }
	}
	if r.Method == http.MethodGet {
		answer.ETag = tagOf(answer.Body)
	}
	status := "tributary-answers; hit"
	if until := kept.Basis.Until; !until.IsZero() {
		status += "; ttl=" + strconv.FormatInt(int64(until.Sub(now)/time.Second), 10)
	}
	w.Header()["Cache-Status"] = []string{status}
	return true, g.send(w, r, answer, false)
}

// keep keeps what was answered without an error, and says so in the header.
// ageless is its body, in which ages are still to be filled in.
func (g *graphQL) keep(header http.Header, from *http.Request, request *graphqlhttp.Request, asked *asking, r *result, ageless []byte, answer *graphqlhttp.Answer) {
	isGiven := r.outcome == graphqlhttp.Executed && !r.isWrite && len(r.answer.Errors) == 0
	if !isGiven {
		return
	}
	if !r.basis.IsFleeting && !r.isLive {
		answer.Lasts = lasting(&r.basis, g.Portfolio.Sources.Now())
		if from.Method == http.MethodGet {
			answer.ETag = tagOf(answer.Body)
		}
	}
	documents := "tributary-documents; fwd=miss"
	if r.fetched == 0 {
		documents = "tributary-documents; hit"
	}
	if asked == nil {
		header["Cache-Status"] = []string{documents}
		return
	}
	entry := entryOf(from.Context())
	isSame := g.Portfolio.Directory() == asked.directory && r.directory == asked.directory
	isKept := isSame && !r.isLive && isPlainly(request) && g.Answers.Keep(asked.key, asked.begun, &answers.Answer{
		Body: ageless, Basis: r.basis, Directory: asked.directory,
		Document:  persisted.Request{Query: request.Query, DocumentID: request.DocumentID, Extensions: request.Extensions},
		Text:      r.text,
		Operation: entry.operation, Kind: entry.kind,
	})
	status := "tributary-answers; fwd=uri-miss"
	if isKept {
		status += "; stored"
	}
	header["Cache-Status"] = []string{documents + ", " + status}
}

// isPlainly reports whether a request asks for nothing beside data.
func isPlainly(request *graphqlhttp.Request) bool {
	_, names := request.Extensions["persistedQuery"]
	return len(request.Extensions) == 0 || names && len(request.Extensions) == 1
}

// lasting is for how long an answer on that basis holds. One that tells an age
// does until that is another.
func lasting(basis *loaders.Basis, now time.Time) *graphqlhttp.Lasting {
	lasting := &graphqlhttp.Lasting{}
	if !basis.FetchedAt.IsZero() {
		lasting.Age = max(0, now.Sub(basis.FetchedAt))
	}
	until := basis.Until
	if next := basis.NextAge(now); !next.IsZero() && next.Before(until) {
		until = next
	}
	if !until.IsZero() {
		lasting.Left = max(0, until.Sub(now))
	}
	return lasting
}

// tagOf names the bytes of an answer.
func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.RawURLEncoding.EncodeToString(sum[:15])
}

// isLive reports whether an operation tells of the gateway itself, which is another
// from one moment to the next.
func isLive(set ast.SelectionSet) bool {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if s.ObjectDefinition != nil && s.ObjectDefinition.Name == "Source" && s.Name == "health" || isIntrospection(s.Name) && s.Name != "__typename" || isLive(s.SelectionSet) {
				return true
			}
		case *ast.InlineFragment:
			if isLive(s.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if s.Definition != nil && isLive(s.Definition.SelectionSet) {
				return true
			}
		}
	}
	return false
}
