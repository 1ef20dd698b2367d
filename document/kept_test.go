package document

import (
	"fmt"
	"sync"
	"testing"

	"tributary/config"
)

func keeping(number, memory int) func(*Options) {
	return func(o *Options) { o.Cached, o.CachedMemory = number, config.Size(memory) }
}

func TestDocumentsAreKeptByTheirText(t *testing.T) {
	documents := open(t, keeping(2, 1<<20))
	first := prepared(t, documents, `{ viewer { subject } }`)
	if prepared(t, documents, `{ viewer { subject } }`) != first {
		t.Error("the same text is prepared again")
	}
	if prepared(t, documents, `{ viewer  { subject } }`) == first {
		t.Error("another text is answered with it")
	}
	prepared(t, documents, `{ viewer { scopes } }`)
	if prepared(t, documents, `{ viewer { subject } }`) == first {
		t.Error("three of two are kept")
	}
}

func TestKeptDocumentsAreBoundedInMemory(t *testing.T) {
	documents := open(t, keeping(1000, 20_000))
	for i := range 100 {
		prepared(t, documents, fmt.Sprintf(`{ a%d: viewer { subject } }`, i))
		if kept := documents.kept; kept.memory > kept.most || kept.memory < 0 || kept.byText.Len() > 10 {
			t.Fatalf("%d documents take %d bytes of %d", kept.byText.Len(), kept.memory, kept.most)
		}
	}
	large := `{ viewer {` + numbered(60, " subject #%d\n") + `} }`
	if first := prepared(t, documents, large); first == prepared(t, documents, large) {
		t.Error("a document beyond all memory is kept")
	}
	if documents.kept.byText.Len() == 0 {
		t.Error("it pushed out all others")
	}
}

func TestWithoutACacheNothingIsKept(t *testing.T) {
	documents := open(t)
	if first := prepared(t, documents, `{ viewer { subject } }`); first == prepared(t, documents, `{ viewer { subject } }`) {
		t.Error("a document is kept")
	}
}

func TestDocumentsArePreparedAndUsedAtOnce(t *testing.T) {
	documents := open(t, keeping(3, 1<<20))
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 100 {
				text := fmt.Sprintf(`query($n: Int) { a%d: subscriptions(first: $n) { ...F } } fragment F on SubscriptionConnection { nodes { id } }`, (i+worker)%5)
				doc, err := documents.Prepare(text)
				if err != nil {
					t.Error(err)
					return
				}
				op, err := doc.Operation("", map[string]any{"n": i + 1}, Holdings{})
				if err != nil || op.Cost.Calls != i+1 {
					t.Errorf("%v, %v", op, err)
				}
			}
		})
	}
	all.Wait()
}

func prepared(t testing.TB, documents *Documents, text string) *Document {
	t.Helper()
	doc, err := documents.Prepare(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func BenchmarkOneSubscription(b *testing.B) {
	documents := open(b, keeping(10, 1<<20))
	text := `query Subscription($id: ID!) { subscription(id: $id) {` + dashboard + `} }`
	variables := map[string]any{"id": "subscription/psa/682"}
	b.Run("first", func(b *testing.B) {
		cold := open(b)
		b.ReportAllocs()
		for b.Loop() {
			cold.Prepare(text)
		}
	})
	b.Run("kept", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			documents.Prepare(text)
		}
	})
	doc := prepared(b, documents, text)
	b.Run("operation", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			doc.Operation("", variables, Holdings{})
		}
	})
	paged := prepared(b, documents, `query($n: Int, $y: Boolean!) { account(id: 1) { subscriptions(first: $n) { nodes { ...F trial @include(if: $y) { isActive } } } } } fragment F on Subscription {`+dashboard+`}`)
	b.Run("operation that variables price", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			paged.Operation("", map[string]any{"n": 3, "y": true}, Holdings{})
		}
	})
}
