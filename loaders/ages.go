package loaders

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"strconv"
	"time"
)

// An age is another each second. So that an answer that tells ages can be kept for
// longer, its execution writes numbers in their places that stand for them: a mark
// of nine digits, which nobody outside of this process knows, and behind it which
// age it is.
const beyondIndex = 1_000_000_000

// mark is nine digits that this process has thrown, the first of them no zero.
var mark = func() int {
	var dice [8]byte
	_, _ = rand.Read(dice[:])                                              // it never fails
	return 100_000_000 + int(binary.BigEndian.Uint64(dice[:])%900_000_000) // #nosec G115 -- below 900 million
}()

var markText = []byte(strconv.Itoa(mark))

// age is the number that stands for the age of what was fetched at an instant.
func (op *batches) age(fetchedAt time.Time) int {
	b := &op.basis
	b.mu.Lock()
	defer b.mu.Unlock()
	index := slices.IndexFunc(b.value.Ages, fetchedAt.Equal)
	if index < 0 {
		index = len(b.value.Ages)
		b.value.Ages = append(b.value.Ages, fetchedAt)
	}
	return mark*beyondIndex + index
}

// markedDigits is how long each number that stands for an age is.
const markedDigits = 18

// AsOf is text, the JSON of an answer on this basis, with the ages in it as of an
// instant. Without ages it is text itself.
func (b *Basis) AsOf(text []byte, now time.Time) []byte {
	if len(b.Ages) == 0 {
		return text
	}
	out := make([]byte, 0, len(text))
	for {
		at := bytes.Index(text, markText)
		if at < 0 || len(text) < at+markedDigits {
			return append(out, text...)
		}
		out = append(out, text[:at]...)
		digits := text[at+len(markText) : at+markedDigits]
		index, err := strconv.Atoi(string(digits))
		if err != nil || index >= len(b.Ages) { // chance has thrown the mark in a text of a source
			out = append(out, markText...)
			text = text[at+len(markText):]
			continue
		}
		out = strconv.AppendInt(out, int64(max(now.Sub(b.Ages[index]), 0)/time.Second), 10)
		text = text[at+markedDigits:]
	}
}

// NextAge is when the first of the ages is another; zero where there are none.
func (b *Basis) NextAge(now time.Time) time.Time {
	var next time.Time
	for _, begun := range b.Ages {
		age := max(now.Sub(begun), 0) / time.Second
		if at := begun.Add((age + 1) * time.Second); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}
