package graphqlhttp_test

import (
	"bytes"
	stdjson "encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"tributary/billing"
	"tributary/graphqlhttp"
)

// FuzzRead holds that a request is read or refused with a status and code of a
// client's fault, and that what was read is what a lenient parser reads too.
func FuzzRead(f *testing.F) {
	const body = `{"query":"{a}","operationName":null,"variables":{"a":[1,{"b":"\u00e9"}]},"extensions":{"persistedQuery":{}},"x":[]}`
	for _, text := range []string{body, `[` + body + `]`, `{"query":"{a}","query":"{b}"}`, `{"Query":"{a}"}`, `{"query":"\ud800"}`,
		"{\"query\":\"\xff\"}", `{"doc_id":"1"}{}`, `{"query":`, strings.Repeat("[", 200), "query={a}&variables={}", "query=%"} {
		f.Add([]byte(text), "application/json", "")
	}
	f.Add([]byte(gzipped(body)), "application/json; charset=utf-8", "gzip")
	f.Add([]byte(zlibbed(body)), "application/json", "deflate")
	f.Add([]byte(zstdWhole(f, body)), "application/json", "zstd")
	f.Add([]byte(zstdStreamed(f, body, 1<<20)), "application/json", "identity, zstd")
	f.Add([]byte("\x28\xb5\x2f\xfd\x00\x68\x02\x00\x10\x00\x03\x00\x10\x00"), "application/json", "zstd")
	f.Add([]byte(body), "text/plain", "br")
	settings := defaults()
	settings.Batch = 2
	settings.Body = 64 << 10
	f.Fuzz(func(t *testing.T, body []byte, contentType, encoding string) {
		r := httptest.NewRequest("POST", "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Content-Encoding", encoding)
		requests, batch, refused := settings.Read(r)
		checkRead(t, requests, refused)
		if refused == nil && !batch && encoding == "" {
			checkAgainstLenient(t, body, requests[0])
		}
		r = httptest.NewRequest("GET", "/", nil)
		r.URL = &url.URL{Path: "/", RawQuery: string(body)}
		requests, _, refused = settings.Read(r)
		checkRead(t, requests, refused)
	})
}

func checkRead(t *testing.T, requests []*graphqlhttp.Request, refused *graphqlhttp.Refusal) {
	if refused == nil {
		if len(requests) == 0 {
			t.Error("nothing was read")
		}
		for _, request := range requests {
			if request.Query == "" && request.DocumentID == "" && request.Extensions["persistedQuery"] == nil {
				t.Errorf("nothing to execute: %+v", request)
			}
			if _, err := json.Marshal(request); err != nil {
				t.Errorf("what was read cannot be written: %v", err)
			}
		}
		return
	}
	code := billing.CodeOf(refused)
	if requests != nil || refused.Status < 400 || refused.Status > 499 || refused.Err.Message == "" ||
		code != billing.CodeBadUserInput && code != billing.CodeLimitExceeded {
		t.Errorf("%v with %v", refused, requests)
	}
}

func checkAgainstLenient(t *testing.T, body []byte, got *graphqlhttp.Request) {
	var want struct {
		Query         string         `json:"query"`
		OperationName string         `json:"operationName"`
		Variables     map[string]any `json:"variables"`
	}
	decoder := stdjson.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&want); err != nil {
		t.Fatalf("encoding/json refuses what was read: %v", err)
	}
	if got.Query != want.Query || got.OperationName != want.OperationName {
		t.Errorf("got %+v, want %+v", got, want)
	}
	ours, _ := stdjson.Marshal(got.Variables)
	theirs, _ := stdjson.Marshal(want.Variables)
	if !bytes.Equal(ours, theirs) {
		t.Errorf("got %s, want %s", ours, theirs)
	}
}

func BenchmarkRead(b *testing.B) {
	body := []byte(`{"operationName":"Subscriptions","query":"query Subscriptions($first: Int!, $filter: SubscriptionFilter) {\n  subscriptions(first: $first, filter: $filter) {\n    edges { node { __typename id status plan { id name } seats { used limit } currentPeriod { start end } } }\n    pageInfo { hasNextPage endCursor }\n  }\n}","variables":{"first":50,"filter":{"status":["ACTIVE","PAST_DUE"],"renewsBefore":"2026-12-01T00:00:00Z","minimum":12.50}},"extensions":{"clientLibrary":{"name":"@apollo/client","version":"4.0.0"}}}`)
	settings := defaults()
	header := http.Header{"Content-Type": {"application/json"}}
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		r := &http.Request{Method: "POST", Header: header, URL: new(url.URL), ContentLength: int64(len(body))}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if _, _, refused := settings.Read(r); refused != nil {
			b.Fatal(refused)
		}
	}
}
