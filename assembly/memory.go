package assembly

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
)

// TuneMemory lets garbage pile up to four times of what lives, up to a limit
// that follows from the cache's budget and from what is held now: a gateway lives
// on a small heap, and collecting it at every doubling takes a third of its time.
// GOGC and GOMEMLIMIT of the environment win. It is called once, after Build.
func TuneMemory(cacheBytes uint64) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	const base = 64 << 20
	limit := base + 2*now.HeapAlloc + 2*cacheBytes
	debug.SetMemoryLimit(int64(min(limit, math.MaxInt64)))
}
