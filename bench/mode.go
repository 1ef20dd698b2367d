package bench

import (
	"fmt"
	"regexp"
	"strings"

	"tributary/sandbox"
)

// Mode is where the documents of an answer come from.
type Mode struct {
	Name   string
	ttl    string // of every source's answers
	memory int    // of the gateway's own cache; 0 for the usual
	redis  bool
	whole  bool // whole answers are kept
}

// The modes.
var (
	Uncached   = Mode{Name: "uncached", ttl: "0s"}
	FromRedis  = Mode{Name: "redis", ttl: "1h", memory: 1, redis: true}
	FromMemory = Mode{Name: "memory", ttl: "1h"}
	Whole      = Mode{Name: "answers", ttl: "1h", whole: true}
)

// Configuration is that of a gateway in the mode, with the vendors at a base URL.
// There is room for 500 of any whole answer.
func (m Mode) Configuration(vendors string) string {
	text := "secret: one-for-all-gateways-of-this-run\n" + sandbox.Configuration(vendors)
	for _, kind := range []string{"focus", "frontier", "intercode", "productive"} {
		line := "    kind: " + kind + "\n"
		text = strings.Replace(text, line, line+"    cache: { ttl: "+m.ttl+" }\n"+patient, 1)
	}
	return text + fmt.Sprintf("cache: { answers: { enabled: %t, memory: 64MiB } }\n", m.whole)
}

// patient has calls wait for room: on a busy machine many clients that ask for many
// documents each fill a source's usual 64 calls for more than the usual second.
const patient = "    timeout: 25s\n    bulkhead: { wait: 20s }\n"

var age = regexp.MustCompile(`"ageSeconds":\d+`)

// WithoutAges is an answer without what changes from one second to the next.
func WithoutAges(answer []byte) []byte { return age.ReplaceAll(answer, nil) }
