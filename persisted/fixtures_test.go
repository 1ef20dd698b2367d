package persisted_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"tributary/billing"
	"tributary/cache"
	"tributary/persisted"
	"tributary/redistest"
)

func TestMain(m *testing.M) {
	// The client's pool sleeps a second between attempts to reach a lost Redis,
	// and ends after that where it was closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

var ctx = context.Background()

const (
	ann = "query Ann { viewer { subject } }"
	bob = "query Bob { viewer { scopes } }"
)

func sha(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// byHash is a request as Apollo's link sends it, at first without its query.
func byHash(hash, query string) persisted.Request {
	return persisted.Request{Query: query, Extensions: map[string]any{
		"persistedQuery": map[string]any{"version": json.Number("1"), "sha256Hash": hash},
	}}
}

// defaults are settings as a file without the key has them.
func defaults() persisted.Settings {
	var s persisted.Settings
	s.Defaults()
	s.APQ.Defaults()
	return s
}

func open(t testing.TB, settings persisted.Settings, options persisted.Options) *persisted.Documents {
	t.Helper()
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	d, err := persisted.New(settings, options)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// write writes a manifest, and gives its path.
func write(t testing.TB, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// trusting are documents of a mode whose manifest has ann under the id "a".
func trusting(t testing.TB, mode persisted.Mode, options persisted.Options) *persisted.Documents {
	t.Helper()
	settings := defaults()
	settings.Mode = mode
	settings.Manifest = write(t, filepath.Join(t.TempDir(), "manifest.json"), `{"a": "`+ann+`"}`)
	return open(t, settings, options)
}

// resolve resolves a request and tells what came of it: the code and the
// message of a refusal, or the text and whether it is trusted. What was found
// is accepted.
func resolve(d *persisted.Documents, r persisted.Request) string {
	found, err := d.Resolve(ctx, r)
	if err != nil {
		var refusal *billing.Error
		if !errors.As(err, &refusal) {
			return "an error of another kind"
		}
		return string(refusal.Code) + " " + refusal.Message
	}
	d.Accept(ctx, found)
	if found.Trusted {
		return "trusted " + found.Text
	}
	return found.Text
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func expectStart(t *testing.T, got, want string) {
	t.Helper()
	if !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s...", got, want)
	}
}

const (
	notFound     = "PERSISTED_QUERY_NOT_FOUND PersistedQueryNotFound"
	notSupported = "PERSISTED_QUERY_NOT_SUPPORTED PersistedQueryNotSupported"
)

func dial(t testing.TB, server *redistest.Server, timeout time.Duration) redis.UniversalClient {
	t.Helper()
	client, err := cache.RedisConfig{URL: server.URL()}.Open(timeout)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
