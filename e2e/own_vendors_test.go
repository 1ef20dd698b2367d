package e2e

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"tributary/assembly"
	"tributary/config"
)

// owned are the four vendors with an organisation for each of some tenants. They
// answer by the credential that they are asked with, and take but one for each.
type owned struct {
	*httptest.Server
	t testing.TB

	mu     sync.Mutex
	takes  map[string]string // organisation -> credential; "" for the source's
	writes []string          // the credentials of what was to be changed
	calls  int
	fault  http.HandlerFunc // instead of any answer; nil for none
	masked bool             // whether answers name nobody, and all credentials are taken
}

func newOwned(t testing.TB, takes map[string]string) *owned {
	t.Helper()
	o := &owned{t: t, takes: takes}
	mux := http.NewServeMux()
	mux.HandleFunc("/focus/organizations/{org}/subscriptions/current", o.answer(`{"organization_id":ORG,"product":{"handle":"h","name":"WHO"}}`))
	mux.HandleFunc("/focus/organizations/{org}/subscriptions/plans", o.answer(`[{"plan_id":1,"name":"WHO"}]`))
	mux.HandleFunc("/focus/organizations/{org}/subscriptions/trials/current", o.answer(`{"id":1,"organization_id":ORG,"plan_name":"WHO"}`))
	mux.HandleFunc("/focus/organizations/{org}/workspaces/{id}/subscriptions/upsert-forced-trial", o.answer(`{"id":1,"organization_id":ORG,"plan_name":"WHO"}`))
	const row = `{"id":"s-ORG","customer_id":"c","plan_id":"p","state":"active","metadata":{"who":"WHO"}}`
	mux.HandleFunc("/frontier/v1beta1/organizations/{org}/billing", o.answer(`{"billing_accounts":[{"id":"c","name":"WHO"}]}`))
	mux.HandleFunc("/frontier/v1beta1/organizations/{org}/billing/subscriptions", o.answer(`{"subscriptions":[`+row+`]}`))
	mux.HandleFunc("/frontier/v1beta1/organizations/{org}/billing/subscriptions/{id}", o.answer(`{"subscription":`+row+`}`))
	mux.HandleFunc("/frontier/v1beta1/organizations/{org}/billing/subscriptions/{id}/{step}", o.answer(`{}`))
	mux.HandleFunc("/frontier/v1beta1/billing/plans", o.answer(`{"plans":[{"id":"p","name":"p","title":"catalogue"}]}`))
	mux.HandleFunc("/intercode/subscriptions", o.answer(`[{"id":1,"title":"catalogue"}]`))
	mux.HandleFunc("/intercode/subscriptions/{step}", o.answer(`{"redirect":true,"url":"https://pay.example/1"}`))
	mux.HandleFunc("/intercode/subscriptions/me", o.answer(`{"teamId":"ORG","subscriptionId":"s","status":"active","tier":"WHO"}`))
	mux.HandleFunc("/productive/api/v2/organization_subscriptions/{org}/{step...}", o.answer(`{"data":{"id":"ORG","type":"organization_subscriptions",
		"attributes":{"subscription_state_id":1,"current_plan":{"id":"p","name":"WHO"}}}}`))
	mux.HandleFunc("/productive/api/v2/organization_subscriptions/{org}", o.answer(`{"data":{"id":"ORG","type":"organization_subscriptions",
		"attributes":{"subscription_state_id":1,"current_plan":{"id":"p","name":"WHO"}}}}`))
	o.Server = httptest.NewServer(mux)
	t.Cleanup(o.Close)
	return o
}

func (o *owned) answer(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		org := cmp.Or(r.PathValue("org"), r.URL.Query().Get("teamId"))
		user, password, _ := r.BasicAuth()
		who := cmp.Or(password, user, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), r.Header.Get("X-Auth-Token"))
		o.mu.Lock()
		o.calls++
		want, known := o.takes[org]
		fault, masked := o.fault, o.masked
		if r.Method != http.MethodGet {
			o.writes = append(o.writes, who)
		}
		o.mu.Unlock()
		if fault != nil {
			fault(w, r)
			return
		}
		if masked {
			want, who = "nobody", "nobody"
		}
		if org != "" && (!known || who != cmp.Or(want, "service")) {
			o.t.Errorf("%s %s was asked with %q", r.Method, r.URL, who)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		media := "application/json"
		if strings.HasPrefix(r.URL.Path, "/productive") {
			media = "application/vnd.api+json"
		}
		w.Header().Set("Content-Type", media)
		fmt.Fprint(w, strings.NewReplacer("ORG", org, "WHO", who).Replace(body))
	}
}

// take makes an organisation take another credential from now on.
func (o *owned) take(org, credential string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.takes[org] = credential
}

// count is how many requests came so far.
func (o *owned) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.calls
}

// sourcesAt are the four sources at url, each with auth.
func sourcesAt(url, auth string) string {
	return fmt.Sprintf(`secret: sixteen characters
sources:
  focus: { kind: focus, url: %[1]s/focus, auth: %[2]s }
  billing: { kind: frontier, url: %[1]s/frontier, auth: %[2]s }
  teams: { kind: intercode, url: %[1]s/intercode, auth: %[2]s }
  psa: { kind: productive, url: %[1]s/productive, auth: %[2]s }
`, url, auth)
}

// openFile starts a gateway of a configuration's file, which follows it and
// reloads at each call of the function that it returns.
func (w *world) openFile(path string) (reload func()) {
	w.t.Helper()
	settings, err := config.Load(path, os.LookupEnv)
	if err != nil {
		w.t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	built, err := assembly.Build(path, settings, "", w.clock.now, log)
	if err != nil {
		w.t.Fatal(err)
	}
	w.built = built
	w.gateway = httptest.NewServer(built.Gateway.Handler())
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal)
	var following sync.WaitGroup
	following.Go(func() { built.Follow(ctx, signals) })
	w.t.Cleanup(func() {
		cancel()
		following.Wait()
		w.gateway.Close()
		built.Close()
	})
	return func() { signals <- os.Interrupt }
}
