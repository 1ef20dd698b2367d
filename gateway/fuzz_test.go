package gateway_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// fuzzed is the whole handler over the sandbox, with two callers.
type fuzzed struct {
	handler http.Handler
	open    func() http.Handler // another one, which remembers nothing
	marks   map[string][]string // by account: what no other account has
	cursors []string            // of each account
}

func newFuzzed(f *testing.F) *fuzzed {
	configuration := facing("secret: the same in every worker\nhttp: { batch: 3 }\nthrottle: { rate: { cost: 0 } }\ncors: { origins: ['https://app.example.com'] }\n")
	e := open(f, configuration)
	z := &fuzzed{handler: e.built.Gateway.Handler(), marks: map[string][]string{}}
	z.open = func() http.Handler {
		return build(f, configuration(e.upstreams), io.Discard).Gateway.Handler()
	}
	texts := map[string]map[string]bool{}
	for _, c := range []caller{acme, globex} {
		r := e.ask(c, `{ accounts(first: 1) { nodes { id name subscriptions(first: 20) { nodes { id externalId providerId customer { id name email } organization { id name } } } } } }`)
		if r.Data == nil {
			f.Fatal(r.body)
		}
		texts[c.name] = map[string]bool{}
		leaves(r.Data, texts[c.name])
		first := e.ask(c, page)
		first.isWhole(f)
		z.cursors = append(z.cursors, first.Data["subscriptions"].(map[string]any)["pageInfo"].(map[string]any)["endCursor"].(string))
	}
	for name, other := range map[string]string{"acme": "globex", "globex": "acme"} {
		for text := range texts[name] {
			if len(text) > 5 && !texts[other][text] {
				z.marks[name] = append(z.marks[name], text)
			}
		}
		if len(z.marks[name]) < 4 {
			f.Fatalf("%s has no marks but %v", name, z.marks[name])
		}
	}
	return z
}

// leaves are all texts within a value.
func leaves(v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for child := range maps.Values(v) {
			leaves(child, into)
		}
	case []any:
		for _, child := range v {
			leaves(child, into)
		}
	case string:
		into[v] = true
	}
}

// sent is a request as it came through a server.
type sent struct {
	method, target string
	header         http.Header
	body           []byte
}

// request is nil for what no server lets through.
func (s sent) request() *http.Request {
	target, err := url.ParseRequestURI(s.target)
	if err != nil || target.Host != "" || target.Scheme != "" {
		return nil
	}
	for _, values := range s.header {
		if strings.ContainsFunc(values[0], func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return nil
		}
	}
	r := httptest.NewRequest(s.method, "/", bytes.NewReader(s.body))
	r.URL, r.RequestURI, r.Header = target, s.target, s.header.Clone()
	return r
}

// holds expects of the answer what goes for every answer. The known are the
// accounts whose key was sent.
func (z *fuzzed) holds(t *testing.T, s sent, known ...string) {
	r := s.request()
	if r == nil {
		t.Skip("no server takes it for a request")
	}
	answer, took := answered(z.handler, r)
	for tries := 0; took > most && tries < 4; tries++ {
		// A machine that is busy for once is no fault, so only what is slow each
		// time is, where nothing is remembered.
		_, again := answered(z.open(), s.request())
		took = min(took, again)
	}
	if took > most {
		t.Errorf("the answer took %v", took)
	}
	body := answer.Body.String()
	id := answer.Header().Get("X-Request-Id")
	switch {
	case id == "":
		t.Error("the answer has no request id")
	case answer.Code == http.StatusServiceUnavailable && answer.Header().Get("Retry-After") != "":
		// There was no room, and it says when there will be.
	case answer.Code >= 500:
		t.Errorf("the status is %d: %s", answer.Code, body)
	}
	for account, marks := range z.marks {
		if slices.Contains(known, account) {
			continue
		}
		for _, mark := range marks {
			if strings.Contains(body, mark) && !strings.Contains(s.target, mark) && !bytes.Contains(s.body, []byte(mark)) {
				t.Errorf("the answer for %v holds %q of %s: %s", known, mark, account, body)
			}
		}
	}
	isPreflight := s.method == http.MethodOptions && body == ""
	if r.URL.Path == "/graphql" && answer.Code/100 != 3 && !isPreflight {
		isGraphQL(t, answer.Code, id, answer.Body.Bytes())
	}
}

func answered(handler http.Handler, r *http.Request) (*httptest.ResponseRecorder, time.Duration) {
	answer := httptest.NewRecorder()
	begun := time.Now()
	handler.ServeHTTP(answer, r)
	return answer, time.Since(begun)
}

// isGraphQL expects a well-formed answer, or a list of such.
func isGraphQL(t *testing.T, status int, id string, body []byte) {
	type answer struct {
		Data   jsontext.Value `json:"data"`
		Errors []struct {
			Message    string           `json:"message"`
			Path       []any            `json:"path"`
			Locations  []map[string]int `json:"locations"`
			Extensions struct {
				Code       string  `json:"code"`
				RequestID  string  `json:"requestId"`
				Retryable  bool    `json:"retryable"`
				Source     string  `json:"source"`
				Seen       string  `json:"seen"`
				RetryAfter string  `json:"retryAfter"`
				AndMore    float64 `json:"andMore"`
			} `json:"extensions"`
		} `json:"errors"`
		Extensions map[string]any `json:"extensions"`
	}
	var all []answer
	var err error
	if bytes.HasPrefix(body, []byte("[")) {
		err = json.Unmarshal(body, &all, json.RejectUnknownMembers(true))
	} else {
		all = make([]answer, 1)
		err = json.Unmarshal(body, &all[0], json.RejectUnknownMembers(true))
	}
	if err != nil || len(all) == 0 {
		t.Fatalf("status %d, no GraphQL: %v: %s", status, err, body)
	}
	for _, a := range all {
		isNull := len(a.Data) == 0 || a.Data.Kind() == 'n'
		if isNull && len(a.Errors) == 0 || !isNull && a.Data.Kind() != '{' || status != http.StatusOK && (len(a.Errors) == 0 || len(a.Data) > 0) {
			t.Errorf("status %d, and the answer is %s", status, body)
		}
		for _, e := range a.Errors {
			if e.Message == "" || e.Extensions.Code == "" || e.Extensions.Code == "INTERNAL" || e.Extensions.RequestID != id {
				t.Errorf("request %s: an error is %+v: %s", id, e, body)
			}
		}
	}
}

// FuzzRequest sends whatever a client can write into a request.
func FuzzRequest(f *testing.F) {
	for _, seed := range requestSeeds() {
		f.Add(seed.method, seed.target, seed.accept, seed.contentType, seed.authorization, seed.apiKey, seed.encoding, []byte(seed.body))
	}
	z := newFuzzed(f)
	methods := []string{"POST", "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "QUERY"}
	f.Fuzz(func(t *testing.T, method uint8, target, accept, contentType, authorization, apiKey, encoding string, body []byte) {
		s := sent{methods[int(method)%len(methods)], target, http.Header{}, body}
		var known []string
		for _, c := range []caller{acme, globex} {
			if strings.Contains(authorization, c.name) || strings.Contains(apiKey, c.name) {
				known = append(known, c.name)
			}
		}
		keys := strings.NewReplacer("acme", acme.key, "globex", globex.key)
		for name, value := range map[string]string{
			"Accept": accept, "Content-Type": contentType, "Authorization": keys.Replace(authorization),
			"X-Api-Key": keys.Replace(apiKey), "Content-Encoding": encoding, "X-Request-Id": accept, "Origin": encoding,
			"Access-Control-Request-Method": encoding, "Graphql-Client-Name": authorization,
		} {
			if value != "" {
				s.header[name] = []string{value}
			}
		}
		z.holds(t, s, known...)
	})
}

// FuzzOperation sends whatever a client can ask for in requests that are well
// formed. how says by which way and by whom.
func FuzzOperation(f *testing.F) {
	for i, seed := range operationSeeds() {
		for _, how := range []uint8{0, 1, 2, 15} {
			f.Add(seed.document, seed.variables, seed.operation, seed.extensions, seed.cursor, how^uint8(i&1))
		}
	}
	z := newFuzzed(f)
	for _, cursor := range z.cursors { // an own one, and another's
		f.Add(page, "", "", "", cursor, uint8(0))
		f.Add(page, "", "", "", cursor, uint8(1))
	}
	f.Fuzz(func(t *testing.T, document, variables, operation, extensions, cursor string, how uint8) {
		as := []caller{acme, globex}[how&1]
		s := sent{"POST", "/graphql", as.header(), nil}
		if how&2 != 0 {
			s.header.Set("Accept", "application/graphql-response+json")
		}
		members := map[string]any{"query": document}
		if strings.Contains(document, "$cursor") && variables == "" {
			members["variables"] = map[string]any{"cursor": cursor}
		} else if variables != "" {
			members["variables"] = jsontext.Value(variables)
		}
		if operation != "" {
			members["operationName"] = operation
		}
		if extensions != "" {
			members["extensions"] = jsontext.Value(extensions)
		}
		if how&4 != 0 {
			s.method, s.target = "GET", get(document, "variables", variables, "operationName", operation, "extensions", extensions)
			z.holds(t, s, as.name)
			return
		}
		body, err := json.Marshal(members, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
		if err != nil {
			t.Skip("it cannot be written as JSON")
		}
		s.body = body
		if how&8 != 0 {
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			w.Write(body)
			w.Close()
			s.body = packed.Bytes()
			s.header.Set("Content-Encoding", "gzip")
		}
		z.holds(t, s, as.name)
	})
}
