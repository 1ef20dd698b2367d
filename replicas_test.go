package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/go-json-experiment/json"

	"tributary/redistest"
	"tributary/sandbox"
)

// replicas are two gateways, processes of their own, over one Redis and one
// sandbox.
type replicas struct {
	t         testing.TB
	upstreams string
	a, b      *process
}

func startReplicas(t testing.TB) *replicas {
	t.Helper()
	server := redistest.Start(t)
	vendors := launch(t, "", nil, "sandbox", "--listen", "127.0.0.1:0")
	r := &replicas{t: t, upstreams: vendors.url()}
	text := "listen: 127.0.0.1:0\nredis: { url: '" + server.URL() + "', timeout: 2s }\n" + sandbox.Configuration(r.upstreams)
	dir := t.TempDir()
	file := write(t, dir, "replica.yaml", text)
	r.a = launch(t, dir, nil, "serve", "--config", file)
	r.b = launch(t, dir, nil, "serve", "--config", file)
	return r
}

// writes is how many requests that change something the vendors got.
func (r *replicas) writes() int {
	r.t.Helper()
	var counts struct {
		Writes map[string]int `json:"writes"`
	}
	answer := send(r.t, http.MethodGet, r.upstreams+"/_sandbox/calls", nil, "")
	if err := json.Unmarshal([]byte(answer.body), &counts); err != nil {
		r.t.Fatal(err)
	}
	total := 0
	for _, n := range counts.Writes {
		total += n
	}
	return total
}

func (r *replicas) fault(body string) {
	r.t.Helper()
	if a := send(r.t, http.MethodPost, r.upstreams+"/_sandbox/faults", nil, body); a.status != http.StatusCreated {
		r.t.Fatalf("the sandbox refused the fault: %s", a.body)
	}
}

const seatsOf683 = `{
	subscription(id: "subscription/psa/683") { seats { purchased } }
	account(id: "account/globex") { subscriptions(filter: { sources: ["psa"] }) { nodes { id seats { purchased } } } }
}`

func seatsChange(seats int, key string) string {
	if key != "" {
		key = fmt.Sprintf(", idempotencyKey: %q", key)
	}
	return fmt.Sprintf(`mutation { changeSubscription(input: { id: "subscription/psa/683", seats: %d%s }) {
		subscription { seats { purchased } provenance { fetchedAt } } userErrors { code message } } }`, seats, key)
}

func TestAWriteThroughOneReplicaIsWhatTheOtherReads(t *testing.T) {
	r := startReplicas(t)
	for seats := 50; seats < 75; seats++ {
		ask(t, r.a.url(), nil, seatsOf683) // both have it in memory
		ask(t, r.b.url(), nil, seatsOf683)
		writer, reader := r.a, r.b
		if seats%2 == 0 {
			writer, reader = r.b, r.a
		}
		if written := ask(t, writer.url(), nil, seatsChange(seats, "")); len(written.Errors) > 0 {
			t.Fatal(written.body)
		}
		read := ask(t, reader.url(), nil, seatsOf683)
		if got, want := strings.Count(read.body, fmt.Sprintf(`"purchased":%d}`, seats)), 2; got != want {
			t.Fatalf("after %d seats were bought through the other replica, it shows %s", seats, read.body)
		}
	}
	if got := r.writes(); got != 25 {
		t.Errorf("25 changes made %d writes", got)
	}
}

func TestOneKeySentToBothReplicasAtOnceMakesOneWrite(t *testing.T) {
	r := startReplicas(t)
	a, b := r.a.url(), r.b.url()
	for round := range 5 {
		query := seatsChange(60+round, fmt.Sprint("round ", round))
		before := r.writes()
		var answers [6]*answer
		var asking sync.WaitGroup
		for i := range answers {
			asking.Go(func() {
				url := a
				if i%2 == 1 {
					url = b
				}
				answers[i], _ = tryToAsk(url, nil, query)
			})
		}
		asking.Wait()
		for _, got := range answers {
			if got == nil || got.body != answers[0].body || !strings.Contains(got.body, fmt.Sprint(60+round)) {
				t.Errorf("one is answered %v, another %v", got, answers[0])
			}
		}
		if got := r.writes() - before; got != 1 {
			t.Errorf("six requests with one key made %d writes", got)
		}
	}
}

// A process that dies after its source acted and before anybody was told leaves
// no second write, no wrong answer and no stale reading behind.
func TestAReplicaKilledInTheMiddleOfAWrite(t *testing.T) {
	r := startReplicas(t)
	a, b := r.a.url(), r.b.url()
	ask(t, a, nil, seatsOf683)
	ask(t, b, nil, seatsOf683)
	r.fault(`{"source":"psa","method":"PATCH","hang":true,"after":true,"times":1}`)
	dying := make(chan struct{})
	go func() {
		defer close(dying)
		_, _ = tryToAsk(a, nil, seatsChange(66, "before the crash"))
	}()
	r.b.await("the write", func() bool { return r.writes() == 1 })
	r.a.signal(syscall.SIGKILL)
	<-dying
	<-r.a.ended

	if read := ask(t, b, nil, seatsOf683); strings.Count(read.body, `"purchased":66}`) != 2 {
		t.Errorf("after the crash the other replica shows %s", read.body)
	}
	again := ask(t, b, nil, seatsChange(66, "before the crash"))
	if len(again.Errors) != 1 || again.Errors[0].Extensions["code"] != "OUTCOME_UNKNOWN" || again.Errors[0].Extensions["seen"] != "DONE" {
		t.Errorf("the repetition is answered %s", again.body)
	}
	if !strings.Contains(again.body, `"purchased":66}`) {
		t.Errorf("the repetition does not show what was read again: %s", again.body)
	}
	third := ask(t, b, nil, seatsChange(66, "before the crash"))
	if len(third.Errors) != 1 || third.Errors[0].Message != again.Errors[0].Message {
		t.Errorf("the third is answered %s, the second was %s", third.body, again.body)
	}
	if got := r.writes(); got != 1 {
		t.Errorf("made %d writes", got)
	}
}

// What no document shows is not taken for done, and a client that leaves while
// the gateway looks does not settle it.
func TestAReplicaKilledInAWriteThatNothingShows(t *testing.T) {
	r := startReplicas(t)
	a, b := r.a.url(), r.b.url()
	const renew = `mutation { renewSubscription(input: { id: "subscription/teams/team_1", idempotencyKey: "k" }) {
		subscription { status provenance { confirmation } } userErrors { code } } }`
	r.fault(`{"source":"teams","method":"POST","hang":true,"times":1}`)
	dying := make(chan struct{})
	go func() {
		defer close(dying)
		_, _ = tryToAsk(a, nil, renew)
	}()
	r.b.await("the write", func() bool { return r.writes() == 1 })
	r.a.signal(syscall.SIGKILL)
	<-dying
	again := ask(t, b, nil, renew)
	if len(again.Errors) != 1 || again.Errors[0].Extensions["seen"] != "UNREADABLE" || !strings.Contains(again.body, "NEVER_SHOWN") {
		t.Errorf("the repetition is answered %s", again.body)
	}
	if got := r.writes(); got != 1 {
		t.Errorf("made %d writes", got)
	}
}
