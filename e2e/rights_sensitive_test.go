package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

func TestWithoutTheScopeNothingSensitiveIsInAnyAnswerLogOrMetric(t *testing.T) {
	schema := loadSchema(t)
	all, plain := &caller{name: "all", scopes: allScopes}, &caller{name: "plain", scopes: []string{"read", "write", "plans", "admin"}}
	w := start(t, func(text string) string { return roomy(withCallers(all, plain)(text)) })
	query := dump(schema)
	parsed, errs := gqlparser.LoadQueryWithRules(schema, query, rules.NewDefaultRules())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	secrets := map[string]bool{}
	for _, name := range accountNames() {
		a := w.askAs(all.header(), query, map[string]any{"id": "account/" + name})
		collectSensitive(a.Data, parsed.Operations[0].SelectionSet, secrets)
	}
	for text := range secrets {
		if len(text) < 4 {
			delete(secrets, text)
		}
	}
	delete(secrets, "hris_200") // an add-on of the catalogue
	// What the sandbox knows of acme, whatever the schema says of its fields.
	for _, planted := range []string{
		"billing@acme.example", "12-3456789", "12 Harbour Street, Dublin", "4242", "Visa", "cus_NfFocus4711", "cus_sandbox682",
		"sub_1OaFocus4711", "sub_0001", "sub_1RkAcmeTeam9Qx2LmT4vWc7Zp", "https://billing.focus.example/customers/cus_NfFocus4711",
	} {
		if !secrets[planted] {
			t.Errorf("%q is marked by no field of the schema", planted)
		}
		secrets[planted] = true
	}
	var said strings.Builder
	for _, name := range accountNames() {
		said.Write(w.askAs(plain.header(), query, map[string]any{"id": "account/" + name}).raw)
	}
	said.Write(w.askAs(plain.header(), `mutation { cancelSubscription(input: { id: "subscription/psa/682", when: AT_PERIOD_END }) { subscription `+everything(schema, "Subscription", 4)+` } }`, nil).raw)
	said.Write(w.askAs(plain.header(), `{ plans(source: "billing") `+everything(schema, "Plan", 3)+` }`, nil).raw)
	scraped := httptest.NewRecorder()
	w.built.Gateway.Metrics.Admin().ServeHTTP(scraped, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	recorded := scraped.Body.String()
	for where, text := range map[string]string{"answers": said.String(), "log": w.log.String(), "metrics": recorded} {
		for secret := range secrets {
			if len(secret) < 9 {
				secret = `"` + secret + `"`
			}
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%q is in the %s: …%s…", secret, where, text[max(0, i-120):min(len(text), i+80)])
			}
		}
	}
	if !strings.Contains(said.String(), `"kind":"CREDIT_CARD"`) || !strings.Contains(recorded, "tributary_graphql_requests_total") {
		t.Error("there was nothing to look through")
	}
}

// collectSensitive gathers the texts below fields that take the scope sensitive.
func collectSensitive(data any, set ast.SelectionSet, into map[string]bool) {
	switch data := data.(type) {
	case []any:
		for _, item := range data {
			collectSensitive(item, set, into)
		}
	case map[string]any:
		for _, selection := range set {
			switch selection := selection.(type) {
			case *ast.InlineFragment:
				collectSensitive(data, selection.SelectionSet, into)
			case *ast.Field:
				value := data[selection.Alias]
				requires := selection.Definition.Directives.ForName("requires")
				if requires != nil && requires.Arguments.ForName("scope").Value.Raw == "sensitive" {
					leaves(value, into)
				} else {
					collectSensitive(value, selection.SelectionSet, into)
				}
			}
		}
	}
}
