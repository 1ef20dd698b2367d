package cache_test

import (
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"tributary/billing"
	"tributary/cache"
)

// The figures that docs/benchmarks.md shows, and what holds for any: a sealed
// value takes a fixed number of bytes more.
func TestWhatAValueTakesInRedis(t *testing.T) {
	ring := ringOf(t, "2026-11")
	slow := must(zstd.NewWriter(nil))
	defer slow.Close()
	for name, sub := range map[string]*billing.Subscription{"small": small("Acme"), "large": large("Acme")} {
		plain := must(cache.Marshal(codec, sub))
		encoded := must(codec.Encode(sub))
		sealed := ring.Seal(encoded, "key")
		t.Logf("%s: plain %d, s2 %d, zstd %d, in Redis %d, sealed %d",
			name, len(plain), len(s2.Encode(nil, plain)), len(slow.EncodeAll(plain, nil)), len(encoded)+17, len(sealed)+17)
		if len(sealed)-len(encoded) != 2+len("2026-11")+12+16 {
			t.Errorf("%s: sealing takes %d bytes", name, len(sealed)-len(encoded))
		}
		if len(encoded) > len(plain)+1 {
			t.Errorf("%s: the encoding of %d bytes grew to %d", name, len(plain), len(encoded))
		}
	}
}
