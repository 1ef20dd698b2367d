package sourcetest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/upstream"
)

func (s Suite) transport(t *testing.T) {
	t.Run("a lost connection is tried once more", func(t *testing.T) {
		source, calls := s.Serve(t, func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) })
		_, err := Get(t, source, s.Ref)
		s.checkError(t, err, billing.CodeSourceUnavailable)
		if calls.Load() < 2 {
			t.Errorf("made %d calls, want a second one", calls.Load())
		}
	})
	t.Run("503 is tried once more", func(t *testing.T) {
		source, calls := s.Serve(t, Answer(503, s.ContentType, "{}"))
		_, err := Get(t, source, s.Ref)
		s.checkError(t, err, billing.CodeSourceUnavailable)
		if calls.Load() != 2 {
			t.Errorf("made %d calls, want 2", calls.Load())
		}
	})
	t.Run("a second try that works is an answer", func(t *testing.T) {
		document, _ := os.ReadFile(filepath.Join("testdata", s.Documents[0]+".json"))
		var n atomic.Int64
		source, _ := s.Serve(t, func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1) == 1 {
				Answer(502, "text/html", "bad gateway")(w, r)
				return
			}
			Answer(200, s.ContentType, string(document))(w, r)
		})
		if sub, err := Get(t, source, s.Ref); sub == nil || err != nil {
			t.Errorf("got %v, %v", sub, err)
		}
	})
	t.Run("a hanging source is a timeout", func(t *testing.T) {
		source, _ := s.Serve(t, func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // with a body unread, the server does not see the client leave
			<-r.Context().Done()
		})
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		outcome := source.Subscriptions(ctx, []billing.Ref{s.Ref})[s.Ref]
		s.checkError(t, outcome.Err, billing.CodeSourceTimeout)
	})
	t.Run("a redirect to another host is refused", func(t *testing.T) {
		leaked := new(atomic.Int64)
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { leaked.Add(1) }))
		defer other.Close()
		source, _ := s.Serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusFound)
		})
		_, err := Get(t, source, s.Ref)
		s.checkError(t, err, billing.CodeSourceUnavailable)
		if leaked.Load() != 0 {
			t.Error("the other host was asked")
		}
	})
}

func (s Suite) tenancy(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("testdata", s.Documents[0]+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var seen atomic.Value
	source, _ := s.serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r.Header.Get("Authorization") + "|" + r.Header.Get("X-Other"))
		Answer(200, s.ContentType, string(document))(w, r)
	}, upstream.Auth{Forward: []string{"Authorization"}})
	alice := upstream.WithForwarded(context.Background(), http.Header{"Authorization": {"Bearer alice"}, "X-Other": {"kept"}})
	bob := upstream.WithForwarded(context.Background(), http.Header{"Authorization": {"Bearer bob"}})
	source.Subscriptions(alice, []billing.Ref{s.Ref})
	if got := seen.Load(); got != "Bearer alice|" {
		t.Errorf("the source was sent %q, want the allowed header alone", got)
	}
	tenants := map[string]bool{source.Tenant(alice, ""): true, source.Tenant(bob, ""): true, source.Tenant(context.Background(), ""): true}
	if len(tenants) != 3 {
		t.Errorf("three callers have %d fingerprints", len(tenants))
	}
	for tenant := range tenants {
		if strings.Contains(tenant, "alice") || tenant == "" {
			t.Errorf("%q is no fingerprint", tenant)
		}
	}
}

func (s Suite) batch(t *testing.T) {
	source, calls := s.Serve(t, s.Absent)
	source.Subscriptions(context.Background(), nil)
	if calls.Load() != 0 {
		t.Errorf("asking for nothing made %d calls", calls.Load())
	}
	source.Subscriptions(context.Background(), []billing.Ref{s.Ref, s.Ref, s.Ref})
	if calls.Load() != 1 {
		t.Errorf("asking for one subscription three times over made %d calls", calls.Load())
	}
}
