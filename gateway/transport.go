package gateway

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/ast"

	"tributary/billing"
)

// overHTTP is GraphQL over HTTP: POST with a body of JSON, and GET for queries.
//
// It takes no other body. Browsers send forms and plain text to any origin
// unasked, so a page elsewhere could otherwise have its reader's browser ask.
type overHTTP struct{}

// The media types of an answer.
const (
	plainJSON   = "application/json"
	graphQLJSON = "application/graphql-response+json"
)

// refusal is a request that is no GraphQL request, and the status that says so.
type refusal struct {
	status int
	err    *billing.Error
}

func refuse(status int, code billing.Code, message string) *refusal {
	return &refusal{status, billing.Errorf(code, "%s", message)}
}

// Supports takes the methods that the gateway lets through.
func (overHTTP) Supports(*http.Request) bool { return true }

// Do answers one request.
func (overHTTP) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	started := graphql.Now()
	read := fromBody
	if r.Method == http.MethodGet {
		read = fromQuery
	}
	params, refused := read(r)
	if refused != nil {
		writeError(w, r, refused.status, refused.err)
		return
	}
	params.Headers = r.Header
	params.ReadTime = graphql.TraceTiming{Start: started, End: graphql.Now()}
	media := answerType(r.Header.Get("Accept"))
	operation, faults := exec.CreateOperationContext(r.Context(), params)
	if faults != nil {
		status := http.StatusOK
		if errcode.GetErrorKind(faults) == errcode.KindProtocol {
			status = statusOfBadDocument[media]
		}
		writeAnswer(w, status, media, exec.DispatchError(graphql.WithOperationContext(r.Context(), operation), faults))
		return
	}
	if r.Method == http.MethodGet && operation.Operation.Operation == ast.Mutation {
		w.Header().Set("Allow", "POST")
		writeError(w, r, http.StatusMethodNotAllowed, billing.Errorf(billing.CodeBadUserInput, "a mutation is sent with POST"))
		return
	}
	answers, ctx := exec.DispatchOperation(r.Context(), operation)
	writeAnswer(w, http.StatusOK, media, answers(ctx))
}

// statusOfBadDocument is the status for a document that does not parse or
// validate: clients of the older media type were always told 422.
var statusOfBadDocument = map[string]int{
	plainJSON:   http.StatusUnprocessableEntity,
	graphQLJSON: http.StatusBadRequest,
}

func fromBody(r *http.Request) (*graphql.RawParams, *refusal) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != plainJSON {
		return nil, refuse(http.StatusUnsupportedMediaType, billing.CodeBadUserInput, "the body of a POST is application/json")
	}
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, refuse(http.StatusRequestEntityTooLarge, billing.CodeLimitExceeded,
			"the body is larger than "+strconv.FormatInt(tooLarge.Limit, 10)+" bytes")
	case err != nil:
		return nil, refuse(http.StatusBadRequest, billing.CodeBadUserInput, "the body did not arrive whole")
	}
	params := new(graphql.RawParams)
	if err := json.Unmarshal(body, params, exactNumbers); err != nil {
		return nil, refuse(http.StatusBadRequest, billing.CodeBadUserInput,
			`the body is no JSON object of the form {"query": "...", "operationName": "...", "variables": {...}}, each key once`)
	}
	return params, nil
}

func fromQuery(r *http.Request) (*graphql.RawParams, *refusal) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, billing.CodeBadUserInput, "the query string is not escaped as it should be")
	}
	params := &graphql.RawParams{Query: query.Get("query"), OperationName: query.Get("operationName")}
	for name, into := range map[string]*map[string]any{"variables": &params.Variables, "extensions": &params.Extensions} {
		if text := query.Get(name); text != "" && json.Unmarshal([]byte(text), into, exactNumbers) != nil {
			return nil, refuse(http.StatusBadRequest, billing.CodeBadUserInput, "the parameter "+name+" is no JSON object")
		}
	}
	return params, nil
}

// exactNumbers keeps the digits of numbers, which the executor reads by the
// types of the schema.
var exactNumbers = json.WithUnmarshalers(json.UnmarshalFromFunc(func(dec *jsontext.Decoder, into *any) error {
	if dec.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	number, err := dec.ReadValue()
	*into = stdjson.Number(number.Clone())
	return err
}))

// answerType is the first media type that the client takes and the gateway has.
func answerType(accept string) string {
	for part := range strings.SplitSeq(accept, ",") {
		media, _, err := mime.ParseMediaType(part)
		switch {
		case err != nil:
		case media == graphQLJSON:
			return graphQLJSON
		case media == plainJSON, media == "application/*", media == "*/*":
			return plainJSON
		}
	}
	return plainJSON
}

func writeAnswer(w http.ResponseWriter, status int, media string, answer *graphql.Response) {
	var body bytes.Buffer
	if err := stdjson.NewEncoder(&body).Encode(answer); err != nil {
		panic(err) // which the handler around turns into an error of the gateway
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	w.Write(body.Bytes())
}
