package graphqlhttp

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
)

// Outcome is how far a request came.
type Outcome int

// Not read as a GraphQL request; read, and its document, operation name or
// variables refused, so that nothing was executed and the answer has no data;
// executed, whether or not with errors.
const (
	Malformed Outcome = iota
	Refused
	Executed
)

// Status is the status of an answer with the media type that Negotiate chose.
// With application/json a refused document is 200, since clients of that type
// take any other for the word of a proxy.
func Status(media string, outcome Outcome) int {
	if outcome == Malformed || outcome == Refused && media == graphQLJSON {
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// Write answers with body, which is JSON in UTF-8. Answers are nobody else's,
// so they are kept nowhere on the way.
func Write(w http.ResponseWriter, status int, media string, body []byte) {
	header := w.Header()
	header.Set("Content-Type", media+"; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	header.Add("Vary", "Accept")
	w.WriteHeader(status)
	w.Write(body)
}

// Extensions makes the extensions of an error, its code among them.
type Extensions func(ctx context.Context, err error) map[string]any

// WriteRefusal answers r with a GraphQL error, in the media type that r accepts
// and in application/json where it accepts none.
func WriteRefusal(w http.ResponseWriter, r *http.Request, refused *Refusal, extensions Extensions) {
	media, unacceptable := Negotiate(r)
	if unacceptable != nil {
		media = plainJSON
	}
	body, err := json.Marshal(map[string]any{"errors": []any{map[string]any{
		"message":    billing.ClientMessage(refused.Err),
		"extensions": extensions(r.Context(), refused.Err),
	}}}, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic(err) // extensions made something that is no JSON
	}
	maps.Copy(w.Header(), refused.Header)
	Write(w, refused.Status, media, body)
	if refused.Header.Get("Connection") == "close" {
		// What is left of a short body is waited for otherwise, although the answer
		// is out. A writer that knows no deadlines has no connection to hold.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(lingering))
	}
}

// lingering is for how long a body that nobody reads may still come in: to hang up at
// once would reset the connection, and the answer with it.
const lingering = time.Second
