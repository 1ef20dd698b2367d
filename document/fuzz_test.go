package document

import (
	"fmt"
	"testing"
)

// FuzzPrepare wants of any text that it is judged without a panic, shortly, and
// alike each time; and that its operations can be priced.
func FuzzPrepare(f *testing.F) {
	for _, text := range ours(f) {
		f.Add(text)
	}
	for _, text := range slips {
		f.Add(text)
	}
	for _, b := range bounds {
		f.Add(b.keeps)
		f.Add(b.goes)
	}
	for _, text := range bombs() {
		if len(text) < 8<<10 {
			f.Add(text)
		}
	}
	f.Add("query($a: Boolean = true, $f: SubscriptionFilter = {sources: [\"a\"]}) { ... @defer(if: $a) { subscriptions(filter: $f) { totalCount } } }")
	documents := open(f, keeping(10, 1<<20))
	again := open(f)
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := documents.Prepare(text)
		toldShortly(t, err)
		_, second := again.Prepare(text)
		if fmt.Sprint(err) != fmt.Sprint(second) {
			t.Fatalf("first %v, then %v", err, second)
		}
		if err != nil {
			return
		}
		if _, err := documents.Prepare(text); err != nil {
			t.Fatalf("kept, it is refused: %v", err)
		}
		for _, operation := range doc.AST.Operations {
			op, err := doc.Operation(operation.Name, nil, Holdings{})
			toldShortly(t, err)
			if err == nil && (op.Cost.Calls < 0 || op.Cost.Fields < 0) {
				t.Fatalf("costs %+v", op.Cost)
			}
		}
	})
}
