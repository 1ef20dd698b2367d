package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tributary/redistest"
)

// The writes of one operation do not each wait for a Redis that hangs: the answer
// comes about when the time of the request is over, and what was not begun by
// then is not sent.
func TestManyWritesOfOneOperationWhileRedisHangs(t *testing.T) {
	const mutations = 60
	for name, c := range map[string]struct {
		key   func(i int) string
		codes []string // of writes that were not made
		made  bool     // whether any is made
	}{
		"with keys":    {func(i int) string { return keyed(fmt.Sprint(i)) }, []string{"INTERNAL", "SOURCE_TIMEOUT"}, false},
		"without keys": {func(int) string { return "" }, []string{"SOURCE_TIMEOUT"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			w := start(t, func(text string) string {
				return "redis: { url: '" + server.URL() + "' }\ntimeouts: { request: 5s }\n" + text
			})
			var query strings.Builder
			for i := range mutations {
				fmt.Fprintf(&query, `m%d: changeSubscription(input: { id: "subscription/psa/683", seats: %d%s }) { userErrors { code } } `, i, 47+i%2, c.key(i))
			}
			server.Pause()
			t.Cleanup(server.Resume)
			before := time.Now()
			w.ask("mutation { "+query.String()+"}", nil)
			// What was begun in time may end after it.
			if took := time.Since(before); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			log := w.log.String()
			refused := 0
			for _, code := range c.codes {
				refused += strings.Count(log, fmt.Sprintf(`"code":%q,"sent":"false"`, code))
			}
			made := w.writes()
			if made > 0 != c.made || made+refused != mutations || strings.Count(log, `"msg":"write"`) != mutations {
				t.Errorf("%d were made and %d refused:\n%s", made, refused, log)
			}
			metrics := httptest.NewRecorder()
			w.built.Gateway.Metrics.Admin().ServeHTTP(metrics, httptest.NewRequest(http.MethodGet, "/metrics", nil))
			if want := fmt.Sprintf("\ntributary_audit_lost_total %d\n", mutations); !strings.Contains(metrics.Body.String(), want) {
				t.Errorf("the metrics lack %s", want)
			}
			t.Logf("%v, %d made, %d refused", time.Since(before), made, refused)
		})
	}
}
