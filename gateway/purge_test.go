package gateway_test

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// Whichever header is forwarded, an organisation's answers were given to callers
// of whom the gateway keeps nothing.
func TestAPurgeOfAnOrganisationReachesWhatCallersOfAnyHeaderWereAnswered(t *testing.T) {
	for auth, says := range map[string]string{
		"{ forward: [X-Tenant-Key] }":  "for callers' own credentials are sent about organization 682",
		"{ forward: [Authorization] }": "for callers' own credentials are sent about organization 682",
		"{ bearer: own-token }":        "with the service's credentials",
	} {
		e := open(t, func(string) string {
			_, keys, _ := strings.Cut(facing("")(""), "auth:\n  mode:")
			return `secret: sixteen characters
sources:
  psa: { kind: productive, url: 'http://127.0.0.1:1', timezone: UTC, auth: ` + auth + ` }
accounts: [{ id: acme, subscriptions: [{ source: psa, id: 682 }] }]
auth:
  mode:` + keys
		})
		answer := httptest.NewRecorder()
		request := httptest.NewRequest("POST", "/purge", strings.NewReader(`{"source":"psa","organization":"682"}`))
		request.Header.Set("Content-Type", "application/json")
		e.built.Gateway.Admin().ServeHTTP(answer, request)
		if answer.Code != 200 || !strings.Contains(answer.Body.String(), says) {
			t.Errorf("with %s it answers %d %s", auth, answer.Code, answer.Body)
		}
	}
}
