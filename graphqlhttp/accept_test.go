package graphqlhttp_test

import (
	"net/http"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/graphqlhttp"
)

const (
	plain   = "application/json"
	graphQL = "application/graphql-response+json"
)

func negotiate(accept ...string) (string, *graphqlhttp.Refusal) {
	return graphqlhttp.Negotiate(&http.Request{Header: http.Header{"Accept": accept}})
}

func TestTheMediaTypeIsNegotiated(t *testing.T) {
	for _, test := range []struct {
		name   string
		accept []string
		want   string // "" for none
	}{
		{"no header", nil, plain},
		{"an empty one", []string{""}, plain},
		{"nothing but commas", []string{", ,", ","}, plain},
		{"anything", []string{"*/*"}, plain},
		{"anything of the type", []string{"application/*"}, plain},
		{"the one", []string{plain}, plain},
		{"the other", []string{graphQL}, graphQL},
		{"in capitals", []string{"APPLICATION/GraphQL-Response+JSON"}, graphQL},
		{"both", []string{plain + "," + graphQL}, graphQL},
		{"Apollo Client 4", []string{graphQL + "," + plain + ";q=0.9"}, graphQL},
		{"urql", []string{graphQL + ", application/graphql+json, application/json, text/event-stream, multipart/mixed"}, graphQL},
		{"a browser", []string{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, plain},
		{"one and anything", []string{plain + ", */*"}, plain},
		{"the other and anything", []string{graphQL + ", */*"}, graphQL},
		{"the higher q", []string{graphQL + ";q=0.5, " + plain + ";q=0.6"}, plain},
		{"the higher q behind", []string{plain + ";q=0.5", graphQL + ";q=0.501"}, graphQL},
		{"the exact range over the wide", []string{graphQL + ";q=0.2, */*;q=0.8"}, plain},
		{"the wide range over the lower exact", []string{plain + ";q=0.2, */*"}, graphQL},
		{"several lines", []string{"text/html", graphQL}, graphQL},
		{"one excluded", []string{"*/*, application/json;q=0"}, graphQL},
		{"the other excluded", []string{graphQL + ";q=0.000, */*;q=0.1"}, plain},
		{"a type excluded", []string{"application/*;q=0, */*"}, ""},
		{"all excluded", []string{"*/*;q=0"}, ""},
		{"only those excluded", []string{plain + ";q=0"}, ""},
		{"another type", []string{"text/html"}, ""},
		{"another type with all its kin", []string{"text/*"}, ""},
		{"a longer name", []string{"application/json5, application/graphql-response+jsonl, x" + graphQL}, ""},
		{"within a parameter", []string{`text/html;a="application/json,*/*"`}, ""},
		{"within an escaped parameter", []string{`text/html;a="\",*/*,"`}, ""},
		{"a charset", []string{"application/json;charset=utf-8"}, plain},
		{"a charset in quotes", []string{graphQL + `;Charset="UTF-8"`}, graphQL},
		{"another charset", []string{"application/json;charset=latin1"}, plain},
		{"another charset and another type", []string{"application/json;charset=latin1, text/html"}, ""},
		{"a charset is more exact", []string{graphQL + ";q=0.5, application/json;q=0.1, application/json;charset=utf-8;q=0.9"}, plain},
		{"another parameter", []string{"application/json;version=1"}, plain},
		{"what cannot be read", []string{"garbage, @, application/json;q, " + graphQL}, graphQL},
		{"nothing that can be read", []string{"garbage, @"}, plain},
		{"a q that is none", []string{graphQL + ";q=high, " + plain + ";q=0.1"}, plain},
		{"a q above one", []string{graphQL + ";q=1.001, " + plain + ";q=0.1"}, plain},
		{"a q of four digits", []string{graphQL + ";q=0.9999, " + plain + ";q=0.1"}, plain},
		{"a q below zero", []string{graphQL + ";q=-1, " + plain + ";q=0.1"}, plain},
		{"a q in a capital", []string{graphQL + "; Q=0.1, " + plain + ";q=0.2"}, plain},
		{"twice the same", []string{plain + ";q=0.1, " + graphQL + ";q=0.5, " + plain + ";q=0.9"}, plain},
		{"a wild type with a subtype", []string{"*/json, text/html"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, refused := negotiate(test.accept...)
			if got != test.want || (refused != nil) != (test.want == "") {
				t.Errorf("%q: got %q, %v, want %q", test.accept, got, refused, test.want)
			}
			if refused != nil && refused.Status != 406 {
				t.Errorf("%q: %d", test.accept, refused.Status)
			}
		})
	}
}

func TestAClientOfLiveOperationsIsToldThatThereAreNone(t *testing.T) {
	for accept, code := range map[string]billing.Code{
		"text/event-stream":                    billing.CodeNotSupported,
		"text/html, multipart/mixed;q=0.1":     billing.CodeNotSupported,
		"text/html":                            billing.CodeBadUserInput,
		"text/html, text/event-stream;q=0":     billing.CodeBadUserInput,
		"multipart/mixed;deferSpec=20220824;a": "",
	} {
		_, refused := negotiate(accept)
		switch {
		case code == "" && refused != nil:
			t.Errorf("%q: %v", accept, refused)
		case code != "" && (refused == nil || billing.CodeOf(refused) != code):
			t.Errorf("%q: got %v, want %s", accept, refused, code)
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	for _, accept := range []string{"", "*/*", plain + ";q=0.5," + graphQL, `text/html;a="b,\"c";q=0, */*;q=1.000`, `a/b;c="`, ",,;=\""} {
		f.Add(accept, graphQL)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		media, refused := negotiate(first, second)
		if (refused == nil) != (media == plain || media == graphQL) {
			t.Errorf("%q, %v", media, refused)
		}
		if refused != nil && strings.TrimSpace(first+second) == "" {
			t.Errorf("no Accept is refused: %v", refused)
		}
		if again, _ := negotiate(first + "," + second); !strings.Contains(first, `"`) && again != media {
			t.Errorf("%q in two lines is %q, and in one %q", []string{first, second}, media, again)
		}
	})
}
