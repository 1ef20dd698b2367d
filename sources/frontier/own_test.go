package frontier

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"tributary/billing"
	"tributary/secrets"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

// Over either protocol, and whether the organisation goes by its name or its
// UUID: what counts is the name that it is asked by.
func TestEachCallBearsTheCredentialsOfItsOrganisation(t *testing.T) {
	own, err := upstream.Auth{Bearer: "own"}.OpenOwn(new(secrets.Files))
	if err != nil {
		t.Fatal(err)
	}
	for _, protocol := range []string{REST, Connect} {
		for _, org := range []string{"acme", "0f3c0000-0000-4000-8000-000000000001", "another"} {
			var got []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = append(got, r.Header.Get("Authorization"))
				w.Header().Set("Content-Type", "application/json")
				w.Write([]byte(`{"subscription":{"id":"s"}}`))
			}))
			options := sourcetest.Options()
			options.Own = func(asked string) *upstream.Credentials {
				if asked == "another" {
					return nil
				}
				return own
			}
			config := Config{Config: upstream.Config{URL: server.URL, Auth: upstream.Auth{Bearer: "service"}}, Protocol: protocol}
			source, err := New("src", config, options)
			if err != nil {
				t.Fatal(err)
			}
			ctx := context.Background()
			ref := billing.Ref{Source: "src", Org: org, Key: "s"}
			sub := &billing.Subscription{Ref: ref}
			source.Subscriptions(ctx, []billing.Ref{ref})
			source.Holdings(ctx, []billing.Ref{{Source: "src", Org: org}})
			source.Customers(ctx, []string{org})
			source.Cancel(ctx, sub, billing.Cancel{When: billing.CancelNow})
			source.Renew(ctx, sub)
			source.Change(ctx, sub, billing.Change{Plan: billing.Give("p")})
			calls := len(got)
			source.Plans(ctx, []string{""})
			want := "Bearer own"
			if org == "another" {
				want = "Bearer service"
			}
			for i, bore := range got {
				if i == calls {
					want = "Bearer service" // the catalogue is about no organisation
				}
				if bore != want {
					t.Errorf("%s, %s: call %d bore %q, want %q", protocol, org, i, bore, want)
				}
			}
			if len(got) != 7 {
				t.Errorf("%s: %d calls, want 7", protocol, len(got))
			}
			source.Close()
			server.Close()
		}
	}
}
