package document

import (
	"fmt"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/config"
)

// bound is a limit set low, with a document that just keeps it and one that
// does not.
type bound struct {
	set         func(*Limits)
	keeps, goes string
	want        string // of the error's message
}

var bounds = map[string]bound{
	"bytes":  {func(l *Limits) { l.Bytes = 22 }, `{ viewer { subject } }`, `{ viewer { subject }  }`, "the document has 23 bytes; at most 22 are allowed"},
	"tokens": {func(l *Limits) { l.Tokens = 6 }, `{ viewer { subject } }`, `{ viewer { subject subject subject } }`, "the document has 7 tokens or more; at most 6 are allowed"},
	"comments as tokens": {func(l *Limits) { l.Tokens = 7 }, "{ viewer { subject } }\n#", "{ viewer { subject } }\n#\n#",
		"the document has 8 tokens or more; at most 7 are allowed"},
	"nesting":     {func(l *Limits) { l.Nesting = 3 }, `{ nodes(ids: [1]) { id } }`, `{ nodes(ids: [[1]]) { id } }`, "the document opens 4 brackets or more within each other; at most 3 are allowed"},
	"name length": {func(l *Limits) { l.NameLength = 7 }, `{ viewer { subject } }`, `{ viewer { subject: __typename } }`, "a name in the document has 10 bytes; at most 7 are allowed"},
	"operations": {func(l *Limits) { l.Operations = 2 }, numbered(2, `query Q%d { viewer { subject } }`), numbered(3, `query Q%d { viewer { subject } }`),
		"the document has 3 operations; at most 2 are allowed"},
	"fragments": {func(l *Limits) { l.Fragments = 2 }, fragmentBomb(2, 1, "viewer{subject}"), fragmentBomb(3, 1, "viewer{subject}"),
		"the document has 3 fragments; at most 2 are allowed"},
	"variables": {func(l *Limits) { l.Variables = 1 }, `query($a:ID!){node(id:$a){id}}`, `query($a:ID!,$b:ID!){a:node(id:$a){id}b:node(id:$b){id}}`,
		"an operation has 2 variables; at most 1 are allowed"},
	"directives": {func(l *Limits) { l.Directives = 2 }, `{ ...F @skip(if:true) } fragment F on Query { viewer { subject @skip(if:true) } }`,
		`{ ...F @skip(if:true) viewer @skip(if:true) { subject } } fragment F on Query { viewer { subject @skip(if:true) } }`,
		"the document has 3 directives or more; at most 2 are allowed"},
	"aliases": {func(l *Limits) { l.Aliases = 2 }, `{ a:viewer { b:subject } }`, `{ a:viewer { b:subject c:subject } }`, "the document has 3 aliases or more; at most 2 are allowed"},
	"depth":   {func(l *Limits) { l.Depth = 2 }, `{ ... on Query { viewer { subject } } }`, `{ viewer { ...F } } fragment F on Viewer { accounts { totalCount } }`, "an operation has a depth of 3 fields; at most 2 are allowed"},
	"root fields": {func(l *Limits) { l.RootFields = 2 }, `{ ...F } fragment F on Query { viewer { subject scopes } sources { id } }`,
		`{ ...F ...F } fragment F on Query { viewer { subject } sources { id } }`, "an operation has 4 root fields; at most 2 are allowed"},
	"expanded fields": {func(l *Limits) { l.ExpandedFields = 6 }, `{ viewer { ...F ...F } } fragment F on Viewer { subject scopes }`,
		`query A { viewer { ...F ...F } } query B { viewer { subject } } fragment F on Viewer { subject scopes }`,
		"the document has 7 fields once its fragments are expanded; at most 6 are allowed"},
	"introspection depth": {func(l *Limits) { l.IntrospectionDepth = 1 }, `{ __type(name:"A") { fields { name } } }`, `{ __type(name:"A") { fields { type { interfaces { name } } } } }`,
		"introspection has a depth of 2 lists; at most 1 are allowed"},
	"visits": {func(l *Limits) { l.Visits = 10 }, `{ viewer { ...F ...F } } fragment F on Viewer { subject scopes }`,
		`query A { viewer { ...F } } query B { viewer { ...F } } fragment F on Viewer { subject scopes scopes }`,
		"validation has 13 places of the document to visit or more; at most 10 are allowed"},
	"input depth": {func(l *Limits) { l.InputDepth = 2 }, `{ subscriptions(filter:{sources:[]}) { totalCount } }`, `{ subscriptions(filter:{sources:[[]]}) { totalCount } }`,
		"an argument or variable has 3 lists or objects or more within each other; at most 2 are allowed"},
	"input values": {func(l *Limits) { l.InputValues = 3 }, `{ nodes(ids:[1 2]) { id } }`, `query($a:[ID!]=[1 2 3]) { nodes(ids:$a) { id } }`,
		"arguments or variables hold 4 values or more; at most 3 are allowed"},
	"list length": {func(l *Limits) { l.ListLength = 2 }, `{ nodes(ids:[1 2]) { id } }`, `{ nodes(ids:[1 2 3]) { id } }`, "a list in an argument or variable has 3 entries; at most 2 are allowed"},
	"string length": {func(l *Limits) { l.StringLength = 3 }, `{ node(id:"abc") { id } }`, `{ node(id:"""abcd""") { id } }`,
		"a text in an argument or variable has 4 bytes; at most 3 are allowed"},
	"cost":   {func(l *Limits) { l.Cost = 3 }, `{ subscriptions(first:3) { totalCount } }`, `{ subscriptions(first:4) { totalCount } }`, "the operation can cause 4 calls to sources; at most 3 are allowed"},
	"fields": {func(l *Limits) { l.Fields = 4 }, `{ accounts(first:3) { nodes { __typename @skip(if:true) } } }`, `{ accounts(first:2) { nodes { id } } }`, "the answer can have 5 fields; at most 4 are allowed"},
}

func TestEachLimitFromBothSides(t *testing.T) {
	for name, b := range bounds {
		t.Run(name, func(t *testing.T) {
			documents := open(t, func(o *Options) { b.set(&o.Limits) })
			whole := func(text string) error {
				doc, err := documents.Prepare(text)
				if err == nil && strings.Contains("cost fields", name) {
					_, err = doc.Operation("", nil, Holdings{})
				}
				return err
			}
			if err := whole(b.keeps); err != nil {
				t.Errorf("within it: %v", err)
			}
			err := whole(b.goes)
			if billing.CodeOf(err) != billing.CodeLimitExceeded || message(err) != b.want {
				t.Errorf("beyond it: %v", err)
			}
		})
	}
}

func TestLimitsThatLetNothingThroughAreRefused(t *testing.T) {
	var l Limits
	l.Defaults()
	if err := l.Validate(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	l.Tokens, l.StringLength = 0, -1
	err := l.Validate()
	if err == nil || !strings.Contains(err.Error(), "1 or more") {
		t.Fatalf("no tokens at all are allowed: %v", err)
	}
	read, err := config.Read("limits.yaml", []byte("tokens: 0\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Decode(&Limits{}); err == nil || !strings.Contains(fmt.Sprint(err), "limits.yaml:1:9") {
		t.Errorf("the file is told of as %v", err)
	}
}
