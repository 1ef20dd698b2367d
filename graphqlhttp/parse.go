package graphqlhttp

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
)

// keys are the parameters of a request, in a body and in a URL alike. Others
// are the client's own and are ignored.
var keys = []string{"query", "operationName", "variables", "extensions", "documentId", "doc_id"}

const theBody = "the body"

// parseBody reads a request, or a batch of them.
func (s *Settings) parseBody(text []byte) (requests []*Request, batch bool, refused *Refusal) {
	if len(text) == 0 {
		return nil, false, malformed(`the body is empty; it is a JSON object such as {"query": "..."}`)
	}
	if refused := s.measure(theBody, text); refused != nil {
		return nil, false, refused
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(text))
	if dec.PeekKind() == '[' {
		requests, refused = s.parseBatch(dec)
		return requests, true, refused
	}
	request, refused := parseRequest(dec)
	if refused != nil {
		return nil, false, refused
	}
	return []*Request{request}, false, ended(theBody, dec)
}

func (s *Settings) parseBatch(dec *jsontext.Decoder) ([]*Request, *Refusal) {
	if s.Batch == 0 {
		return nil, refuse(http.StatusBadRequest, billing.CodeLimitExceeded,
			"the body is an array, which would be a batch of requests, and none are taken (limit batch: 0); it is an object")
	}
	var requests []*Request
	dec.ReadToken() // which PeekKind saw
	for more(dec) {
		if len(requests) == s.Batch {
			return nil, refuse(http.StatusBadRequest, billing.CodeLimitExceeded,
				"the batch holds more than the %d requests that it may hold (limit batch)", s.Batch)
		}
		request, refused := parseRequest(dec)
		if refused != nil {
			refused.Err.Message = fmt.Sprintf("request %d of the batch: %s", len(requests)+1, refused.Err.Message)
			return nil, refused
		}
		requests = append(requests, request)
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, syntax(theBody, err)
	}
	if len(requests) == 0 {
		return nil, malformed("the batch holds no request")
	}
	return requests, ended(theBody, dec)
}

func parseRequest(dec *jsontext.Decoder) (*Request, *Refusal) {
	if kind := dec.PeekKind(); kind != '{' && kind != jsontext.KindInvalid {
		return nil, malformed(`a request is a JSON object such as {"query": "..."}, and here it is %s`, nameOf(kind))
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, syntax(theBody, err)
	}
	request := new(Request)
	for more(dec) {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, syntax(theBody, err)
		}
		if refused := request.take(name.String(), dec); refused != nil {
			return nil, refused
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, syntax(theBody, err)
	}
	return request, request.check()
}

// take reads the value of a key.
func (request *Request) take(key string, dec *jsontext.Decoder) *Refusal {
	switch key {
	case "query":
		return parseString(theBody, key, dec, &request.Query)
	case "operationName":
		return parseString(theBody, key, dec, &request.OperationName)
	case "variables":
		return parseObject(theBody, key, dec, &request.Variables)
	case "extensions":
		return parseObject(theBody, key, dec, &request.Extensions)
	case "documentId", "doc_id":
		return request.takeDocumentID(key, dec)
	}
	if refused := misspelt(theBody, key); refused != nil {
		return refused
	}
	if err := dec.SkipValue(); err != nil {
		return syntax(theBody, err)
	}
	return nil
}

func (request *Request) takeDocumentID(key string, dec *jsontext.Decoder) *Refusal {
	before := request.DocumentID
	if refused := parseString(theBody, key, dec, &request.DocumentID); refused != nil {
		return refused
	}
	if before != "" {
		return malformed("%s has documentId and doc_id, which are the same; one of them is enough", theBody)
	}
	return nil
}

// misspelt refuses a key that only its case tells from one of keys: whoever
// ignores it does something else than was asked.
func misspelt(what, key string) *Refusal {
	for _, known := range keys {
		if key != known && strings.EqualFold(key, known) {
			return malformed("%s has a key that is written %s, in exactly this case", what, known)
		}
	}
	return nil
}

func (request *Request) check() *Refusal {
	if request.Query == "" && request.DocumentID == "" && request.Extensions["persistedQuery"] == nil {
		return malformed("query is missing: the document to execute, or documentId or extensions.persistedQuery to name one")
	}
	return nil
}
