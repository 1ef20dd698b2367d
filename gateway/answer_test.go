package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"tributary/gateway"
)

func TestWhatAnOperationCostIsToldToWhoAsks(t *testing.T) {
	e := open(t, facing(""))
	query := `{ subscription(id: \"subscription/psa/682\") { status } }`
	ask := func(extensions string) *reply {
		return e.send("POST", "/graphql", acme.header(), strings.NewReader(`{"query":"`+query+`"`+extensions+`}`))
	}
	costs := func(r *reply, actual float64) {
		t.Helper()
		r.isWhole(t)
		cost, _ := r.Extensions["cost"].(map[string]any)
		estimated, _ := cost["estimated"].(map[string]any)
		did, _ := cost["actual"].(map[string]any)
		if estimated["calls"] != 1.0 || estimated["fields"] != 2.0 || did["calls"] != actual {
			t.Errorf("the cost of %s is told as %v", query, r.Extensions)
		}
	}
	costs(ask(`,"extensions":{"cost":true}`), 1)
	costs(ask(`,"extensions":{"cost":true}`), 0) // from the cache
	costs(e.send("GET", get(strings.ReplaceAll(query, `\`, ""), "extensions", `{"cost":true}`), acme.header(), nil), 0)
	for _, not := range []string{"", `,"extensions":{}`, `,"extensions":{"cost":false}`, `,"extensions":{"cost":"true"}`, `,"extensions":null`} {
		if r := ask(not); strings.Contains(r.body, "extensions") {
			t.Errorf("with %q the answer is %s", not, r.body)
		}
	}
}

func TestErrorsAreCutAndTheRestIsCounted(t *testing.T) {
	e := open(t, facing("http: { errors: 3 }\n"))
	list := func(n int, one string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, one+" ", i)
		}
		return "{ " + b.String() + "}"
	}
	for _, c := range []struct {
		name, query string
		errors      int
		more        any
	}{
		{"as many as there may be, of fields", list(3, `a%d: node(id: "nonsense") { id }`), 3, nil},
		{"one more, of fields", list(4, `a%d: node(id: "nonsense") { id }`), 3, 1.0},
		{"many more, of fields", list(40, `a%d: node(id: "nonsense") { id }`), 3, 37.0},
		{"as many as there may be, of a document", list(3, `nothing%d`), 3, nil},
		{"more, of a document", list(9, `nothing%d`), 3, 6.0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := e.ask(reader, c.query)
			if len(r.Errors) != c.errors || r.Errors[c.errors-1].Extensions["andMore"] != c.more {
				t.Fatalf("got %d errors: %s", len(r.Errors), r.body)
			}
			for _, other := range r.Errors[:c.errors-1] {
				if other.Extensions["andMore"] != nil || other.Extensions["code"] != "BAD_USER_INPUT" {
					t.Errorf("one error is %v", other)
				}
			}
		})
	}
}

func TestAnAnswerThatIsTooLongIsRefusedUnlessItTellsOfAWrite(t *testing.T) {
	const most = 300
	e := open(t, facing(""), func(g *gateway.Gateway) { g.HTTP.Answer = most })
	if r := e.ask(acme, `{ viewer { subject } }`); len(r.Errors) > 0 {
		t.Errorf("a short answer is %s", r.body)
	}
	details := `id name status plan { id name } customer { id name } provenance { fetchedAt } capabilities`
	r := e.ask(acme, `{ account(id: "account/acme") { subscriptions { nodes { `+details+` } } } }`)
	if r.code() != "LIMIT_EXCEEDED" || r.Data != nil || !strings.Contains(r.body, `"data":null`) || !strings.Contains(r.Errors[0].Message, "(limit answer)") {
		t.Errorf("a long answer of a query is %s", r.body)
	}
	r = e.ask(acme, `mutation { cancelSubscription(input: { id: "subscription/teams/team_1", when: AT_PERIOD_END }) {
		subscription { `+details+` account { subscriptions { nodes { id name status } } } } userErrors { message } } }`)
	if len(r.Errors) > 0 || len(r.body) <= most || r.Data["cancelSubscription"] == nil {
		t.Errorf("a long answer of a mutation is %s", r.body)
	}
}

func TestBatchesAreForWhoAllowsThem(t *testing.T) {
	two := "[" + viewer + `,{"query":"{ nothing }"}]`
	if r := open(t, facing("")).send("POST", "/graphql", acme.header(), strings.NewReader(two)); r.status != http.StatusBadRequest || r.code() != "LIMIT_EXCEEDED" {
		t.Errorf("where nothing is said of batches, one is answered %d %s", r.status, r.body)
	}
	e := open(t, facing("http: { batch: 2 }\n"))
	for _, accept := range []string{"application/json", "application/graphql-response+json"} {
		r := e.send("POST", "/graphql", acme.header("Accept", accept), strings.NewReader(two))
		var answers []reply
		if err := json.Unmarshal([]byte(r.body), &answers, json.MatchCaseInsensitiveNames(true)); err != nil || len(answers) != 2 {
			t.Fatalf("answered %d %s", r.status, r.body)
		}
		if got := answers[0].Data["viewer"].(map[string]any)["subject"]; r.status != http.StatusOK || got != "acme" || answers[1].code() != "BAD_USER_INPUT" || answers[1].Data != nil {
			t.Errorf("answered %d %s", r.status, r.body)
		}
	}
	forbidden := "[" + viewer + `,{"query":"mutation { deletePlan(input: { id: \"plan/teams/1\" }) { userErrors { code } } }"}]`
	if r := e.send("POST", "/graphql", reader.header(), strings.NewReader(forbidden)); r.status != http.StatusOK || !strings.Contains(r.body, `"subject":"reader"`) || !strings.Contains(r.body, `"FORBIDDEN"`) {
		t.Errorf("a batch of which one request is forbidden is answered %d %s", r.status, r.body)
	}
	three := "[" + viewer + "," + viewer + "," + viewer + "]"
	if r := e.send("POST", "/graphql", acme.header(), strings.NewReader(three)); r.status != http.StatusBadRequest || r.code() != "LIMIT_EXCEEDED" {
		t.Errorf("a batch of three is answered %d %s", r.status, r.body)
	}
	if r := e.send("POST", "/graphql", acme.header(), strings.NewReader("[]")); r.status != http.StatusBadRequest {
		t.Errorf("a batch of none is answered %d %s", r.status, r.body)
	}
}
