package upstream_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tributary/billing"
	"tributary/secrets"
	"tributary/sources/upstream"
)

func openOwn(t testing.TB, auth upstream.Auth, files *secrets.Files) *upstream.Credentials {
	t.Helper()
	own, err := auth.OpenOwn(files)
	if err != nil {
		t.Fatal(err)
	}
	return own
}

// owning makes a client some of whose organisations have credentials of their own.
func owning(t testing.TB, config upstream.Config, files *secrets.Files, own func(org string) *upstream.Credentials) *upstream.Client {
	t.Helper()
	client, err := upstream.New("src", config, upstream.Options{Secret: secret, Files: files, Own: own})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func put(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// echo answers with the credentials that it was asked with.
func echo(w http.ResponseWriter, r *http.Request) {
	answer(w, r.Header.Get("Authorization")+" "+r.Header.Get("X-Auth-Token")+" "+r.Header.Get("X-Org"))
}

func TestACallBearsTheCredentialsOfItsOrganisation(t *testing.T) {
	files := new(secrets.Files)
	own := map[string]*upstream.Credentials{
		"bearer":  openOwn(t, upstream.Auth{Bearer: "one"}, files),
		"basic":   openOwn(t, upstream.Auth{Basic: &upstream.Basic{Username: "u", Password: "p"}}, files),
		"headers": openOwn(t, upstream.Auth{Headers: map[string]string{"X-Auth-Token": "two"}}, files),
	}
	services := map[string]struct {
		auth upstream.Auth
		want string
	}{
		"a bearer":            {upstream.Auth{Bearer: "service", Headers: map[string]string{"X-Org": "1"}}, "Bearer service  1"},
		"the caller's":        {upstream.Auth{Forward: []string{"Authorization", "X-Auth-Token", "X-Org"}}, "Bearer caller caller caller"},
		"none":                {upstream.Auth{}, "  "},
		"a header of another": {upstream.Auth{Headers: map[string]string{"X-Auth-Token": "service"}}, " service "},
	}
	caller := http.Header{"Authorization": {"Bearer caller"}, "X-Auth-Token": {"caller"}, "X-Org": {"caller"}}
	for name, service := range services {
		t.Run(name, func(t *testing.T) {
			address, _ := serve(t, echo)
			client := owning(t, upstream.Config{URL: address, Auth: service.auth}, files, func(org string) *upstream.Credentials { return own[org] })
			ctx := upstream.WithForwarded(context.Background(), caller)
			tenants := map[string]string{}
			for org, want := range map[string]string{
				"bearer": "Bearer one  ", "basic": "Basic dTpw  ", "headers": " two ", "another": service.want, "": service.want,
			} {
				resp, err := ask(ctx, client, upstream.Request{Org: org})
				if err != nil || string(resp.Body) != want {
					t.Errorf("a call about %q bore %q, want %q (%v)", org, resp.Body, want, err)
				}
				tenant := client.Tenant(ctx, org)
				if before, ok := tenants[tenant]; ok && before != want {
					t.Errorf("%q shares its tenant with %q", org, before)
				}
				tenants[tenant] = want
			}
			if len(tenants) != 4 {
				t.Errorf("there are %d tenants, want 4", len(tenants))
			}
		})
	}
}

func TestOwnCredentialsThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct {
		auth  upstream.Auth
		field string
	}{
		"none":                    {upstream.Auth{}, "auth"},
		"the caller's":            {upstream.Auth{Forward: []string{"Cookie"}}, "auth.forward"},
		"two":                     {upstream.Auth{Bearer: "hunter2", Basic: &upstream.Basic{Password: "hunter2"}}, "auth"},
		"what no header carries":  {upstream.Auth{Bearer: "hunter2\n"}, "auth.bearer"},
		"a file that is not":      {upstream.Auth{Bearer: "file:/no/such/file"}, "auth.bearer"},
		"a header's file":         {upstream.Auth{Headers: map[string]string{"X-A": "file:/no/such/file"}}, "auth.headers.X-A"},
		"the file of a user name": {upstream.Auth{Basic: &upstream.Basic{Username: "file:/no/such/file"}}, "auth.basic.username"},
	} {
		_, err := c.auth.OpenOwn(new(secrets.Files))
		var invalid *upstream.Invalid
		if !errors.As(err, &invalid) || invalid.Field != c.field || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want a fault of %s", name, err, c.field)
		}
	}
}

func TestWhatAFileHoldsIsSentAndMakesAnotherTenant(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	folder := t.TempDir()
	path := filepath.Join(folder, "token")
	address, _ := serve(t, echo)
	for name, auth := range map[string]upstream.Auth{
		"Bearer VALUE  ": {Bearer: "file:token"},
		" VALUE 1":       {Headers: map[string]string{"X-Auth-Token": "file:token", "X-Org": "1"}},
	} {
		put(t, path, "one\n")
		files := &secrets.Files{Folder: folder}
		client := owning(t, upstream.Config{URL: address, Auth: auth}, files, nil)
		seen := map[string]bool{}
		for _, value := range []string{"one", "two", "bro\nken", "three"} {
			put(t, path, value+"\n")
			files.Reload()
			if strings.Contains(value, "\n") {
				value = "two" // which no header can carry
			}
			for range 3 {
				resp, err := get(context.Background(), client)
				if want := strings.ReplaceAll(name, "VALUE", value); err != nil || string(resp.Body) != want {
					t.Errorf("sent %q, want %q (%v)", resp.Body, want, err)
				}
			}
			seen[client.Tenant(context.Background(), "")] = true
		}
		if len(seen) != 3 {
			t.Errorf("%d tenants for three credentials", len(seen))
		}
	}
	if text := log.String(); strings.Count(text, "level=ERROR") != 2 || strings.Contains(text, "bro") || !strings.Contains(text, path) {
		t.Errorf("the log is %s", text)
	}
	put(t, path, "hunter2\nhunter2")
	_, err := upstream.New("src", upstream.Config{URL: address, Auth: upstream.Auth{Bearer: "file:" + path}}, upstream.Options{})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("what no header can carry is taken, or told: %v", err)
	}
}

func TestUnderAPinnedContextCredentialsStayAsTheyAre(t *testing.T) {
	address, _ := serve(t, echo)
	files := new(secrets.Files)
	var present atomic.Pointer[upstream.Credentials]
	client := owning(t, upstream.Config{URL: address, Auth: upstream.Auth{Bearer: "service"}}, files, func(string) *upstream.Credentials { return present.Load() })
	present.Store(openOwn(t, upstream.Auth{Bearer: "one"}, files))
	pinned := client.Pinned(context.Background())
	tenant := client.Tenant(pinned, "o")
	for _, next := range []*upstream.Credentials{openOwn(t, upstream.Auth{Bearer: "two"}, files), nil} {
		present.Store(next)
		resp, err := ask(pinned, client, upstream.Request{Org: "o"})
		if err != nil || !strings.HasPrefix(string(resp.Body), "Bearer one ") || client.Tenant(pinned, "o") != tenant {
			t.Errorf("the call bore %q (%v)", resp.Body, err)
		}
		if client.Tenant(context.Background(), "o") == tenant {
			t.Error("later calls have the tenant of before")
		}
	}
}

func TestManyOrganisationsNeverMixTheirCredentials(t *testing.T) {
	address, _ := serve(t, echo)
	files := &secrets.Files{Folder: t.TempDir()}
	own := map[string]*upstream.Credentials{}
	for i := range 5 {
		org := fmt.Sprint(i)
		put(t, filepath.Join(files.Folder, org), "token-"+org)
		own[org] = openOwn(t, upstream.Auth{Bearer: "file:" + org}, files)
	}
	client := owning(t, upstream.Config{URL: address}, files, func(org string) *upstream.Credentials { return own[org] })
	var calls sync.WaitGroup
	for i := range 100 {
		calls.Go(func() {
			org := fmt.Sprint(i % 5)
			if i%10 == 0 {
				files.Reload()
			}
			resp, err := ask(client.Pinned(context.Background()), client, upstream.Request{Org: org})
			if err != nil || string(resp.Body) != "Bearer token-"+org+"  " {
				t.Errorf("organisation %s was answered as %v, %v", org, resp, err)
			}
		})
	}
	calls.Wait()
}

func TestOwnCredentialsThatFailSayNothingOfTheSourceAndOfOthers(t *testing.T) {
	for status, code := range map[int]billing.Code{401: billing.CodeSourceAuthFailed, 429: billing.CodeSourceRateLimited} {
		address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer service" {
				w.WriteHeader(status)
				return
			}
			answer(w, "{}")
		})
		files := new(secrets.Files)
		bad := openOwn(t, upstream.Auth{Bearer: "bad"}, files)
		client := owning(t, upstream.Config{URL: address, Auth: upstream.Auth{Bearer: "service"}}, files, func(org string) *upstream.Credentials {
			if strings.HasPrefix(org, "bad") {
				return bad
			}
			return nil
		})
		var orgs []string
		for i := range 40 {
			orgs = append(orgs, fmt.Sprintf("bad-%d", i))
		}
		orgs = append(orgs, "good")
		outcomes := upstream.Each(orgs, func(org string) (string, error) {
			_, err := ask(context.Background(), client, upstream.Request{Org: org})
			return org, err
		})
		for org, outcome := range outcomes {
			want := code
			if org == "good" {
				want = ""
			}
			wantCode(t, outcome.Err, want)
		}
		if state := client.Health().State; state != billing.Healthy {
			t.Errorf("the source is %s", state)
		}
	}
}

func TestACredentialThatASourceRepeatsStaysOutOfTheLog(t *testing.T) {
	address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	client := connect(t, upstream.Config{URL: address, Auth: upstream.Auth{Bearer: "hunter-two"}})
	for why, told := range map[string]bool{"no token hunter-two": false, "no such token": true} {
		_, err := client.Do(context.Background(), upstream.Request{Op: "try", Status: func(resp *upstream.Response) error {
			return client.Fail(billing.CodeSourceUnavailable, "try", resp, why)
		}})
		if got := strings.Contains(err.Error(), why); got != told {
			t.Errorf("the error is %v", err)
		}
	}
}
