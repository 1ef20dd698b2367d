package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestClientsNoticeNothingOfWhatIsTakenAway(t *testing.T) {
	var out strings.Builder
	passed, err := options{Duration: 5 * time.Second, Clients: 4}.run(&out)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", out.String())
	if !passed {
		t.Error("clients noticed something")
	}
	for _, phase := range []string{"three replicas", "a Redis master fails over", "one replica is killed", "one replica is drained", "the last replica alone"} {
		if !strings.Contains(out.String(), "\n"+phase) {
			t.Errorf("nothing was asked for in the phase %q", phase)
		}
	}
}

// What the load takes for a fault, and what not.
func TestAnAnswerIsCounted(t *testing.T) {
	const truth = `{"data":{"subscription":{"seats":{"purchased":7}}}}`
	for _, c := range []struct {
		name, body  string
		bought      int64
		failingOver bool
		kind        string
		errors      int
	}{
		{"the last that was bought", truth, 7, false, "", 0},
		{"what is being bought", strings.Replace(truth, "7", "8", 1), 7, false, "", 0},
		{"more than anybody asked for", strings.Replace(truth, "7", "9", 1), 7, false, "wrong answer", 1},
		{"an older one", strings.Replace(truth, "7", "6", 1), 7, false, "older than a write", 1},
		{"an older one while Redis fails over", strings.Replace(truth, "7", "6", 1), 7, true, "older than a write", 0},
		{"an error", `{"errors":[{"message":"no","extensions":{"code":"INTERNAL"}}]}`, 7, false, "wrong answer", 1},
		{"no JSON", `<html>`, 7, false, "no answer", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, c.body) }))
			defer server.Close()
			l := &load{table: newTable(), system: &system{replicas: []*replica{{url: server.URL}}}}
			l.bought.Store(c.bought)
			l.wanted.Store(8)
			l.failingOver.Store(c.failingOver)
			l.readWritten(l.client(0))
			now := l.table.now()
			if c.kind != "" && now.counts[c.kind] != 1 || c.kind == "" && len(now.counts) > 0 || now.errors != c.errors {
				t.Errorf("%v are counted, %d of them as errors", now.counts, now.errors)
			}
		})
	}
}

func TestAWriteIsRepeatedOnlyWhereNothingWasSent(t *testing.T) {
	for _, c := range []struct {
		name, body string
		isMade     bool
		errors     int
	}{
		{"made", `{"data":{"changeSubscription":{"subscription":{"seats":{"purchased":7}}}}}`, true, 0},
		{"refused without Redis", `{"errors":[{"message":"so nothing was sent this time","extensions":{"code":"INTERNAL"}}]}`, false, 0},
		{"another fault", `{"errors":[{"message":"a bug","extensions":{"code":"INTERNAL"}}]}`, true, 1},
		{"another number", `{"data":{"changeSubscription":{"subscription":{"seats":{"purchased":6}}}}}`, true, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, got := &load{table: newTable()}, &reply{raw: []byte(c.body)}
			if err := json.Unmarshal(got.raw, got); err != nil {
				t.Fatal(err)
			}
			if isMade := l.isMade(got, 7); isMade != c.isMade || l.table.now().errors != c.errors {
				t.Errorf("made: %t, with %d errors", isMade, l.table.now().errors)
			}
		})
	}
}

func TestOneWriteIsInDoubtForEachReplicaThatIsKilled(t *testing.T) {
	const undone = `{"errors":[{"message":"who knows","extensions":{"code":"OUTCOME_UNKNOWN","seen":"NOT_DONE"}}],"data":{"changeSubscription":{"subscription":{"seats":{"purchased":6}}}}}`
	dead := new(replica)
	l := &load{table: newTable(), system: &system{replicas: []*replica{dead, new(replica)}}}
	for i, want := range []struct {
		killed bool
		errors int
	}{{false, 1}, {true, 1}, {true, 2}} {
		dead.killed.Store(want.killed)
		got := &reply{raw: []byte(undone)}
		if err := json.Unmarshal(got.raw, got); err != nil {
			t.Fatal(err)
		}
		if isMade := l.isMade(got, 7); !isMade || l.table.now().errors != want.errors || l.keys != 0 {
			t.Errorf("the write %d: made %t, %d errors, %d keys", i, isMade, l.table.now().errors, l.keys)
		}
	}
}
