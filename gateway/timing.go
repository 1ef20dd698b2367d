package gateway

import (
	"fmt"
	"strings"
	"time"
)

// timingHeader is the header with which a client asks where the time went. What it
// holds is not looked at.
const timingHeader = "X-Server-Timing"

// timing tells where the time of a request went, as the header Server-Timing does:
// before the execution, in it, and in all till now. The upstream calls of a batch
// are those of all that came before in it, too.
func (e *entry) timing() string {
	var parts []string
	add := func(name string, took time.Duration) {
		parts = append(parts, fmt.Sprintf("%s;dur=%.3f", name, float64(took)/float64(time.Millisecond)))
	}
	switch {
	case e.isKept:
		parts = append(parts, `answer;desc="kept"`)
	case !e.executing.IsZero():
		add("prepare", e.executing.Sub(e.begun))
		add("execute", e.executed.Sub(e.executing))
		parts = append(parts, fmt.Sprintf(`upstream;desc="%d calls"`, e.meter.Calls()))
	}
	add("total", time.Since(e.begun))
	return strings.Join(parts, ", ")
}
