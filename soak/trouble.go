package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tributary/redistest"
)

// trouble is the faults: one at a time of each source and of Redis, all at once.
type trouble struct {
	system *system
	seed   uint64
	begun  time.Time
	spells uint64

	mu  sync.Mutex
	out io.Writer
}

// begin begins the faults, and stop ends them all.
func (t *trouble) begin() (stop func() error) {
	t.spells++
	over := make(chan struct{})
	var making sync.WaitGroup
	var fault atomic.Pointer[error]
	for i, source := range []string{"focus", "billing", "teams", "psa"} {
		dice := rand.New(rand.NewPCG(t.seed, t.spells<<8+uint64(i)))
		making.Go(func() {
			if err := t.ofSource(source, dice, over); err != nil {
				fault.Store(&err)
			}
		})
	}
	making.Go(func() {
		var err error
		defer func() {
			if err != nil {
				fault.Store(&err)
			}
		}()
		defer new(redistest.Ends).Catch(&err)
		t.ofRedis(rand.New(rand.NewPCG(t.seed, t.spells<<8+255)), over)
	})
	return func() error {
		close(over)
		making.Wait()
		if err := fault.Load(); err != nil {
			return *err
		}
		return nil
	}
}

// tell prints what begins.
func (t *trouble) tell(of, what string, lasts time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, "%8v  %-8s %v of %s\n", time.Since(t.begun).Round(time.Millisecond), of, lasts.Round(time.Millisecond), what)
}

// between is some time from least to most.
func between(dice *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(dice.Int64N(int64(most-least)))
}

// pause lets time pass; false where all is over before.
func pause(d time.Duration, over <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-over:
		return false
	}
}

// sourceFaults are bodies for the sandbox, without the source.
var sourceFaults = []string{
	`"status":500`, `"status":502`, `"status":503`, `"status":503,"headers":{"Retry-After":"1"}`, `"status":504`,
	`"status":429,"headers":{"Retry-After":"1"}`,
	`"hang":true`, `"delay":"40ms"`, `"delay":"400ms"`, `"delay":"1500ms"`,
	`"cut":true`, `"cut":true,"after":true`, `"drop":true`, `"drop":true,"after":true`, `"status":503,"after":true`,
	`"body":"<html>"`, `"body":"{\"a\":[1,2"`, `"body":"null"`, `"body":"[[1]]"`, `"body":"\u0000"`,
	`"status":502,"headers":{"Content-Type":"text/html"},"body":"<html>"`, `"status":500,"times":3`, `"drop":true,"times":2`,
}

// quotaFaults are of the two sources that have a quota.
var quotaFaults = map[string]string{
	"focus": `"status":402,"headers":{"X-Toggl-Quota-Remaining":"0","X-Toggl-Quota-Resets-In":"1"}`,
	"psa":   `"status":429,"headers":{"X-RateLimit-Reset":"1"}`,
}

func (t *trouble) ofSource(source string, dice *rand.Rand, over <-chan struct{}) error {
	faults := sourceFaults
	if quota, ok := quotaFaults[source]; ok {
		faults = append(append([]string(nil), faults...), quota, quota)
	}
	for pause(between(dice, 200*time.Millisecond, 2*time.Second), over) {
		fault, lasts := faults[dice.IntN(len(faults))], between(dice, 300*time.Millisecond, 2500*time.Millisecond)
		t.tell(source, fault, lasts)
		if err := t.control(http.MethodPost, "faults", fmt.Sprintf(`{"source":%q,%s}`, source, fault)); err != nil {
			return err
		}
		pause(lasts, over)
		if err := t.control(http.MethodDelete, "faults?source="+source, ""); err != nil {
			return err
		}
	}
	return nil
}

// control asks the sandbox.
func (t *trouble) control(method, what, body string) error {
	request, err := http.NewRequest(method, t.system.upstreams+"/_sandbox/"+what, strings.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusMultipleChoices {
		text, _ := io.ReadAll(response.Body)
		return fmt.Errorf("the sandbox answers %d to %s: %s", response.StatusCode, body, text)
	}
	return nil
}

// redisFaults begin a fault and return what ends it.
var redisFaults = []struct {
	name  string
	begin func(*system) (end func())
}{
	{"being gone", func(s *system) func() { s.redis.Kill(); return s.redis.Restart }},
	{"silence", func(s *system) func() { s.redis.Pause(); return s.redis.Resume }},
	{"reading alone", func(s *system) func() { s.redis.MakeReadOnly(); return s.redis.MakeWritable }},
	{"being full", func(s *system) func() { s.redis.Fill(); return func() { s.redis.SetMaxMemory(0) } }},
	{"a way of 200 ms", func(s *system) func() { s.network.Delay(200 * time.Millisecond); return s.network.Mend }},
	{"a way of 10 ms", func(s *system) func() { s.network.Delay(10 * time.Millisecond); return s.network.Mend }},
	{"loss", func(s *system) func() { s.network.Lose(); return s.network.Mend }},
	{"garbage", func(s *system) func() { s.network.Garble(); return s.network.Mend }},
	{"cut connections", func(s *system) func() { s.network.HangUp(); return func() {} }},
	{"nothing of what was", func(s *system) func() { s.redis.Flush(); return func() {} }},
}

func (t *trouble) ofRedis(dice *rand.Rand, over <-chan struct{}) {
	for pause(between(dice, time.Second, 5*time.Second), over) {
		fault, lasts := redisFaults[dice.IntN(len(redisFaults))], between(dice, 200*time.Millisecond, 2*time.Second)
		t.tell("redis", fault.name, lasts)
		t.system.redisIsIll.Store(true)
		end := fault.begin(t.system)
		pause(lasts, over)
		end()
		t.system.redisWell.Store(time.Now().UnixNano())
		t.system.redisIsIll.Store(false)
	}
}
