// Package graphqlhttp is GraphQL over HTTP: it reads requests out of POST and
// GET, refuses what is none with a status and a GraphQL error, and writes
// answers. It parses no documents and executes nothing.
//
// A gateway asks in this order. Negotiate, Check and CheckPreflight need the
// headers alone, so they can come before it is known who asks; ReadText takes the
// body and Parse what it asks for. Then Write, or WriteRefusal wherever one of them refused.
//
// It takes one kind of body, application/json. Browsers send forms and plain
// text to any origin unasked, and nobody asked for the other kinds.
package graphqlhttp

import (
	"errors"
	"net/http"

	"tributary/billing"
	"tributary/config"
)

// Request is a GraphQL request as it was sent. It has a Query, a DocumentID or
// extensions.persistedQuery, maybe several of them.
type Request struct {
	Query         string
	DocumentID    string // documentId, or doc_id as Relay writes it
	OperationName string
	Variables     map[string]any // nil for none; numbers are json.Number of encoding/json
	Extensions    map[string]any // like Variables
}

// Settings bound what is read and answered.
type Settings struct {
	Header  config.Size `yaml:"header"`  // a request's line and header together
	Body    config.Size `yaml:"body"`    // of a POST, as sent and decompressed
	URL     config.Size `yaml:"url"`     // the target of the request line, path and query
	Nesting int         `yaml:"nesting"` // how deep JSON may be nested, the outermost object being 1
	Values  int         `yaml:"values"`  // how many values JSON may hold, since each costs more memory than it has bytes
	Batch   int         `yaml:"batch"`   // requests in one body; 0 takes no batches
	Answer  config.Size `yaml:"answer"`  // of a query, or of all queries of a batch
	Answers config.Size `yaml:"answers"` // of all that are being sent; a caller may have a quarter of it
	Errors  int         `yaml:"errors"`  // in an answer; how many more there were is told
}

// Defaults are generous for clients and cheap for the gateway.
func (s *Settings) Defaults() {
	*s = Settings{
		Header: 64 << 10, Body: 1 << 20, URL: 8 << 10, Nesting: 100, Values: 50_000,
		Answer: 8 << 20, Answers: 256 << 20, Errors: 20,
	}
}

// Validate refuses bounds that no client could keep and such as bound nothing.
func (s *Settings) Validate() error {
	within := func(key string, value, least, most int64, as func(int64) any) error {
		if value >= least && value <= most {
			return nil
		}
		return config.Invalidf(key, "must be from %v to %v", as(least), as(most))
	}
	size := func(n int64) any { return config.Size(n) }
	count := func(n int64) any { return n }
	return errors.Join(
		within("header", int64(s.Header), int64(s.URL)+4<<10, 1<<20, size),
		within("answer", int64(s.Answer), 1<<20, 1<<30, size),
		within("answers", int64(s.Answers), int64(s.Answer), 1<<40, size),
		within("errors", int64(s.Errors), 1, 1000, count),
		within("body", int64(s.Body), 1<<10, 64<<20, size),
		within("url", int64(s.URL), 256, 64<<10, size),
		within("nesting", int64(s.Nesting), 10, 1000, count),
		within("values", int64(s.Values), 100, 10_000_000, count),
		within("batch", int64(s.Batch), 0, 100, count),
	)
}

// Check refuses what the head of a request shows to be no GraphQL request: the
// wrong method, an upgrade, a URL that is too long. Read checks it too.
func (s *Settings) Check(r *http.Request) *Refusal { return s.checkHead(r).Closing(r) }

func (s *Settings) checkHead(r *http.Request) *Refusal {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, billing.CodeBadUserInput, "GraphQL is asked with POST or GET").with("Allow", "GET, POST")
	}
	if n := len(r.RequestURI); n > int(s.URL) {
		return refuse(http.StatusRequestURITooLong, billing.CodeLimitExceeded,
			"the URL is %d bytes long and may be %d (limit url); a POST has room for more", n, s.URL)
	}
	for part := range list(r.Header, "Upgrade") {
		if isWord(part, "websocket") {
			return refuse(http.StatusBadRequest, billing.CodeNotSupported, "this version of the gateway has no live operations, and no WebSocket")
		}
	}
	return nil
}

// ReadText reads the text in which r asks: the body of a POST, decompressed, or
// the query string of a GET.
func (s *Settings) ReadText(r *http.Request) ([]byte, *Refusal) {
	if refused := s.Check(r); refused != nil {
		return nil, refused
	}
	if r.Method == http.MethodPost {
		return s.body(r)
	}
	return []byte(r.URL.RawQuery), nil
}

// Parse is what a text asks for that came by a method. There is one request, or
// several where the text is a batch, which is answered with an array of as many
// answers in the same order and the status 200, even where it holds one.
func (s *Settings) Parse(method string, text []byte) (requests []*Request, batch bool, refused *Refusal) {
	if method == http.MethodPost {
		requests, batch, refused = s.parseBody(text)
	} else {
		requests, refused = s.parseQuery(string(text))
	}
	if refused != nil {
		return nil, batch, refused
	}
	return requests, batch, nil
}
