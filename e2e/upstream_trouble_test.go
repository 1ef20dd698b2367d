package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// place is a source as trouble finds it.
type place struct {
	source, prefix, media string
	id                    string // of a subscription
	selection             string // what asks for all of its documents
}

var places = []place{
	{"focus", "/focus", "application/json", "subscription/focus/4711", "status trial { endsAt }"},
	{"billing", "/frontier", "application/json",
		"subscription/billing/0f3c0000-0000-4000-8000-000000000001/7d1e0000-0000-4000-8000-000000000001", "status plan { name } customer { name }"},
	{"teams", "/intercode", "application/json", "subscription/teams/team_1", "status plan { name }"},
	{"psa", "/productive", "application/vnd.api+json", "subscription/psa/682", "status"},
}

// instead answers all that the gateway asks of one source.
func (p place) instead(t *testing.T, answer http.HandlerFunc) *world {
	t.Helper()
	fake := httptest.NewServer(answer)
	t.Cleanup(fake.Close)
	w := &world{t: t, clock: newClock(), log: new(lockedBuffer), upstreams: start(t, nil).upstreams}
	w.serve(func(text string) string {
		return strings.ReplaceAll(strings.Replace(text, w.upstreams.URL+p.prefix, fake.URL, 1), "    auth:", "    timeout: 20s\n    auth:")
	})
	return w
}

// fails asks for one subscription at each source, and expects that of this
// place to fail with a code and a message and all others to be there.
func (p place) fails(t *testing.T, w *world, code, message string) {
	t.Helper()
	var query strings.Builder
	for _, each := range places {
		fmt.Fprintf(&query, "%s: subscription(id: %q) { id %s } ", each.source, each.id, each.selection)
	}
	a := w.ask("{ "+query.String()+"}", nil)
	for _, each := range places {
		if each != p && a.at(each.source) == nil {
			t.Errorf("%s is missing: %.500s", each.source, a.raw)
		}
	}
	if len(a.Errors) == 0 {
		t.Fatalf("nothing failed: %.500s", a.raw)
	}
	for _, e := range a.Errors {
		if e.Extensions["code"] != code || e.Extensions["source"] != p.source || e.Message != message {
			t.Errorf("the error is %q with %v", e.Message, e.Extensions)
		}
	}
}

const marker = "words-of-the-source"

// unreadable are answers under status 200 that no source may make sense of.
func (p place) unreadable() map[string]http.HandlerFunc {
	text := func(media, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media)
			io.WriteString(w, body)
		}
	}
	return map[string]http.HandlerFunc{
		"a page of HTML":            text("text/html", "<html>"+marker),
		"HTML that calls itself so": text(p.media, "<html>"+marker),
		"truncated JSON":            text(p.media, `{"`+marker+`":{"a":[1,2`),
		"null":                      text(p.media, `null`),
		"100,000 brackets":          text(p.media, strings.Repeat("[", 100_000)),
		"100,000 nested objects":    text(p.media, strings.Repeat(`{"a":`, 100_000)),
		"an answer of 9 MiB":        text(p.media, `{"a":"`+strings.Repeat("x", 9<<20)+`"}`),
		"an answer without an end": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", p.media)
			for block := []byte(strings.Repeat("[[[[", 1<<14)); ; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		},
		"another media type":   text("text/plain", `{}`),
		"JSON in another form": text(p.media, `[[["`+marker+`"]]]`),
		"a number for it all":  text(p.media, `1e999`),
		"invalid UTF-8":        text(p.media, "{\"a\":\"\xff"+marker+"\"}"),
		"a duplicate key":      text(p.media, `{"`+marker+`":1,"`+marker+`":2}`),
		"garbage for gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", p.media)
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, marker)
		},
	}
}

func TestWhatCannotBeReadIsBadDataOfItsSourceAlone(t *testing.T) {
	for _, p := range places {
		for name, answer := range p.unreadable() {
			t.Run(p.source+" answers "+name, func(t *testing.T) {
				w := p.instead(t, answer)
				p.fails(t, w, "SOURCE_BAD_DATA", "source "+p.source+" answered something the gateway cannot read")
				if strings.Contains(w.log.String(), marker) {
					t.Errorf("the log quotes the source:\n%s", w.log.String())
				}
			})
		}
	}
}

// Values that have the form of what belongs there, and cannot be.
var impossible = []struct {
	source, name string
	path         string // of the requests that get it, "" for all
	body         string
}{
	{"focus", "a date in the year 10000", "", `{"track_subscription":{"start_date":"10000-01-01T00:00:00Z"}}`},
	{"focus", "a negative price", "", `{"price":{"cost_in_cents":-1,"currency":"USD"}}`},
	{"focus", "another organisation", "", `{"organization_id":4712}`},
	{"billing", "a date in the year 10000", "/v1beta1/organizations/0f3c0000-0000-4000-8000-000000000001/billing/subscriptions", `{"subscription":{"id":"7d1e0000-0000-4000-8000-000000000001","created_at":"10000-01-01T00:00:00Z"}}`},
	{"billing", "a negative price", "/v1beta1/billing/plans", `{"plans":[{"id":"p","products":[{"id":"q","prices":[{"id":"r","amount":"-1","currency":"usd"}]}]}]}`},
	{"billing", "another subscription", "/v1beta1/organizations/0f3c0000-0000-4000-8000-000000000001/billing/subscriptions", `{"subscription":{"id":"7d1e0000-0000-4000-8000-000000000002"}}`},
	{"teams", "a date in the year 10000", "/subscriptions/me", `{"teamId":"team_1","endDate":"10000-01-01T00:00:00Z"}`},
	{"teams", "a negative price", "/subscriptions/me", `{"teamId":"team_1","price":-1}`},
	{"teams", "another team", "/subscriptions/me", `{"teamId":"team_2"}`},
	{"psa", "a date in the year 10000", "", `{"data":{"id":"682","type":"organization_subscriptions","attributes":{"trial_ends_at":"10000-01-01 00:00:00"}}}`},
	{"psa", "a negative price", "", `{"data":{"id":"682","type":"organization_subscriptions","attributes":{"plan_price":-1}}}`},
	{"psa", "another organisation", "", `{"data":{"id":"683","type":"organization_subscriptions","attributes":{}}}`},
}

func TestAnImpossibleValueIsBadDataOfItsSourceAlone(t *testing.T) {
	for _, c := range impossible {
		t.Run(c.source+" answers "+c.name, func(t *testing.T) {
			w := start(t, nil)
			fault, err := json.Marshal(map[string]any{"source": c.source, "path": c.path, "body": c.body})
			if err != nil {
				t.Fatal(err)
			}
			w.fault(string(fault))
			for _, p := range places {
				if p.source == c.source {
					p.fails(t, w, "SOURCE_BAD_DATA", "source "+p.source+" answered something the gateway cannot read")
				}
			}
		})
	}
}

func TestASourceThatHangsTimesOut(t *testing.T) {
	for _, p := range places {
		for name, answer := range map[string]http.HandlerFunc{
			"hangs": func(_ http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body) // which makes the server see that the gateway leaves
				<-r.Context().Done()
			},
			"hangs in the middle of its answer": func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", p.media)
				io.WriteString(w, `{"`)
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			},
		} {
			t.Run(p.source+" "+name, func(t *testing.T) {
				fake := httptest.NewServer(answer)
				t.Cleanup(fake.Close)
				w := &world{t: t, clock: newClock(), log: new(lockedBuffer), upstreams: start(t, nil).upstreams}
				w.serve(func(text string) string {
					at := w.upstreams.URL + p.prefix
					return strings.Replace(text, at, fake.URL+"\n    timeout: 300ms", 1)
				})
				begun := time.Now()
				p.fails(t, w, "SOURCE_TIMEOUT", "source "+p.source+" did not answer in time")
				// The rest of the five seconds is the machine's to be busy.
				if took := time.Since(begun); took < 300*time.Millisecond || took > 5*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		}
	}
}
