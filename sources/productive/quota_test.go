package productive_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/productive"
	"tributary/sources/upstream"
)

// governor notes what it is asked, and lets everything through.
type governor struct{ asked []upstream.Quota }

func (g *governor) Take(_ context.Context, call upstream.QuotaCall) upstream.QuotaDecision {
	g.asked = append(g.asked, call.Quota)
	return upstream.QuotaDecision{Allowed: true}
}

func (g *governor) Learn(context.Context, upstream.QuotaCall, upstream.QuotaSeen) {}

func TestTheQuotaIsTheOneThatIsPublishedUnlessTheConfigurationSaysOtherwise(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	own := []upstream.Window{{Calls: 7, Per: time.Minute}}
	for name, test := range map[string]struct {
		quota *upstream.Quota
		calls []int
	}{
		"nothing":            {nil, []int{100, 4000}},
		"another reserve":    {&upstream.Quota{Reserve: 0.5}, []int{100, 4000}},
		"windows":            {&upstream.Quota{Windows: own}, []int{7}},
		"that there is none": {&upstream.Quota{Windows: []upstream.Window{}}, nil},
	} {
		g := new(governor)
		source, err := productive.New("psa", productive.Config{Config: upstream.Config{URL: server.URL, Quota: test.quota}}, upstream.Options{Governor: g})
		if err != nil {
			t.Fatal(err)
		}
		source.Subscriptions(t.Context(), []billing.Ref{{Source: "psa", Org: "682"}})
		if len(g.asked) != 1 || len(g.asked[0].Windows) != len(test.calls) {
			t.Fatalf("the configuration says %s: %+v", name, g.asked)
		}
		for i, calls := range test.calls {
			if g.asked[0].Windows[i].Calls != calls {
				t.Errorf("the configuration says %s: %+v", name, g.asked)
			}
		}
	}
}
