package graphqlhttp_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/graphqlhttp"
)

const q = `"query":"{ __typename }"`

func TestWhatIsAGraphQLRequestIsRead(t *testing.T) {
	server := serve(t, defaults())
	for _, test := range []struct {
		name, body string
		want       graphqlhttp.Request
	}{
		{"a query alone", `{` + q + `}`, graphqlhttp.Request{Query: "{ __typename }"}},
		{"all keys", `{` + q + `,"operationName":"A","variables":{"a":1},"extensions":{"b":true}}`, graphqlhttp.Request{
			Query: "{ __typename }", OperationName: "A",
			Variables: map[string]any{"a": json.Number("1")}, Extensions: map[string]any{"b": true}}},
		{"nulls", `{` + q + `,"operationName":null,"variables":null,"extensions":null,"documentId":null}`,
			graphqlhttp.Request{Query: "{ __typename }"}},
		{"a document id", `{"documentId":"sha256:1"}`, graphqlhttp.Request{DocumentID: "sha256:1"}},
		{"a document id of Relay", `{"doc_id":"1","query":null}`, graphqlhttp.Request{DocumentID: "1"}},
		{"a persisted query", `{"extensions":{"persistedQuery":{"version":1}}}`, graphqlhttp.Request{
			Extensions: map[string]any{"persistedQuery": map[string]any{"version": json.Number("1")}}}},
		{"exact numbers", `{` + q + `,"variables":{"a":[9007199254740993,1.10,1e400]}}`, graphqlhttp.Request{
			Query:     "{ __typename }",
			Variables: map[string]any{"a": []any{json.Number("9007199254740993"), json.Number("1.10"), json.Number("1e400")}}}},
		{"keys of the client's own", `{"id":"9","debug":{"a":[1]},` + q + `}`, graphqlhttp.Request{Query: "{ __typename }"}},
		{"space around it", " \r\n\t{" + q + "} \n", graphqlhttp.Request{Query: "{ __typename }"}},
		{"escapes", `{"query":"\ud83c\udfc3\u0000"}`, graphqlhttp.Request{Query: "🏃\x00"}},
		{"keys within variables in any case", `{` + q + `,"variables":{"Query":"a","query":"b"}}`, graphqlhttp.Request{
			Query: "{ __typename }", Variables: map[string]any{"Query": "a", "query": "b"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := post(t, server.URL, test.body)
			if got.status != 200 || got.Batch || len(got.Requests) != 1 || !reflect.DeepEqual(got.Requests[0], test.want) {
				t.Errorf("got %d %s, want %#v", got.status, got.raw, test.want)
			}
		})
	}
}

func TestABodyThatIsNoRequestIsRefusedAndNotEchoed(t *testing.T) {
	server := serve(t, defaults())
	const secret = "sk_live_1"
	for _, test := range []struct{ name, body, message string }{
		{"empty", ``, "the body is empty"},
		{"space alone", ` `, "ends before its JSON does"},
		{"a string", `"sk_live_1"`, "and here it is a string"},
		{"null", `null`, "and here it is null"},
		{"a number", `1`, "and here it is a number"},
		{"no JSON", `{ "sk_live_1`, "ends before its JSON does"},
		{"not JSON at all", `sk_live_1`, "no valid JSON at byte 0"},
		{"a byte order mark", "\ufeff{" + q + `}`, "no valid JSON at byte 0"},
		{"a comma too many", `{` + q + `,}`, "no valid JSON at byte"},
		{"a comment", `{` + q + `/* sk_live_1 */}`, "no valid JSON at byte"},
		{"NaN", `{` + q + `,"variables":{"a":NaN}}`, "no valid JSON at byte"},
		{"the wrong bracket", `{` + q + `]`, "no valid JSON at byte"},
		{"something after it", `{` + q + `} sk_live_1`, "goes on after its JSON, at byte"},
		{"a second object", `{` + q + `}{` + q + `}`, "goes on after its JSON, at byte"},
		{"a key twice", `{` + q + `,"query":"sk_live_1"}`, "the key query twice"},
		{"an escaped key twice", `{` + q + `,"quer\u0079":"sk_live_1"}`, "the key query twice"},
		{"a key twice in variables", `{` + q + `,"variables":{"a":{"sk_live_1":1,"sk_live_1":2}}}`, "a key twice in one object"},
		{"a key twice in what is ignored", `{` + q + `,"debug":{"sk_live_1":1,"sk_live_1":2}}`, "a key twice in one object"},
		{"a key in another case", `{"Query":"sk_live_1"}`, "a key that is written query"},
		{"a key in another case beside", `{` + q + `,"OPERATIONNAME":"sk_live_1"}`, "a key that is written operationName"},
		{"a key that folds", `{"variable\u017f":{"a":"sk_live_1"},` + q + `}`, "a key that is written variables"},
		{"two document ids", `{"documentId":"sk_live_1","doc_id":"1"}`, "documentId and doc_id"},
		{"a misspelt key", `{"qeury":"sk_live_1"}`, "query is missing"},
		{"an empty query", `{"query":""}`, "query is missing"},
		{"a persisted query of null", `{"extensions":{"persistedQuery":null}}`, "query is missing"},
		{"a number for query", `{"query":1}`, "query is a string or null, and here it is a number"},
		{"an object for operationName", `{` + q + `,"operationName":{"sk_live_1":1}}`, "operationName is a string or null, and here it is an object"},
		{"a boolean for documentId", `{"documentId":true}`, "documentId is a string or null, and here it is a boolean"},
		{"a string for variables", `{` + q + `,"variables":"sk_live_1"}`, "variables is an object or null, and here it is a string"},
		{"an array for extensions", `{` + q + `,"extensions":["sk_live_1"]}`, "extensions is an object or null, and here it is an array"},
		{"invalid UTF-8", "{\"query\":\"sk_live_1\xff\"}", "is not UTF-8"},
		{"UTF-16", "{\x00}\x00", "no valid JSON at byte"},
		{"an overlong encoding", "{\"query\":\"\xc0\xafsk_live_1\"}", "is not UTF-8"},
		{"a surrogate in UTF-8", "{\"query\":\"\xed\xa0\x80\"}", "is not UTF-8"},
		{"a lone high surrogate", `{"query":"\ud83c sk_live_1"}`, "no valid JSON at byte"},
		{"a lone low surrogate in a key", `{` + q + `,"variables":{"\udfc3":1}}`, "no valid JSON at byte"},
		{"a control character", "{\"query\":\"a\x01sk_live_1\"}", "no valid JSON at byte"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := post(t, server.URL, test.body)
			got.want(t, 400, billing.CodeBadUserInput, test.message)
			if strings.Contains(got.raw, secret) {
				t.Errorf("the body is echoed: %s", got.raw)
			}
		})
	}
}

func TestTheShapeOfJSONIsBounded(t *testing.T) {
	settings := defaults()
	settings.Nesting, settings.Values = 10, 100
	server := serve(t, settings)
	nested := func(n int) string {
		return `{` + q + `,"variables":{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}}`
	}
	long := func(n int) string {
		return `{` + q + `,"variables":{"a":[1` + strings.Repeat(",1", n) + `]}}`
	}
	for _, body := range []string{nested(8), long(90), `{"query":"[[[[[[[[[[[[[[[[[\"[[[[[[\\"}`, `{"query":"` + strings.Repeat(",", 200) + `"}`} {
		if got := post(t, server.URL, body); got.status != 200 {
			t.Errorf("%s: %d %s", body, got.status, got.raw)
		}
	}
	post(t, server.URL, nested(9)).want(t, 400, billing.CodeLimitExceeded, "deeper than the 10 levels that it may be (limit nesting)")
	post(t, server.URL, long(100)).want(t, 400, billing.CodeLimitExceeded, "more than the 100 values that it may hold (limit values)")
	post(t, server.URL, `{"debug":`+nested(9)+`}`).want(t, 400, billing.CodeLimitExceeded, "limit nesting")
	get(t, server.URL, "query", "{a}", "variables", `{"a":`+strings.Repeat("[", 10)).want(t, 400, billing.CodeLimitExceeded,
		"the parameter variables is nested deeper than the 10 levels")
	many := "[" + strings.Repeat("{},", 1<<18) + "{}]"
	post(t, serve(t, defaults()).URL, `{`+q+`,"variables":{"a":`+many+`}}`).want(t, 400, billing.CodeLimitExceeded, "limit values")
}

func TestABatchIsTakenOnlyWhereItIsAllowed(t *testing.T) {
	one, two := `{"query":"{a}"}`, `{"query":"{b}"}`
	post(t, serve(t, defaults()).URL, `[`+one+`]`).want(t, 400, billing.CodeLimitExceeded, "(limit batch: 0)")

	settings := defaults()
	settings.Batch = 2
	server := serve(t, settings)
	for body, queries := range map[string][]string{
		`[` + one + `]`:              {"{a}"},
		` [` + one + `,` + two + `]`: {"{a}", "{b}"},
	} {
		got := post(t, server.URL, body)
		if got.status != 200 || !got.Batch || len(got.Requests) != len(queries) {
			t.Fatalf("%s: %d %s", body, got.status, got.raw)
		}
		for i, query := range queries {
			if got.Requests[i].Query != query {
				t.Errorf("%s: %s", body, got.raw)
			}
		}
	}
	if got := post(t, server.URL, one); got.status != 200 || got.Batch {
		t.Errorf("one request is taken for a batch: %s", got.raw)
	}
	for body, message := range map[string]string{
		`[]`:                        "the batch holds no request",
		`[` + one + `,1]`:           "request 2 of the batch: a request is a JSON object",
		`[` + one + `,{}]`:          "query is missing",
		`[` + one + `}`:             "no valid JSON",
		`[` + one + `,`:             "ends before its JSON does",
		`[` + one + `]` + one:       "goes on after its JSON",
		`[{"query":1}]`:             "request 1 of the batch: query is a string or null",
		`[[` + one + `]]`:           "here it is an array",
		`[` + one + ` ` + two + `]`: "no valid JSON",
	} {
		post(t, server.URL, body).want(t, 400, billing.CodeBadUserInput, message)
	}
	post(t, server.URL, `[`+one+`,`+two+`,`+one+`]`).want(t, 400, billing.CodeLimitExceeded, "more than the 2 requests that it may hold (limit batch)")
}

func get(t testing.TB, base string, params ...string) answer {
	t.Helper()
	values := url.Values{}
	for i := 0; i < len(params); i += 2 {
		values.Add(params[i], params[i+1])
	}
	return do(t, newRequest(t, "GET", base+"?"+values.Encode(), ""))
}

func TestAGetIsReadFromItsURL(t *testing.T) {
	server := serve(t, defaults())
	got := get(t, server.URL, "query", "{ a+b }", "operationName", "A", "variables", `{"n":1.0}`, "extensions", "null", "debug", "1", "debug", "2")
	want := graphqlhttp.Request{Query: "{ a+b }", OperationName: "A", Variables: map[string]any{"n": json.Number("1.0")}}
	if got.status != 200 || len(got.Requests) != 1 || !reflect.DeepEqual(got.Requests[0], want) {
		t.Errorf("got %d %s", got.status, got.raw)
	}
	for _, name := range []string{"documentId", "doc_id"} {
		if got := get(t, server.URL, name, "1", "variables", "", "query", ""); got.status != 200 || got.Requests[0].DocumentID != "1" {
			t.Errorf("%s: got %d %s", name, got.status, got.raw)
		}
	}
}

func TestAURLThatIsNoRequestIsRefused(t *testing.T) {
	server := serve(t, defaults())
	for _, test := range []struct{ name, query, message string }{
		{"nothing", "", "query is missing"},
		{"a parameter twice", "query={a}&query={b}", "the parameter query 2 times"},
		{"variables twice", "query={a}&variables={}&variables={}", "the parameter variables 2 times"},
		{"two document ids", "documentId=1&doc_id=1", "documentId and doc_id"},
		{"another case", "Query={a}", "a key that is written query"},
		{"a bad escape", "query=%zz", "not escaped as it should be"},
		{"a semicolon", "query={a};variables={}", "not escaped as it should be"},
		{"invalid UTF-8", "query=%ff", "the parameter query is not UTF-8"},
		{"invalid UTF-8 in variables", "query={a}&variables=%7B%22%ff%22:1%7D", "the parameter variables is not UTF-8"},
		{"no JSON", "query={a}&variables=sk_live_1", "variables is no valid JSON at byte 0"},
		{"a string for variables", "query={a}&variables=%22sk_live_1%22", "variables is an object or null, and here it is a string"},
		{"a key twice", "query={a}&extensions=%7B%22a%22:1,%22a%22:2%7D", "the parameter extensions has a key twice"},
		{"something after it", "query={a}&variables=%7B%7D%7B%7D", "the parameter variables goes on after its JSON"},
		{"cut JSON", "query={a}&variables=%7B", "the parameter variables ends before its JSON does"},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := newRequest(t, "GET", server.URL, "")
			request.URL.RawQuery = test.query
			got := do(t, request)
			got.want(t, 400, billing.CodeBadUserInput, test.message)
			if strings.Contains(got.raw, "sk_live_1") {
				t.Errorf("the URL is echoed: %s", got.raw)
			}
		})
	}
	got := get(t, server.URL, "query", strings.Repeat("a", 9000))
	got.want(t, 414, billing.CodeLimitExceeded, "may be 8192 (limit url)")
}

func TestTheHeadOfARequestSaysWhetherItCanBeGraphQL(t *testing.T) {
	server := serve(t, defaults())
	for _, method := range []string{"PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"} {
		got := do(t, newRequest(t, method, server.URL, `{`+q+`}`, "Content-Type", "application/json"))
		got.want(t, 405, billing.CodeBadUserInput, "POST or GET")
		if allow := got.header.Get("Allow"); allow != "GET, POST" {
			t.Errorf("%s: Allow: %q", method, allow)
		}
	}
	got := do(t, newRequest(t, "HEAD", server.URL, ""))
	if got.status != 405 || got.header.Get("Allow") != "GET, POST" || got.raw != "" {
		t.Errorf("HEAD: %d %v %q", got.status, got.header, got.raw)
	}
	do(t, newRequest(t, "GET", server.URL, "", "Connection", "Upgrade", "Upgrade", "websocket")).want(t, 400, billing.CodeNotSupported, "no live operations")
	do(t, newRequest(t, "GET", server.URL, "", "Accept", "text/event-stream")).want(t, 406, billing.CodeNotSupported, "no live operations")
	if got := do(t, newRequest(t, "GET", server.URL+"?query={a}", "", "Upgrade", "h2c")); got.status != 200 {
		t.Errorf("an offer of HTTP/2 is refused: %s", got.raw)
	}
}

func TestAMutationByGetIsRefusedWithTheMethodItTakes(t *testing.T) {
	refused := graphqlhttp.RefuseMutation()
	if refused.Status != http.StatusMethodNotAllowed || refused.Header.Get("Allow") != "POST" || billing.CodeOf(refused) != billing.CodeBadUserInput {
		t.Errorf("%v %v", refused, refused.Header)
	}
}
