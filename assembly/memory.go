package assembly

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"

	"tributary/config"
)

// TuneMemory lets garbage pile up to four times of what lives, up to a limit
// that follows from the caches' budgets and from what is held now: a gateway lives
// on a small heap, and collecting it at every doubling takes a third of its time.
// GOGC and GOMEMLIMIT of the environment win. It is called once, after Build.
func TuneMemory(settings config.Cache) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	// What caches keep is counted generously, so that half of it more is room enough.
	kept := uint64(settings.Memory) // #nosec G115 -- a size of the configuration, 1MiB at least
	if settings.Answers.Enabled {
		kept += uint64(settings.Answers.Memory) // #nosec G115 -- as above
	}
	const base = 48 << 20
	limit := base + 2*now.HeapAlloc + kept + kept/2
	debug.SetMemoryLimit(int64(min(limit, math.MaxInt64)))
}
