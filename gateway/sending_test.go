package gateway_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"tributary/gateway"
)

// wide asks for an answer of some megabytes, in a document of some kilobytes.
func wide() string {
	var features strings.Builder
	for i := range 40 {
		fmt.Fprintf(&features, " %s%02d: title", strings.Repeat("x", 200), i)
	}
	query := `query($id: ID = "subscription/psa/682") {`
	for i := range 10 {
		query += fmt.Sprintf(" a%d: subscription(id: $id) { ...F }", i)
	}
	return query + "} fragment F on Subscription { details { ... on ProductiveSubscription { currentPlan { features {" + features.String() + "} } } } }"
}

func TestWhoLeavesAnswersUnreadGetsNoMoreOfThem(t *testing.T) {
	e := open(t, facing("http: { answer: 16MiB, answers: 16MiB }\n"))
	body, err := json.Marshal(map[string]any{"query": wide()})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(e.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Api-Key: %s\r\nContent-Length: %d\r\n\r\n%s", acme.key, len(body), body)
	const much = 4 << 20
	eventually(t, "the answer is being sent", func() bool { return e.built.Gateway.Sending.Held() > much })
	r := e.ask(acme, `{ viewer { subject } }`)
	if r.status != http.StatusServiceUnavailable || r.code() != "RATE_LIMITED" || r.header.Get("Retry-After") == "" {
		t.Errorf("who leaves %d bytes unread is answered %d %s", e.built.Gateway.Sending.Held(), r.status, r.body)
	}
	if r := e.ask(globex, `{ viewer { subject } }`); r.status != http.StatusOK {
		t.Errorf("another is answered %d %s", r.status, r.body)
	}
	r = e.ask(acme, `mutation { cancelSubscription(input: { id: "subscription/teams/team_1", when: AT_PERIOD_END }) { userErrors { message } } }`)
	if r.status != http.StatusOK || r.Data["cancelSubscription"] == nil {
		t.Errorf("what a write did is not told: %d %s", r.status, r.body)
	}
	conn.Close()
	eventually(t, "the answer is let go", func() bool { return e.built.Gateway.Sending.Held() == 0 })
	if r := e.ask(acme, `{ viewer { subject } }`); r.status != http.StatusOK {
		t.Errorf("who came back is answered %d %s", r.status, r.body)
	}
}

func TestABatchHasRoomForOneAnswersBytes(t *testing.T) {
	e := open(t, facing("http: { batch: 20 }\n"), func(g *gateway.Gateway) { g.HTTP.Answer = 20_000 })
	one := `{"query":"{ subscription(id: \"subscription/psa/682\") { plan { features { name title kind } } } }"}`
	r := e.send("POST", "/graphql", acme.header(), strings.NewReader("["+strings.Repeat(one+",", 19)+one+"]"))
	if r.status != http.StatusOK || len(r.body) > 40_000 || !strings.Contains(r.body, "LIMIT_EXCEEDED") || !strings.Contains(r.body, `"features"`) {
		t.Errorf("answered %d with %d bytes: %.300s", r.status, len(r.body), r.body)
	}
}
