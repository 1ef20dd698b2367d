// Command attack sends a running gateway what a hostile internet would, and
// prints what became of each: refused before anything was executed, or safe.
// It exits 1 where a row is neither.
//
// Without a target it starts a gateway and simulated upstreams of its own.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// attack is one row of the table.
type attack struct {
	class, name string
	send        func(*target) (*answer, error)
	statuses    []int    // that are right; none asks for 400
	codes       []string // of the first error, that are right; none asks for no code
	// harmless says that the answer may be one of success, and that sources may
	// have been asked for it. Anything else is to be refused before execution.
	harmless bool
	// plain says that HTTP itself may refuse it, without a GraphQL error, or drop
	// the connection.
	plain  bool
	check  func(*answer) error // what else has to hold; nil for nothing
	within time.Duration       // 0 for the bound of refusals
	memory int64               // bytes; 0 for the bound of refusals
	slow   bool                // waits for a timeout of the gateway; left out of a quick run
	keyed  bool                // needs the keys of two callers
}

// The bounds of what a refusal may cost, whatever the request holds.
const (
	refusalTime   = 60 * time.Millisecond
	refusalMemory = 20 << 20
	refusalBytes  = 32 << 10
)

// tries are how often an attack is sent that took too long or too much: the best
// counts, since others use the machine too.
const tries = 5

// answer is what the gateway said.
type answer struct {
	status  int // 0 where the connection ended without an answer
	header  http.Header
	body    []byte
	answers int           // on this connection
	took    time.Duration // where it is not the time of the whole exchange; 0 else
}

// graphQL is an answer's body, as far as it matters here.
type graphQL struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Extensions struct{ Code string }
	}
}

func (a *answer) graphQL() (*graphQL, error) {
	g := new(graphQL)
	if err := json.Unmarshal(a.body, g); err != nil {
		return nil, errors.New("the body is no GraphQL answer")
	}
	return g, nil
}

func (a *answer) code() string {
	if g, err := a.graphQL(); err == nil && len(g.Errors) > 0 {
		return g.Errors[0].Extensions.Code
	}
	return ""
}

// result is a row as it is printed.
type result struct {
	*attack
	answer  *answer
	took    time.Duration
	grown   int64  // bytes; -1 where it could not be measured
	untried string // why it was not sent; "" where it was
	fault   error  // why the row does not pass
}

func (r result) verdict() string {
	switch {
	case r.untried != "":
		return "untried"
	case r.fault != nil:
		return "FAILED"
	case r.harmless:
		return "safe"
	}
	return "refused"
}

// run sends the attack, again where only its cost was too high.
func (a *attack) run(t *target) result {
	var best result
	for try := range tries {
		r := a.once(t)
		if try == 0 || r.fault == nil {
			best = r
		}
		if _, costly := r.fault.(costError); !costly {
			return r
		}
	}
	return best
}

func (a *attack) once(t *target) result {
	before := t.calls()
	meter := t.meter()
	began := time.Now()
	got, err := a.send(t)
	took := time.Since(began)
	if got != nil && got.took > 0 {
		took = got.took
	}
	r := result{attack: a, answer: got, took: took, grown: meter.grown()}
	if err != nil {
		r.fault = err
		return r
	}
	asked := t.calls() - before
	if r.fault = a.judge(got, asked); r.fault == nil {
		r.fault = t.leak(got)
	}
	if r.fault == nil {
		r.fault = a.cost(r, t.slack)
	}
	return r
}

func (a *attack) judge(got *answer, asked int) error {
	if got.status == 0 {
		if a.plain {
			return nil
		}
		return errors.New("the connection ended without an answer")
	}
	statuses := a.statuses
	if statuses == nil {
		statuses = []int{http.StatusBadRequest}
	}
	if !slices.Contains(statuses, got.status) {
		return fmt.Errorf("the status is none of %v: %s", statuses, bounded(got.body))
	}
	if got.status >= 500 && got.status != http.StatusServiceUnavailable && !slices.Contains(a.statuses, got.status) {
		return errors.New("a status of 5xx")
	}
	if !a.harmless && asked > 0 {
		return fmt.Errorf("%d requests reached sources", asked)
	}
	if len(a.codes) > 0 {
		if err := a.judgeErrors(got); err != nil {
			return err
		}
	}
	if a.check != nil {
		return a.check(got)
	}
	return nil
}

func (a *attack) judgeErrors(got *answer) error {
	g, err := got.graphQL()
	switch {
	case err != nil && a.plain:
		return nil
	case err != nil:
		return err
	case len(g.Errors) == 0:
		return fmt.Errorf("the answer has no error: %s", bounded(got.body))
	case len(g.Errors) > 20:
		return fmt.Errorf("the answer has %d errors", len(g.Errors))
	case !a.harmless && g.Data != nil:
		return errors.New("a refusal has data")
	case !slices.Contains(a.codes, g.Errors[0].Extensions.Code):
		return fmt.Errorf("the code is none of %v: %s", a.codes, bounded(got.body))
	}
	return nil
}

// costError is a fault that another try may not have.
type costError struct{ error }

func (a *attack) cost(r result, slack int) error {
	within, memory := a.within, a.memory
	if within == 0 {
		within = refusalTime
	}
	within *= time.Duration(slack)
	if memory == 0 {
		memory = refusalMemory
	}
	switch {
	case r.took > within:
		return costError{fmt.Errorf("took %v, more than %v", r.took.Round(time.Millisecond), within)}
	case r.grown > memory:
		return costError{fmt.Errorf("took %d MiB, more than %d", r.grown>>20, memory>>20)}
	case !a.harmless && len(r.answer.body) > refusalBytes:
		return fmt.Errorf("a refusal of %d bytes", len(r.answer.body))
	}
	return nil
}

// leaks are what no answer may hold: stacks, files, and names that the schema
// has and the request did not.
var leaks = []string{"goroutine ", ".go:", "runtime error", "Did you mean", "did you mean", "/root/", "dial tcp", "connection refused", secretWord}

// secretWord is put where no answer may take it from: wrong keys, upstream bodies.
const secretWord = "zqsecret"

func (t *target) leak(got *answer) error {
	words := leaks
	for _, word := range []string{t.key, t.otherKey, strings.TrimPrefix(t.sandbox, "http://")} {
		if word != "" {
			words = append(words[:len(words):len(words)], word)
		}
	}
	for _, word := range words {
		if bytes.Contains(got.body, []byte(word)) {
			return fmt.Errorf("the answer holds %q: %s", word, bounded(got.body))
		}
		for name, values := range got.header {
			if strings.Contains(strings.Join(values, " "), word) {
				return fmt.Errorf("the header %s holds %q", name, word)
			}
		}
	}
	return nil
}

func bounded(body []byte) string {
	const most = 160
	text := strings.TrimSpace(string(body))
	if len(text) > most {
		text = text[:most] + "..."
	}
	return text
}
