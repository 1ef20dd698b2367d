package bench

import (
	"regexp"
	"testing"
	"time"
)

func TestAnswersAreTheSameWhereverTheyComeFrom(t *testing.T) {
	w := newWorld(t)
	answers := map[string]string{}
	for _, m := range modes {
		gateway := w.gateway(t, m)
		for _, q := range queries {
			t.Run(q.name+" "+m.name, func(t *testing.T) {
				c := dial(t, gateway.address)
				answer := string(w.warm(t, c, request(q.body), m))
				again := w.during(func() { ask(t, c, request(q.body)) })
				if cached := m != uncached; cached == (again > 0) {
					t.Errorf("the second answer takes %d calls", again)
				}
				answer = withoutAges(answer)
				if first, ok := answers[q.name]; ok && first != answer {
					t.Errorf("the answer is\n%s\nand was uncached\n%s", answer, first)
				}
				answers[q.name] = answer
			})
		}
		if m.redis {
			w.redis.Kill()
			if w.during(func() { ask(t, dial(t, gateway.address), request(queries[0].body)) }) == 0 {
				t.Error("with Redis gone the answer takes no calls, so it never came from there")
			}
		}
	}
}

var age = regexp.MustCompile(`"ageSeconds":\d+`)

func withoutAges(answer string) string { return age.ReplaceAllString(answer, "") }

// A batch that nobody sends off leaves after a second.
func TestNoAnswerWaitsForATimer(t *testing.T) {
	w := newWorld(t)
	gateway := w.gateway(t, fromMemory)
	for _, q := range queries {
		c, request := dial(t, gateway.address), request(q.body)
		fastest := time.Hour
		for range 10 {
			fastest = min(fastest, c.time(t, request))
		}
		if fastest > 500*time.Millisecond {
			t.Errorf("%s: the fastest of ten answers took %v", q.name, fastest)
		}
	}
}
