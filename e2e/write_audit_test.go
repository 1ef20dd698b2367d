package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"tributary/redistest"
)

// Every write leaves one line in the log and one entry in the stream, and
// neither tells what the customer said or paid with.
func TestEachWriteIsAudited(t *testing.T) {
	server := redistest.Start(t)
	w := start(t, func(text string) string { return "redis: { url: '" + server.URL() + "', timeout: 2s }\n" + text })
	w.askAs(http.Header{"X-Request-Id": {"first"}}, onSubscription("cancelSubscription", `, reasonId: 3, note: "hunter2 and a@b.example"`+keyed("secret key"))("subscription/psa/682"), nil)
	w.askAs(http.Header{"X-Request-Id": {"second"}}, onSubscription("changeSubscription", `, paymentToken: "tok_declined"`)("subscription/psa/683"), nil)
	w.askAs(http.Header{"X-Request-Id": {"third"}}, onSubscription("cancelSubscription", `, when: NOW`)("subscription/focus/4711"), nil)
	w.askAs(http.Header{"X-Request-Id": {"fourth"}}, onSubscription("renewSubscription", ``)("nonsense\n"), nil)

	type line map[string]any
	var lines []line
	for text := range strings.SplitSeq(w.log.String(), "\n") {
		var l line
		if json.Unmarshal([]byte(text), &l) == nil && l["msg"] == "write" {
			lines = append(lines, l)
		}
	}
	entries, err := stream(t, server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	want := []map[string]string{
		{"mutation": "cancelSubscription", "source": "psa", "target": "subscription/psa/682", "caller": "anyone", "outcome": "done", "code": "", "sent": "true", "requestId": "first"},
		{"mutation": "changeSubscription", "source": "psa", "target": "subscription/psa/683", "outcome": "refused", "code": "PAYMENT_REQUIRED", "sent": "true", "requestId": "second"},
		{"mutation": "cancelSubscription", "source": "focus", "outcome": "refused", "code": "NOT_SUPPORTED", "sent": "false", "requestId": "third"},
		{"mutation": "renewSubscription", "source": "", "outcome": "refused", "code": "BAD_USER_INPUT", "sent": "false", "requestId": "fourth"},
	}
	if len(lines) != len(want) || len(entries) != len(want) {
		t.Fatalf("%d lines and %d entries for %d writes", len(lines), len(entries), len(want))
	}
	for i, fields := range want {
		for name, value := range fields {
			if lines[i][name] != value || entries[i].Values[name] != value {
				t.Errorf("write %d: %s is %v in the log and %v in the stream, want %q", i, name, lines[i][name], entries[i].Values[name], value)
			}
		}
	}
	if hash, _ := lines[0]["idempotencyKeyHash"].(string); len(hash) < 20 || entries[0].Values["idempotencyKeyHash"] != hash {
		t.Errorf("the key's hash is %q in the log", hash)
	}
	for _, secret := range []string{"hunter2", "a@b.example", "tok_declined", "secret key"} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log tells %q", secret)
		}
		for _, entry := range entries {
			for name, value := range entry.Values {
				if text, _ := value.(string); strings.Contains(text, secret) {
					t.Errorf("the stream's %s tells %q", name, secret)
				}
			}
		}
	}
	if text := w.everythingIn(server.Addr()); strings.Contains(text, "tok_declined") || strings.Contains(text, "hunter2") {
		t.Error("Redis holds a token or a note")
	}
}

func stream(t *testing.T, addr string) ([]redis.XMessage, error) {
	client := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { client.Close() })
	return client.XRange(context.Background(), "tributary:audit", "-", "+").Result()
}

// everythingIn is all strings of a Redis.
func (w *world) everythingIn(addr string) string {
	w.t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer client.Close()
	keys, err := client.Keys(context.Background(), "*").Result()
	if err != nil || len(keys) == 0 {
		w.t.Fatalf("the Redis has %d keys: %v", len(keys), err)
	}
	var all strings.Builder
	for _, key := range keys {
		all.WriteString(key + "\n" + client.Get(context.Background(), key).Val() + "\n")
	}
	return all.String()
}
