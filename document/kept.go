package document

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// kept holds the documents that were used last, bounded in number and memory. A
// nil kept holds none.
type kept struct {
	most int

	mu     sync.Mutex
	byText *simplelru.LRU[string, *Document]
	memory int
}

func newKept(options Options) *kept {
	if options.Cached < 1 {
		return nil
	}
	k := &kept{most: int(options.CachedMemory)}
	var err error
	k.byText, err = simplelru.NewLRU(options.Cached, func(_ string, doc *Document) { k.memory -= doc.memory() })
	if err != nil {
		panic(err) // only for a size below 1
	}
	return k
}

func (k *kept) get(text string) *Document {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	doc, _ := k.byText.Get(text)
	return doc
}

// add keeps a document. Of two that were prepared at once the first stays.
func (k *kept) add(doc *Document) {
	if k == nil || doc.memory() > k.most {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byText.Contains(doc.Text) {
		return
	}
	k.memory += doc.memory()
	k.byText.Add(doc.Text, doc)
	for k.memory > k.most {
		k.byText.RemoveOldest()
	}
}

// memory is about what the document takes, in bytes. A parsed token was measured
// to take up to 220 bytes, which is far more than its text.
func (d *Document) memory() int {
	const fixed, token = 1 << 10, 256
	return fixed + len(d.Text) + d.tokens*token
}
