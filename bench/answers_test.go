package bench

import (
	"bytes"
	"testing"
	"time"
)

func TestAnswersAreTheSameWhereverTheyComeFrom(t *testing.T) {
	w := newWorld(t)
	answers := map[string][]byte{}
	for _, m := range modes {
		gateway := w.gateway(t, m)
		for _, q := range Queries {
			t.Run(q.Name+" "+m.Name, func(t *testing.T) {
				c := dial(t, gateway.Address)
				answer := w.warm(t, c, Request(q.Body), m)
				again := w.during(func() { ask(t, c, Request(q.Body)) })
				if cached := m != Uncached; cached == (again > 0) {
					t.Errorf("the second answer takes %d calls", again)
				}
				answer = WithoutAges(answer)
				if first, ok := answers[q.Name]; ok && !bytes.Equal(first, answer) {
					t.Errorf("the answer is\n%s\nand was uncached\n%s", answer, first)
				}
				answers[q.Name] = answer
			})
		}
		if m.redis {
			w.redis.Kill()
			if w.during(func() { ask(t, dial(t, gateway.Address), Request(Queries[0].Body)) }) == 0 {
				t.Error("with Redis gone the answer takes no calls, so it never came from there")
			}
		}
	}
}

// A batch that nobody sends off leaves after a second.
func TestNoAnswerWaitsForATimer(t *testing.T) {
	w := newWorld(t)
	gateway := w.gateway(t, FromMemory)
	for _, q := range Queries {
		c, request := dial(t, gateway.Address), Request(q.Body)
		fastest := time.Hour
		for range 10 {
			fastest = min(fastest, timed(t, c, request))
		}
		if fastest > 500*time.Millisecond {
			t.Errorf("%s: the fastest of ten answers took %v", q.Name, fastest)
		}
	}
}
