package graphqlhttp

import (
	"bytes"
	"maps"
	"net/url"
	"slices"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// parseQuery reads the query string of a GET. An empty parameter is one that is
// not there.
func (s *Settings) parseQuery(raw string) ([]*Request, *Refusal) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, malformed("the query string of the URL is not escaped as it should be")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if refused := checkParameter(name, values[name]); refused != nil {
			return nil, refused
		}
	}
	request := &Request{Query: values.Get("query"), OperationName: values.Get("operationName"), DocumentID: values.Get("documentId")}
	if id := values.Get("doc_id"); id != "" {
		if request.DocumentID != "" {
			return nil, malformed("the URL has documentId and doc_id, which are the same; one of them is enough")
		}
		request.DocumentID = id
	}
	if refused := s.parseParameter("variables", values.Get("variables"), &request.Variables); refused != nil {
		return nil, refused
	}
	if refused := s.parseParameter("extensions", values.Get("extensions"), &request.Extensions); refused != nil {
		return nil, refused
	}
	if refused := request.check(); refused != nil {
		return nil, refused
	}
	return []*Request{request}, nil
}

func checkParameter(name string, given []string) *Refusal {
	if refused := misspelt("the URL", name); refused != nil {
		return refused
	}
	if !slices.Contains(keys, name) {
		return nil
	}
	if len(given) > 1 {
		return malformed("the URL has the parameter %s %d times; once is right", name, len(given))
	}
	if !utf8.ValidString(given[0]) {
		return malformed("the parameter %s is not UTF-8", name)
	}
	return nil
}

// parseParameter reads JSON that is the whole of a parameter.
func (s *Settings) parseParameter(name, text string, into *map[string]any) *Refusal {
	if text == "" {
		return nil
	}
	what := "the parameter " + name
	if refused := s.measure(what, []byte(text)); refused != nil {
		return refused
	}
	dec := jsontext.NewDecoder(bytes.NewBufferString(text))
	if refused := parseObject(what, name, dec, into); refused != nil {
		return refused
	}
	return ended(what, dec)
}
